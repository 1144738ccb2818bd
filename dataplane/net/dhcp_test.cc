#include "dataplane/net/dhcp.h"

#include <gtest/gtest.h>

#include "tests/support/frame_text.h"

namespace isthmus::net {
namespace {

const Mac kClient = Mac::make(0x42).value();
const Mac kServer = Mac::make(0x43).value();
IpAddress v4(const char* text) { return IpAddress::parse(text).value(); }

DhcpLease lease() {
  return {kServer, v4("10.1.0.1"), v4("10.1.0.4"), 24, 1500, {v4("10.1.0.53"), v4("fd00::53")}};
}
std::vector<uint8_t> frame_of(std::string_view text) {
  return test::frame_of(text, kClient, kServer);
}
std::optional<DhcpQuestion> question_of(std::span<const uint8_t> frame) {
  const auto headers = parse_ethernet(frame);
  return headers ? parse_dhcp(frame, *headers) : std::nullopt;
}
std::string answer_to(std::string_view text, const DhcpLease& lease) {
  const auto answer = dhcp_answer(question_of(frame_of(text)).value(), lease);
  return answer.empty() ? "" : test::text_of(answer);
}

TEST(Dhcp, ReadsWhatAClientAsks) {
  const auto question =
      question_of(frame_of("dhcp request wants 10.1.0.4 server 10.1.0.1 broadcast")).value();
  EXPECT_EQ(question.type, DhcpType::Request);
  EXPECT_EQ(question.transaction, 0x12345678u);
  EXPECT_TRUE(question.wants_broadcast);
  EXPECT_EQ(question.client_mac, kClient);
  EXPECT_EQ(question.client, IpAddress());
  EXPECT_EQ(question.requested, v4("10.1.0.4"));
  EXPECT_EQ(question.server, v4("10.1.0.1"));
  EXPECT_EQ(question.client_id, (std::vector<uint8_t>{1, 0, 0, 0, 0, 0, 0x42}));
}

struct Row {
  const char* asked;
  const char* answered;
};
// RFC 2131 sections 4.3.1 to 4.3.5.
constexpr Row kRows[] = {
    {"dhcp discover",
     "00-00-00-00-00-43 > 00-00-00-00-00-42 dhcp offer 10.1.0.4 to 10.1.0.4 server 10.1.0.1 lease "
     "3600 mask 255.255.255.0 router 10.1.0.1 mtu 1500 dns 10.1.0.53"},
    {"dhcp discover broadcast",
     "00-00-00-00-00-43 > FF-FF-FF-FF-FF-FF dhcp offer 10.1.0.4 to 255.255.255.255 server "
     "10.1.0.1 lease 3600 mask 255.255.255.0 router 10.1.0.1 mtu 1500 dns 10.1.0.53"},
    {"dhcp request wants 10.1.0.4 server 10.1.0.1",
     "00-00-00-00-00-43 > 00-00-00-00-00-42 dhcp ack 10.1.0.4 to 10.1.0.4 server 10.1.0.1 lease "
     "3600 mask 255.255.255.0 router 10.1.0.1 mtu 1500 dns 10.1.0.53"},
    {"dhcp request from 10.1.0.4 to 10.1.0.1",
     "00-00-00-00-00-43 > 00-00-00-00-00-42 dhcp ack 10.1.0.4 to 10.1.0.4 server 10.1.0.1 lease "
     "3600 mask 255.255.255.0 router 10.1.0.1 mtu 1500 dns 10.1.0.53"},
    {"dhcp request from 10.1.0.5",
     "00-00-00-00-00-43 > FF-FF-FF-FF-FF-FF dhcp nak 0.0.0.0 to 255.255.255.255 server 10.1.0.1"},
    {"dhcp request wants 10.1.0.5 server 10.1.0.1",
     "00-00-00-00-00-43 > FF-FF-FF-FF-FF-FF dhcp nak 0.0.0.0 to 255.255.255.255 server 10.1.0.1"},
    {"dhcp request wants 10.1.0.4 server 10.1.0.9", ""},
    {"dhcp request", ""},
    {"dhcp inform from 10.1.0.4",
     "00-00-00-00-00-43 > 00-00-00-00-00-42 dhcp ack 0.0.0.0 to 10.1.0.4 server 10.1.0.1 mask "
     "255.255.255.0 router 10.1.0.1 mtu 1500 dns 10.1.0.53"},
    {"dhcp inform", ""},
    {"dhcp release from 10.1.0.4 to 10.1.0.1", ""},
    {"dhcp decline wants 10.1.0.4 server 10.1.0.1", ""},
    {"dhcp offer wants 10.1.0.4", ""},
};

TEST(Dhcp, AnswersAsTheOneWhoKnowsTheAddress) {
  for (const Row& row : kRows) EXPECT_EQ(answer_to(row.asked, lease()), row.answered) << row.asked;
}

TEST(Dhcp, ASmallAnswerIsAsLongAsOldClientsNeed) {
  const auto nak =
      dhcp_answer(question_of(frame_of("dhcp request from 10.1.0.5")).value(), lease());
  EXPECT_EQ(nak.size(), 14u + 20 + 8 + 300);
}

TEST(Dhcp, ReadsNoMoreNameServersThanAnOptionCounts) {
  DhcpLease many = lease();
  many.name_servers.assign(100, v4("10.1.0.53"));
  const std::string text = answer_to("dhcp discover", many);
  size_t servers = 0;
  for (size_t at = 0; (at = text.find("10.1.0.53", at)) != std::string::npos; ++at) ++servers;
  EXPECT_EQ(servers, 63u);
}

TEST(Dhcp, WhatIsNoQuestionIsNotRead) {
  const auto good = frame_of("dhcp discover");
  const auto with = [&good](size_t offset, uint8_t value) {
    auto frame = good;
    frame[14 + 28 + offset] = value;
    return frame;
  };
  ASSERT_TRUE(question_of(good));
  EXPECT_TRUE(question_of(with(3, 7))) << "hops are for relays to count";
  EXPECT_FALSE(question_of(with(0, 2))) << "a reply";
  EXPECT_FALSE(question_of(with(1, 6))) << "other hardware";
  EXPECT_FALSE(question_of(with(2, 8))) << "other addresses";
  EXPECT_FALSE(question_of(with(24, 1))) << "through a relay";
  EXPECT_FALSE(question_of(with(236, 0))) << "BOOTP";
  EXPECT_FALSE(question_of(with(241, 200))) << "an option that is longer than the message";
  EXPECT_FALSE(question_of(frame_of("udp 10.1.0.4:68 > 10.1.0.1:67 bytes 10")));
}

TEST(Dhcp, AFrameThatEndsAnywhereIsNeverReadPastItsEnd) {
  const auto whole = frame_of("dhcp request wants 10.1.0.4 server 10.1.0.1");
  for (size_t size = 42; size < whole.size(); ++size) {
    std::vector<uint8_t> frame(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    frame[16] = static_cast<uint8_t>((size - 14) >> 8);
    frame[17] = static_cast<uint8_t>(size - 14);
    frame.shrink_to_fit();  // so that a sanitizer sees a read behind it
    const auto question = question_of(frame);
    EXPECT_TRUE(size >= 14 + 28 + 240 || !question) << size;
  }
}

}  // namespace
}  // namespace isthmus::net
