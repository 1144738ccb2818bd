#include "dataplane/pipeline/forwarder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataplane/dataplane.h"
#include "tests/support/frame_text.h"

namespace isthmus::dataplane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }

constexpr DomainId kRed{1};
constexpr DomainId kBlue{2};
constexpr PortId kWeb{11};   // 10.1.0.4 in red
constexpr PortId kWeb2{12};  // 10.1.0.5, the same subnet
constexpr PortId kDb{14};    // 10.2.0.4 in blue, which is peered with red
constexpr PortId kRedRouter{21};
constexpr PortId kBlueRouter{22};

// Two peered networks, of both families.
class ForwarderTest : public ::testing::Test {
 protected:
  ForwarderTest() {
    add(kWeb, kRed, "4", "10.1.0.0/24", "fd00:1::/64");
    add(kWeb2, kRed, "5", "10.1.0.0/24", "fd00:1::/64");
    add(kDb, kBlue, "4", "10.2.0.0/24", "fd00:2::/64");
    add(kRedRouter, kRed, "1", "10.1.0.0/24", "fd00:1::/64");
    add(kBlueRouter, kBlue, "1", "10.2.0.0/24", "fd00:2::/64");
    for (const PortId router : {kRedRouter, kBlueRouter}) {
      program_.ports[router].mac = kRouterMac;
      program_.ports[router].is_router = true;
    }
    for (const DomainId domain : {kRed, kBlue}) {
      for (const auto& [text, home] : {std::pair{"10.1.0.0/24", kRed},
                                       {"10.2.0.0/24", kBlue},
                                       {"fd00:1::/64", kRed},
                                       {"fd00:2::/64", kBlue}})
        program_.tables[{domain, 0}][prefix(text)] = {Action::Kind::Deliver, home, {}};
    }
    program_.policies[{kRed, kBlue}] = {
        true, false, {prefix("10.1.0.0/24"), prefix("fd00:1::/64")}};
    program_.policies[{kBlue, kRed}] = {
        true, false, {prefix("10.2.0.0/24"), prefix("fd00:2::/64")}};
    publish();
  }
  void publish() {
    auto prepared = dataplane_.prepare(diff(dataplane_.contents(), program_));
    dataplane_.publish(std::move(prepared.value()));
  }

  void add(PortId id, DomainId domain, const char* host, const char* v4, const char* v6) {
    Port& port = program_.ports[id];
    port.mac = mac(id);
    for (const net::Prefix subnet : {prefix(v4), prefix(v6)}) {
      PortAddress own;
      own.address = subnet.address().plus(std::stoul(host));
      own.table = {domain, 0};
      own.vni = net::Vni::make(5000 + static_cast<uint32_t>(domain)).value();
      own.subnet = subnet;
      own.router = subnet.address().plus(1);
      program_.endpoints[{domain, own.address}] = id;
      port.addresses.push_back(own);
    }
  }
  static net::Mac mac(PortId id) { return net::Mac::make(static_cast<uint32_t>(id)).value(); }

  // What every port got for the frame: "14 ...", or why nobody got it.
  std::vector<std::string> take(PortId from, std::vector<uint8_t> frame, Time now = {}) {
    std::vector<std::string> came;
    const Verdict verdict =
        forwarder_.take(dataplane_.current(), {from, frame}, now, [&came](const SentFrame& sent) {
          came.push_back(
              fmt::format("{} {}", static_cast<uint32_t>(sent.to), test::text_of(sent.bytes)));
        });
    if (!verdict.delivered) came.emplace_back(info(verdict.reason).text);
    return came;
  }
  // What every port got by then of what was on links.
  std::vector<std::string> take_from_links(Time now) {
    std::vector<std::string> came;
    while (auto frame = forwarder_.links().next(now)) {
      const Verdict verdict =
          forwarder_.leave_link(dataplane_.current(), *frame, now, [&came](const SentFrame& sent) {
            came.push_back(
                fmt::format("{} {}", static_cast<uint32_t>(sent.to), test::text_of(sent.bytes)));
          });
      if (!verdict.delivered) came.emplace_back(info(verdict.reason).text);
    }
    return came;
  }
  // The frame that somebody got for it.
  std::vector<uint8_t> bytes_for(PortId from, std::vector<uint8_t> frame) {
    std::vector<uint8_t> came;
    forwarder_.take(dataplane_.current(), {from, frame}, Time{}, [&came](const SentFrame& sent) {
      came.assign(sent.bytes.begin(), sent.bytes.end());
    });
    return came;
  }
  std::vector<std::string> send(PortId from, std::string_view text, Time now = {}) {
    return take(from, test::frame_of(text, mac(from), kRouterMac), now);
  }

  ForwardingProgram program_;
  Dataplane dataplane_;
  Forwarder forwarder_;
  Time now_{};
};

TEST_F(ForwarderTest, InOneSubnetNobodyStandsBetween) {
  EXPECT_THAT(send(kWeb, "icmp 10.1.0.4 > 10.1.0.5 echo 7 ttl 64"),
              ElementsAre("12 00-00-00-00-00-0B > 00-00-00-00-00-0C "
                          "icmp 10.1.0.4 > 10.1.0.5 echo 7 ttl 64"));
}

TEST_F(ForwarderTest, IntoAPeeredNetworkThroughTheRouter) {
  EXPECT_THAT(send(kWeb, "tcp 10.1.0.4:40000 > 10.2.0.4:443 syn ttl 64"),
              ElementsAre("14 12-34-56-78-9A-BC > 00-00-00-00-00-0E "
                          "tcp 10.1.0.4:40000 > 10.2.0.4:443 syn ttl 63"));
  EXPECT_THAT(send(kDb, "tcp 10.2.0.4:443 > 10.1.0.4:40000 syn ack ttl 64"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "tcp 10.2.0.4:443 > 10.1.0.4:40000 syn ack ttl 63"));
  EXPECT_THAT(send(kWeb, "udp [fd00:1::4]:53 > [fd00:2::4]:53 ttl 9"),
              ElementsAre("14 12-34-56-78-9A-BC > 00-00-00-00-00-0E "
                          "udp [fd00:1::4]:53 > [fd00:2::4]:53 ttl 8"));
}

TEST_F(ForwarderTest, NothingElseOfAFrameChanges) {
  for (const auto* text : {"udp 10.1.0.4:5 > 10.2.0.4:6 ttl 64 bytes 1400",
                           "udp [fd00:1::4]:5 > [fd00:2::4]:6 ttl 64 bytes 1400"}) {
    const auto sent = test::frame_of(text, mac(kWeb), kRouterMac);
    auto expected = sent;
    const auto headers = net::parse_ethernet(sent).value();
    net::set_macs(expected, mac(kDb), kRouterMac);
    net::set_ttl(expected, headers, 63);
    EXPECT_EQ(bytes_for(kWeb, sent), expected);
  }
}

struct Question {
  const char* what;
  const char* asked;
  const char* came;
};
constexpr Question kQuestions[] = {
    {"the router", "who-has 10.1.0.1 tell 10.1.0.4",
     "11 12-34-56-78-9A-BC > 00-00-00-00-00-0B 10.1.0.1 is-at 12-34-56-78-9A-BC"},
    {"a neighbour", "who-has 10.1.0.5 tell 10.1.0.4",
     "11 00-00-00-00-00-0C > 00-00-00-00-00-0B 10.1.0.5 is-at 00-00-00-00-00-0C"},
    {"nobody", "who-has 10.1.0.77 tell 10.1.0.4", "not-answered"},
    {"of another subnet", "who-has 10.2.0.4 tell 10.1.0.4", "not-answered"},
    {"itself, announcing", "who-has 10.1.0.4 tell 10.1.0.4", "not-answered"},
    {"itself, before it takes the address", "who-has 10.1.0.4 tell 0.0.0.0", "not-answered"},
    {"another's, before it takes the address", "who-has 10.1.0.5 tell 0.0.0.0",
     "11 00-00-00-00-00-0C > 00-00-00-00-00-0B 10.1.0.5 is-at 00-00-00-00-00-0C"},
    {"in another's name", "who-has 10.1.0.1 tell 10.1.0.5", "spoofed-source"},
    {"the router, IPv6", "who-has fd00:1::1 tell fd00:1::4",
     "11 12-34-56-78-9A-BC > 00-00-00-00-00-0B fd00:1::1 is-at 12-34-56-78-9A-BC"},
    {"a neighbour, IPv6", "who-has fd00:1::5 tell fd00:1::4",
     "11 00-00-00-00-00-0C > 00-00-00-00-00-0B fd00:1::5 is-at 00-00-00-00-00-0C"},
    {"another's before it takes the address, IPv6", "who-has fd00:1::5 tell ::",
     "11 00-00-00-00-00-0C > 33-33-00-00-00-01 fd00:1::5 is-at 00-00-00-00-00-0C"},
    {"itself before it takes the address, IPv6", "who-has fd00:1::4 tell ::", "not-answered"},
};

TEST_F(ForwarderTest, WhoHasAnAddressIsAnsweredFromTheTables) {
  for (const Question& row : kQuestions)
    EXPECT_THAT(send(kWeb, row.asked), ElementsAre(row.came)) << row.what;
}

TEST_F(ForwarderTest, AQuestionWithAnothersMacIsSpoofed) {
  auto frame = test::frame_of("who-has 10.1.0.1 tell 10.1.0.4", mac(kWeb2), kRouterMac);
  EXPECT_THAT(take(kWeb, frame), ElementsAre("spoofed-source"));
}

TEST_F(ForwarderTest, TheRouterAnswersAnEcho) {
  EXPECT_THAT(send(kWeb, "icmp 10.1.0.4 > 10.1.0.1 echo 7 ttl 3 bytes 56"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp 10.1.0.1 > 10.1.0.4 echo-reply 7 ttl 64"));
  EXPECT_THAT(send(kWeb, "icmp fd00:1::4 > fd00:1::1 echo 8 bytes 9"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp fd00:1::1 > fd00:1::4 echo-reply 8 ttl 64"));
}

TEST_F(ForwarderTest, SoDoesTheRouterOfAPeeredNetwork) {
  EXPECT_THAT(send(kWeb, "icmp 10.1.0.4 > 10.2.0.1 echo 7 ttl 1"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp 10.2.0.1 > 10.1.0.4 echo-reply 7 ttl 64"));
  program_.policies.erase({kRed, kBlue});
  publish();
  EXPECT_THAT(send(kWeb, "icmp 10.1.0.4 > 10.2.0.1 echo 7"), ElementsAre("not-peered"));
}

TEST_F(ForwarderTest, ARouterRefusesEverythingElseInTheSendersWords) {
  const std::string head = "11 12-34-56-78-9A-BC > 00-00-00-00-00-0B ";
  EXPECT_THAT(
      send(kWeb, "udp 10.1.0.4:5 > 10.2.0.1:53"),
      ElementsAre(head + "icmp 10.2.0.1 > 10.1.0.4 port-unreachable ttl 64", "router-refuses"));
  EXPECT_THAT(
      send(kWeb, "udp [fd00:1::4]:5 > [fd00:1::1]:53"),
      ElementsAre(head + "icmp fd00:1::1 > fd00:1::4 port-unreachable ttl 64", "router-refuses"));
  EXPECT_THAT(send(kWeb, "tcp 10.1.0.4:5 > 10.1.0.1:443 syn"),
              ElementsAre(head + "tcp 10.1.0.1:443 > 10.1.0.4:5 rst ack ttl 64", "router-refuses"));
  EXPECT_THAT(
      send(kWeb, "tcp [fd00:1::4]:5 > [fd00:1::1]:443 ack"),
      ElementsAre(head + "tcp [fd00:1::1]:443 > [fd00:1::4]:5 rst ttl 64", "router-refuses"));
  for (const auto* text :
       {"tcp 10.1.0.4:5 > 10.1.0.1:443 rst", "icmp 10.1.0.4 > 10.1.0.1 port-unreachable 0",
        "icmp 10.1.0.4 > 10.1.0.1 echo-reply 7", "icmp fd00:1::4 > fd00:1::1 too-big 7"})
    EXPECT_THAT(send(kWeb, text), ElementsAre("router-refuses")) << text;
}

// RFC 9293 section 3.10.7.1.
TEST_F(ForwarderTest, AResetAcknowledgesWhatItRefuses) {
  auto syn = test::frame_of("tcp 10.1.0.4:5 > 10.1.0.1:443 syn bytes 10", mac(kWeb), kRouterMac);
  const auto put = [&](size_t offset, uint32_t value) {
    for (int i = 0; i < 4; ++i) syn[offset + i] = static_cast<uint8_t>(value >> 8 * (3 - i));
  };
  put(34 + 4, 0xFFFF'FFFE);
  const auto reset = bytes_for(kWeb, syn);
  ASSERT_EQ(reset.size(), 54u);
  const auto number = [&reset](size_t offset) {
    return uint32_t{net::word_at(reset, offset)} << 16 | net::word_at(reset, offset + 2);
  };
  EXPECT_EQ(number(34 + 4), 0u);
  EXPECT_EQ(number(34 + 8), 9u);  // 2^32 - 2, ten bytes and the SYN
  syn[34 + 13] = net::kTcpAck;
  put(34 + 8, 77);
  const auto of_ack = bytes_for(kWeb, syn);
  ASSERT_EQ(of_ack.size(), 54u);
  EXPECT_EQ(uint32_t{of_ack[34 + 7]}, 77u);
}

TEST_F(ForwarderTest, WhatIsTooLargeIsToldTheMtu) {
  const std::string head = "11 12-34-56-78-9A-BC > 00-00-00-00-00-0B ";
  EXPECT_EQ(send(kWeb, "udp 10.1.0.4:5 > 10.2.0.4:6 bytes 1472").size(), 1u);
  EXPECT_THAT(send(kWeb, "udp 10.1.0.4:5 > 10.2.0.4:6 bytes 1473"),
              ElementsAre(head + "icmp 10.1.0.1 > 10.1.0.4 too-big 1500 ttl 64", "packet-too-big"));
  program_.ports[kDb].mtu_bytes = 1400;
  publish();
  EXPECT_THAT(
      send(kWeb, "udp [fd00:1::4]:5 > [fd00:2::4]:6 bytes 1353"),
      ElementsAre(head + "icmp fd00:1::1 > fd00:1::4 too-big 1400 ttl 64", "packet-too-big"));
}

// Segments of an offload are judged one by one: 20 of IP and 20 of TCP before each.
TEST_F(ForwarderTest, WhatAnOffloadCutsIsJudgedByItsSegments) {
  for (const auto& [segment_bytes, reason] :
       {std::pair{1460u, DropReason::None}, {1461u, DropReason::PacketTooBig}}) {
    auto frame =
        test::frame_of("tcp 10.1.0.4:5 > 10.2.0.4:443 ack bytes 60000", mac(kWeb), kRouterMac);
    const Verdict verdict = forwarder_.take(dataplane_.current(), {kWeb, frame, segment_bytes},
                                            Time{}, [](const SentFrame&) {});
    EXPECT_EQ(verdict.reason, reason) << segment_bytes;
  }
}

// Only the first fragment says which ports it is for; 10.2.0.4 takes port 6, and no other.
TEST_F(ForwarderTest, LaterFragmentsAreJudgedByThePortsOfTheFirst) {
  AclRule allow;
  allow.destination_ports = net::PortRange::make(6, 6).value();
  allow.protocol = net::IpProtocol::Udp;
  program_.access_lists[AclId{5}] = {{allow}, AclAction::Deny, {}, {}};
  for (PortAddress& address : program_.ports[kDb].addresses) address.subnet_acl = AclId{5};
  publish();
  for (const auto& [first, later] :
       {std::pair{"udp 10.1.0.4:5 > 10.2.0.4:{} bytes 800 fragment 0 more",
                  "udp 10.1.0.4:5 > 10.2.0.4:0 bytes 8 fragment 101"},
        {"udp [fd00:1::4]:5 > [fd00:2::4]:{} bytes 800 fragment 0 more",
         "udp [fd00:1::4]:0 > [fd00:2::4]:0 bytes 8 fragment 101"}}) {
    const auto outcome = [&](const char* text, int port, Time now) {
      const auto came = send(kWeb, fmt::format(fmt::runtime(text), port), now);
      return came.at(0).starts_with("14 ") ? "delivered" : came.at(0);
    };
    Time now = kFragmentLife;
    EXPECT_EQ(outcome(later, 0, now), "acl-deny") << "before its first one";
    EXPECT_EQ(outcome(first, 6, now), "delivered");
    EXPECT_EQ(outcome(later, 0, now += kFragmentLife - Time(1)), "delivered");
    EXPECT_EQ(outcome(later, 0, now += Time(1)), "acl-deny") << "too late";
    EXPECT_EQ(outcome(first, 7, now), "acl-deny");
    EXPECT_EQ(outcome(later, 0, now), "acl-deny");
  }
}

// One frame must not become many answers.
TEST_F(ForwarderTest, ARouterAnswersNobodyInTheNameOfMany) {
  program_.ports[kWeb].may_forward = true;
  for (const PortId port : {kWeb, kWeb2}) program_.members[{kRedRouter, port}] = {};
  publish();
  for (const auto* text : {"icmp 10.1.0.255 > 10.1.0.1 echo 7", "icmp 224.0.0.1 > 10.1.0.1 echo 7",
                           "icmp ff02::1 > fd00:1::1 echo 7"})
    EXPECT_THAT(send(kWeb, text), ElementsAre()) << text;
}

TEST_F(ForwarderTest, CopiesOfWhatIsForManyAreCountedForEachReceiver) {
  for (const PortId port : {kWeb, kWeb2}) program_.members[{kRedRouter, port}] = {};
  publish();
  EXPECT_THAT(send(kWeb, "udp 10.1.0.4:5 > 255.255.255.255:6 bytes 58"),
              ElementsAre("12 00-00-00-00-00-0B > FF-FF-FF-FF-FF-FF "
                          "udp 10.1.0.4:5 > 255.255.255.255:6 ttl 64"));
  EXPECT_THAT(send(kDb, "udp 10.2.0.4:5 > 255.255.255.255:6"), ElementsAre("not-carried"));
  CounterTotals totals;
  forwarder_.worker().counters.add_to(totals);
  EXPECT_EQ(totals.ports[kWeb].sent, (Traffic{1, 100}));
  EXPECT_EQ(totals.ports[kWeb2].received, (Traffic{1, 100}));
  EXPECT_FALSE(totals.ports.contains(kRedRouter));
}

TEST_F(ForwarderTest, WhoseTimeEndsAtTheRouterIsToldSo) {
  EXPECT_THAT(send(kWeb, "udp 10.1.0.4:5 > 10.2.0.4:33434 ttl 1"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp 10.1.0.1 > 10.1.0.4 time-exceeded ttl 64",
                          "ttl-exceeded"));
  EXPECT_THAT(send(kWeb, "udp [fd00:1::4]:5 > [fd00:2::4]:33434 ttl 1"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp fd00:1::1 > fd00:1::4 time-exceeded ttl 64",
                          "ttl-exceeded"));
  // An error is never the cause of another one (RFC 1122 section 3.2.2).
  EXPECT_THAT(send(kWeb, "icmp 10.1.0.4 > 10.2.0.4 port-unreachable 0 ttl 1"),
              ElementsAre("ttl-exceeded"));
}

TEST_F(ForwarderTest, WhoForwardsForOthersIsToldByTheRouterOfHisSubnet) {
  program_.ports[kWeb].may_forward = true;
  publish();
  EXPECT_THAT(send(kWeb, "udp 10.7.0.4:5 > 10.2.0.4:33434 ttl 1"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp 10.1.0.1 > 10.7.0.4 time-exceeded ttl 64",
                          "ttl-exceeded"));
  EXPECT_THAT(send(kWeb, "udp [fd00:7::4]:5 > [fd00:2::4]:33434 ttl 1"),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp fd00:1::1 > fd00:7::4 time-exceeded ttl 64",
                          "ttl-exceeded"));
}

TEST_F(ForwarderTest, AnErrorQuotesWhatItIsAbout) {
  const auto sent =
      test::frame_of("udp 10.1.0.4:5 > 10.2.0.4:33434 ttl 1 bytes 1000", mac(kWeb), kRouterMac);
  const auto came = bytes_for(kWeb, sent);
  ASSERT_EQ(came.size(), 14u + 576u);
  EXPECT_TRUE(std::equal(came.begin() + 14 + 28, came.end(), sent.begin() + 14));
}

TEST_F(ForwarderTest, ErrorsHaveALimit) {
  const auto errors_at = [this](Time now, size_t packets) {
    size_t errors = 0;
    for (size_t i = 0; i < packets; ++i)
      errors += send(kWeb, "udp 10.1.0.4:5 > 10.2.0.4:33434 ttl 1", now).size() - 1;
    return errors;
  };
  EXPECT_EQ(errors_at(seconds(1), 3 * kIcmpErrorsPerSecond), kIcmpErrorsPerSecond);
  EXPECT_EQ(errors_at(seconds(1) + milliseconds(100), 3 * kIcmpErrorsPerSecond),
            kIcmpErrorsPerSecond / 10);
  EXPECT_EQ(errors_at(seconds(60), 3 * kIcmpErrorsPerSecond), kIcmpErrorsPerSecond);
}

TEST_F(ForwarderTest, AFrameThatEndsAnywhereIsNeverReadPastItsEnd) {
  for (const auto* text :
       {"who-has 10.1.0.1 tell 10.1.0.4", "who-has fd00:1::1 tell fd00:1::4",
        "udp 10.1.0.4:5 > 10.2.0.4:33434 ttl 1", "tcp 10.1.0.4:5 > 10.2.0.4:443 syn ttl 64",
        "icmp fd00:1::4 > fd00:1::1 echo 8 bytes 9"}) {
    const auto whole = test::frame_of(text, mac(kWeb), kRouterMac);
    for (size_t size = 0; size < whole.size(); ++size) {
      // Of its own size exactly, so that a sanitizer sees a read behind it.
      std::vector<uint8_t> frame(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      frame.shrink_to_fit();
      EXPECT_EQ(take(kWeb, frame).size(), 1u) << text << ", " << size << " bytes";
    }
  }
}

class ForwarderOverLinkTest : public ForwarderTest {
 protected:
  ForwarderOverLinkTest() {
    program_.policies[{kRed, kBlue}].link = Link{.latency = milliseconds(5)};
    program_.policies[{kBlue, kRed}].link = Link{.latency = milliseconds(7)};
    publish();
  }
  static constexpr const char* kPing = "icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64";
};

TEST_F(ForwarderOverLinkTest, AFrameArrivesAfterItsLatency) {
  EXPECT_THAT(send(kWeb, kPing), ElementsAre());
  EXPECT_THAT(take_from_links(milliseconds(5) - Time(1)), ElementsAre());
  EXPECT_THAT(take_from_links(milliseconds(5)),
              ElementsAre("14 12-34-56-78-9A-BC > 00-00-00-00-00-0E "
                          "icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 63"));
  EXPECT_EQ(send(kWeb, "icmp 10.1.0.4 > 10.1.0.5 echo 7 ttl 64").size(), 1u) << "crosses no link";
}

// There and back: what the router of a peered network answers has the way back to go, too.
TEST_F(ForwarderOverLinkTest, ARouterIsAsFarAsItsNetwork) {
  send(kWeb, "icmp 10.1.0.4 > 10.2.0.1 echo 7 ttl 64");
  EXPECT_THAT(take_from_links(milliseconds(5)), ElementsAre());
  EXPECT_THAT(take_from_links(milliseconds(12) - Time(1)), ElementsAre());
  EXPECT_THAT(take_from_links(milliseconds(12)),
              ElementsAre("11 12-34-56-78-9A-BC > 00-00-00-00-00-0B "
                          "icmp 10.2.0.1 > 10.1.0.4 echo-reply 7 ttl 64"));
}

TEST_F(ForwarderOverLinkTest, WhatIsOnItsWayWhenTheWayGoesIsDropped) {
  const ForwardingProgram before = program_;
  const auto outcome = [&](const auto& change) {
    send(kWeb, kPing, now_);
    change();
    publish();
    now_ += milliseconds(5);
    const auto came = take_from_links(now_);
    program_ = before;
    publish();
    return came;
  };
  EXPECT_THAT(outcome([&] { program_.policies.erase({kRed, kBlue}); }), ElementsAre("not-peered"));
  EXPECT_THAT(outcome([&] {
                program_.policies[{kRed, kBlue}].access_allowed = false;
              }),
              ElementsAre("access-not-allowed"));
  EXPECT_THAT(outcome([&] { program_.ports.erase(kDb); }), ElementsAre("no-endpoint"));
  EXPECT_THAT(outcome([&] { program_.ports.erase(kWeb); }), ElementsAre("no-endpoint"));
  EXPECT_THAT(outcome([&] {
                for (PortAddress& own : program_.ports[kDb].addresses) own.table.domain = kRed;
              }),
              ElementsAre("no-endpoint"));
  EXPECT_EQ(outcome([&] {
              program_.policies[{kRed, kBlue}].link.reset();
            }).size(),
            1u)
      << "a link that is one no more lets it arrive";
}

TEST_F(ForwarderOverLinkTest, LossIsADropThatIsCounted) {
  program_.policies[{kRed, kBlue}].link = Link{.loss_ppm = 1'000'000};
  program_.policies[{kRed, kBlue}].receiver_tag = Tag{77};
  publish();
  EXPECT_THAT(send(kWeb, kPing), ElementsAre("link-loss"));
  CounterTotals totals;
  forwarder_.worker().counters.add_to(totals);
  EXPECT_EQ(totals.drops[static_cast<size_t>(DropReason::LinkLoss)], 1u);
  EXPECT_EQ((totals.drops_by_resource[{DropReason::LinkLoss, Tag{77}}]), 1u);
}

// A header that stands before a frame goes with it; what the router has written has none.
TEST_F(ForwarderOverLinkTest, AFrameKeepsItsHeader) {
  const auto frame = test::frame_of(kPing, mac(kWeb), kRouterMac);
  std::vector<uint8_t> all = {1, 2, 3};
  all.insert(all.end(), frame.begin(), frame.end());
  forwarder_.take(dataplane_.current(), {kWeb, std::span(all).subspan(3), 0, 3}, Time{},
                  [](const SentFrame&) { FAIL() << "it is on its way"; });
  const auto leave = [&](Time now, const auto& check) {
    int frames = 0;
    auto arrived = forwarder_.links().next(now);
    ASSERT_TRUE(arrived);
    forwarder_.leave_link(dataplane_.current(), *arrived, now, [&](const SentFrame& sent) {
      check(sent);
      ++frames;
    });
    EXPECT_EQ(frames, 1);
  };
  leave(milliseconds(5), [](const SentFrame& sent) {
    EXPECT_TRUE(sent.is_received);
    EXPECT_THAT(std::span(sent.bytes.data() - 3, 3), ElementsAre(1, 2, 3));
  });
  send(kWeb, "icmp 10.1.0.4 > 10.2.0.1 echo 7 ttl 64", milliseconds(5));
  EXPECT_THAT(take_from_links(milliseconds(10)), ElementsAre());
  leave(milliseconds(17), [](const SentFrame& sent) { EXPECT_FALSE(sent.is_received); });
}

TEST_F(ForwarderTest, CountsWhatComesAndGoes) {
  send(kWeb, "udp 10.1.0.4:5 > 10.2.0.4:6 ttl 64 bytes 58");
  send(kWeb, "who-has 10.1.0.1 tell 10.1.0.4");
  send(kWeb, "who-has 10.1.0.77 tell 10.1.0.4");
  CounterTotals totals;
  forwarder_.worker().counters.add_to(totals);
  EXPECT_EQ(totals.ports[kWeb].sent, (Traffic{2, 100 + 42}));
  EXPECT_EQ(totals.ports[kWeb].received, (Traffic{1, 42}));
  EXPECT_EQ(totals.ports[kDb].received, (Traffic{1, 100}));
  EXPECT_EQ(totals.peerings[(PeerKey{kRed, kBlue})], (Traffic{1, 100}));
  EXPECT_EQ(totals.drops[static_cast<size_t>(DropReason::NotAnswered)], 1u);
}

}  // namespace
}  // namespace isthmus::dataplane
