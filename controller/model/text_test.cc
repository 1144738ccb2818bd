#include "controller/model/text.h"

#include <gtest/gtest.h>

#include "controller/base/uuid.h"

namespace isthmus {
namespace {

TEST(Text, NamesTheCanonicalPrefixWhenHostBitsAreSet) {
  const auto wrong = Text<net::Prefix>::parse("10.0.0.1/8");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error(), "host bits are set; write 10.0.0.0/8");
  EXPECT_EQ(Text<net::Prefix>::parse("FD00::1/64").error(), "host bits are set; write fd00::/64");
}

template <class T>
void expect_round_trip(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    const auto value = Text<T>::parse(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(Text<T>::print(*value), text);
  }
}

TEST(Text, PrintsWhatItRead) {
  expect_round_trip<net::Prefix>({"0.0.0.0/0", "10.0.0.0/8", "fd00::/64", "10.0.0.4/32"});
  expect_round_trip<net::IpAddress>({"10.0.0.4", "fd00::4", "::"});
  expect_round_trip<AclAddress>({"*", "10.0.0.4", "10.0.0.4/32", "10.0.0.0/8", "Internet",
                                 "VirtualNetwork", "AzureLoadBalancer", "Storage.WestUS"});
  expect_round_trip<AclPorts>({"*", "80", "0-65535", "1000-2000"});
  expect_round_trip<RuleProtocol>({"All", "TCP", "UDP", "ICMP", "ICMPv6", "GRE", "ESP"});
  expect_round_trip<NextHopType>(
      {"VnetLocal", "VirtualAppliance", "VirtualNetworkGateway", "Internet", "None"});
  expect_round_trip<PeeringState>({"Initiated", "Connected", "Disconnected"});
  expect_round_trip<net::Vni>({"4096", "16777215"});
  expect_round_trip<NetworkLink>({"/virtualNetworks/hub 5000us 1000ppm 1000000000bit",
                                  "/subscriptions/0b7c3a52-6f1e-4b60-9a55-5a3a6d2f0001/"
                                  "resourceGroups/lab/providers/Microsoft.Network/"
                                  "virtualNetworks/hub 0us 0ppm "
                                  "1bit"});
}

TEST(Text, OfALinkIsAllOrNothing) {
  for (const char* wrong :
       {"", "hub 1us 1ppm 1bit", "/virtualNetworks/hub", "/virtualNetworks/hub 1us 1ppm",
        "/virtualNetworks/hub 1us 1ppm 1bit more", "/virtualNetworks/hub 1 1ppm 1bit",
        "/virtualNetworks/hub 10000001us 1ppm 1bit", "/virtualNetworks/hub 1us 1000001ppm 1bit",
        "/virtualNetworks/hub us 1ppm 1bit", "/virtualNetworks/hub 1us 1ppm 1bit "})
    EXPECT_FALSE(Text<NetworkLink>::parse(wrong)) << wrong;
}

TEST(Text, ReadsEnumsInAnyCaseAndListsThemWhenWrong) {
  EXPECT_EQ(*Text<RuleProtocol>::parse("aLL"), RuleProtocol::All);
  EXPECT_EQ(Text<Allocation>::parse("Sometimes").error(), "use one of Dynamic, Static");
}

TEST(Text, ShowsHostileTextHarmlessly) {
  EXPECT_EQ(in_quotes("a\r\nb\x1b[2J"), "'a??b?[2J'");
  EXPECT_EQ(in_quotes(std::string(200, 'x')).size(), 105u);
}

TEST(Uuid, PrintsWhatItRead) {
  const std::string text = "0b7c3a52-6f1e-4b60-9a55-5a3a6d2f0001";
  ASSERT_TRUE(Uuid::parse(text));
  EXPECT_EQ(Uuid::parse(text)->to_string(), text);
  EXPECT_EQ(Uuid::parse("{" + text + "}")->to_string(), text);
  for (const char* wrong : {"", "0b7c3a52", "0b7c3a52-6f1e-4b60-9a55-5a3a6d2f000g",
                            "0b7c3a52x6f1e-4b60-9a55-5a3a6d2f0001"}) {
    EXPECT_FALSE(Uuid::parse(wrong)) << wrong;
  }
}

TEST(Uuid, DerivesFromEveryArgument) {
  const Uuid base = Uuid::derive({1, 2}, 3, "x");
  EXPECT_EQ(base, Uuid::derive({1, 2}, 3, "x"));
  EXPECT_NE(base, Uuid::derive({1, 2}, 4, "x"));
  EXPECT_NE(base, Uuid::derive({1, 2}, 3, "y"));
  EXPECT_NE(base, Uuid::derive({2, 2}, 3, "x"));
  EXPECT_EQ(base.to_string()[14], '8');  // the version
}

}  // namespace
}  // namespace isthmus
