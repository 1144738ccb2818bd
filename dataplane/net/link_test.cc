#include "dataplane/net/link.h"

#include <gtest/gtest.h>

#include "dataplane/net/flow_key.h"

namespace isthmus::net {
namespace {

TEST(Mac, ParsesThreeSpellingsInAnyCase) {
  for (const char* text : {"001DD8B70601", "001dd8b70601", "00-1D-D8-B7-06-01", "00:1d:d8:b7:06:01",
                           "00:1D:d8:B7:06:01"}) {
    const auto mac = Mac::parse(text);
    ASSERT_TRUE(mac.has_value()) << text;
    EXPECT_EQ(mac->value(), 0x001DD8B70601u) << text;
  }
}

TEST(Mac, RejectsEverythingElse) {
  for (const char* text :
       {"", "001DD8B7060", "001DD8B706011", "001DD8B7060G", "00-1D-D8-B7-06", "00-1D:D8-B7-06-01",
        "00.1D.D8.B7.06.01", "0-01D-D8-B7-06-01", "00-1D-D8-B7-06-0", " 01DD8B70601",
        "00-1D-D8-B7-06-01 ", "-0-1D-D8-B7-06-01", "00--D-D8-B7-06-01"}) {
    EXPECT_FALSE(Mac::parse(text).has_value()) << text;
  }
}

TEST(Mac, PrintsBothFormsAndParsesThemBack) {
  const Mac mac = Mac::make(0x001DD8B70601).value();
  EXPECT_EQ(mac.compact(), "001DD8B70601");
  EXPECT_EQ(mac.dashed(), "00-1D-D8-B7-06-01");
  for (const uint64_t value : {uint64_t{0}, uint64_t{1}, (uint64_t{1} << 48) - 1}) {
    const Mac any = Mac::make(value).value();
    EXPECT_EQ(Mac::parse(any.compact()), any);
    EXPECT_EQ(Mac::parse(any.dashed()), any);
  }
}

TEST(Mac, HasFortyEightBits) {
  EXPECT_FALSE(Mac::make(uint64_t{1} << 48).has_value());
  EXPECT_TRUE(Mac::parse("FFFFFFFFFFFF")->is_group());
  EXPECT_TRUE(Mac::parse("01005E000001")->is_group());
  EXPECT_FALSE(Mac::parse("001DD8B70601")->is_group());
}

TEST(Vni, HasTwentyFourBits) {
  EXPECT_EQ(Vni::make(0xFFFFFF)->value(), 0xFFFFFFu);
  EXPECT_FALSE(Vni::make(0x1000000).has_value());
}

TEST(PortRange, ParsesAndPrints) {
  struct Case {
    const char* text;
    uint16_t first;
    uint16_t last;
    const char* printed;
  };
  constexpr Case kCases[] = {{"80", 80, 80, "80"},
                             {"0", 0, 0, "0"},
                             {"65535", 65535, 65535, "65535"},
                             {"1000-2000", 1000, 2000, "1000-2000"},
                             {"80-80", 80, 80, "80"},
                             {"0-65535", 0, 65535, "0-65535"},
                             {"*", 0, 65535, "0-65535"}};
  for (const Case& c : kCases) {
    const auto range = PortRange::parse(c.text);
    ASSERT_TRUE(range.has_value()) << c.text;
    EXPECT_EQ(range->first(), c.first) << c.text;
    EXPECT_EQ(range->last(), c.last) << c.text;
    EXPECT_EQ(range->to_string(), c.printed) << c.text;
    EXPECT_EQ(PortRange::parse(range->to_string()), range) << c.text;
  }
}

TEST(PortRange, RejectsEverythingElse) {
  for (const char* text : {"", "-", "80-", "-80", "65536", "99999999999", "2000-1000", "080", "8 0",
                           "80,81", "+80", "0x50", "80-81-82", "**", "any"}) {
    EXPECT_FALSE(PortRange::parse(text).has_value()) << text;
  }
}

TEST(PortRange, ContainsItsEnds) {
  const PortRange range = PortRange::make(1000, 2000).value();
  EXPECT_TRUE(range.contains(1000) && range.contains(2000));
  EXPECT_FALSE(range.contains(999) || range.contains(2001));
  EXPECT_TRUE(PortRange().is_any());
  EXPECT_FALSE(range.is_any());
}

TEST(FlowKey, ReversedTwiceIsTheSame) {
  const IpAddress a = IpAddress::v4(1);
  const IpAddress b = IpAddress::v4(2);
  struct Case {
    const char* what;
    FlowKey flow;
    FlowKey reply;
  };
  const Case cases[] = {
      {"tcp", {a, b, IpProtocol::Tcp, 1000, 80}, {b, a, IpProtocol::Tcp, 80, 1000}},
      {"echo", {a, b, IpProtocol::Icmp, 7, 8 << 8}, {b, a, IpProtocol::Icmp, 7, 0}},
      {"timestamp", {a, b, IpProtocol::Icmp, 7, 13 << 8}, {b, a, IpProtocol::Icmp, 7, 14 << 8}},
      {"echo v6", {a, b, IpProtocol::Icmpv6, 7, 128 << 8}, {b, a, IpProtocol::Icmpv6, 7, 129 << 8}},
      {"unreachable", {a, b, IpProtocol::Icmp, 0, 0x0301}, {b, a, IpProtocol::Icmp, 0, 0x0301}},
      {"gre", {a, b, IpProtocol::Gre, 0, 0}, {b, a, IpProtocol::Gre, 0, 0}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(c.flow.reversed(), c.reply) << c.what;
    EXPECT_EQ(c.flow.reversed().reversed(), c.flow) << c.what;
  }
}

}  // namespace
}  // namespace isthmus::net
