#include "controller/explain/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/small_world.h"

namespace isthmus {
namespace {

using ::testing::HasSubstr;

// web1 in spoke1 reaches db1 in spoke2 through a firewall in the hub.
struct HubAndSpoke : testing::SmallWorld {
  HubAndSpoke() {
    network("hub", "10.0.0.0/16");
    network("spoke1", "10.1.0.0/16");
    network("spoke2", "10.2.0.0/16");
    route("via-firewall", "to-spoke1", "10.1.0.0/24", "10.0.0.4");
    route("via-firewall", "to-spoke2", "10.2.0.0/24", "10.0.0.4");
    subnet("hub", "dmz", "10.0.0.0/24");
    subnet("spoke1", "web", "10.1.0.0/24", "via-firewall");
    subnet("spoke2", "db", "10.2.0.0/24", "via-firewall");
    Peering forwarded;
    forwarded.allow_forwarded_traffic = true;
    peer("hub", "spoke1", forwarded);
    peer("hub", "spoke2", forwarded);
    interface("firewall", "hub", "dmz", "10.0.0.4");
    interface("web1", "spoke1", "web", "10.1.0.4");
    interface("db1", "spoke2", "db", "10.2.0.4");
  }
};

std::vector<std::string> stages(const std::vector<ExplainStep>& steps) {
  std::vector<std::string> names;
  names.reserve(steps.size());
  for (const ExplainStep& step : steps) names.push_back(step.stage);
  return names;
}

const ExplainStep& last(const Explanation& explanation) { return explanation.forward.back(); }

TEST(Explain, FollowsAPacketThroughAnApplianceAndItsReplyBack) {
  const HubAndSpoke world;
  const Explanation answer = world.explain("web1", "db1");
  EXPECT_TRUE(answer.delivered) << answer.reason << ": " << answer.remedy;
  const std::vector<std::string> two_passes = {
      "anti-spoof", "acl-out", "route", "next-hop", "peering", "acl-in", "deliver", "appliance",
      "anti-spoof", "acl-out", "route", "next-hop", "peering", "acl-in", "deliver"};
  EXPECT_EQ(stages(answer.forward), two_passes);
  EXPECT_EQ(stages(answer.reverse), two_passes);
  EXPECT_THAT(answer.forward[2].detail,
              HasSubstr("10.2.0.0/24 -> VirtualAppliance 10.0.0.4 (user route)"));
  EXPECT_EQ(answer.forward[2].resource, "/routeTables/via-firewall/routes/to-spoke2");
  EXPECT_EQ(answer.forward[7].resource, "/networkInterfaces/firewall");
  EXPECT_EQ(last(answer).resource, "/networkInterfaces/db1");
}

TEST(Explain, WarnsOfAReplyThatTakesAnotherWay) {
  HubAndSpoke world;
  EXPECT_EQ(world.explain("web1", "db1").warning, "") << "both pass the firewall";
  Peering forwarded;
  forwarded.allow_forwarded_traffic = true;
  world.peer("spoke1", "spoke2", forwarded);
  world.subnet("spoke2", "db", "10.2.0.0/24", "");  // without the routes to the firewall
  const Explanation answer = world.explain("web1", "db1");
  ASSERT_TRUE(answer.delivered) << answer.reason << ": " << answer.remedy;
  EXPECT_THAT(answer.warning,
              HasSubstr("the packet passes firewall, its reply no virtual machine"));
  EXPECT_THAT(world.explain("db1", "web1").warning,
              HasSubstr("the packet passes no virtual machine, its reply firewall"));
}

TEST(Explain, NamesTheMissingSideOfAPeeringAndTheCommand) {
  HubAndSpoke world;
  world.unpeer("spoke2", "hub");
  const Explanation answer = world.explain("web1", "db1");
  EXPECT_FALSE(answer.delivered);
  EXPECT_EQ(answer.reason, "no-route");
  EXPECT_THAT(
      last(answer).detail,
      HasSubstr(
          "peering hub-to-spoke2 is Disconnected, and the peering from spoke2 to hub is missing"));
  EXPECT_THAT(
      answer.remedy,
      HasSubstr(
          "isthmus vnet peering update -n hub-to-spoke2 --vnet-name hub --allow-vnet-access true"));
  EXPECT_THAT(
      answer.remedy,
      HasSubstr("isthmus vnet peering create -n spoke2-to-hub --vnet-name spoke2 --remote-vnet hub "
                "--allow-forwarded-traffic true"));
}

TEST(Explain, SaysThatAnInitiatedPeeringWaitsForItsOtherSide) {
  testing::SmallWorld world;
  world.network("a", "10.1.0.0/16");
  world.network("b", "10.2.0.0/16");
  world.subnet("a", "s", "10.1.0.0/24");
  world.subnet("b", "s", "10.2.0.0/24");
  world.interface("vm-a", "a", "s", "10.1.0.4");
  world.interface("vm-b", "b", "s", "10.2.0.4");
  world.peering("a", "b");
  const Explanation answer = world.explain("vm-a", "vm-b");
  EXPECT_EQ(answer.reason, "no-route");
  EXPECT_THAT(answer.remedy, HasSubstr("Create the peering from b to a"));
  world.peering("b", "a");
  EXPECT_TRUE(world.explain("vm-a", "vm-b").delivered);
}

// Three networks in a row: peering is not transitive.
struct Row : testing::SmallWorld {
  Row() {
    for (const auto& [name, octet] : {std::pair("a", 1), std::pair("b", 2), std::pair("c", 3)}) {
      network(name, fmt::format("10.{}.0.0/16", octet));
      subnet(name, "s", fmt::format("10.{}.0.0/24", octet));
      interface(fmt::format("vm-{}", name), name, "s", fmt::format("10.{}.0.4", octet));
    }
    peer("a", "b");
    peer("b", "c");
  }
};

TEST(Explain, SaysThatPeeringIsNotTransitive) {
  const Row world;
  EXPECT_TRUE(world.explain("vm-a", "vm-b").delivered);
  const Explanation answer = world.explain("vm-a", "vm-c");
  EXPECT_EQ(answer.reason, "no-route");
  EXPECT_THAT(last(answer).detail,
              HasSubstr("peering is not transitive: a and c are both peered with b"));
  EXPECT_THAT(answer.remedy, HasSubstr("route through an appliance in b"));
}

TEST(Explain, NamesTheObjectThatDeniesAccessThoughConnected) {
  Row world;
  Peering closed;
  closed.allow_virtual_network_access = false;
  world.peering("b", "a", closed);
  for (const auto& [from, to] : {std::pair("vm-a", "vm-b"), std::pair("vm-b", "vm-a")}) {
    const Explanation answer = world.explain(from, to);
    EXPECT_EQ(answer.reason, "access-not-allowed");
    EXPECT_EQ(last(answer).resource, "/virtualNetworks/b/virtualNetworkPeerings/b-to-a");
    EXPECT_THAT(answer.remedy, HasSubstr("--allow-vnet-access true"));
  }
}

TEST(Explain, NamesThePeeringThatRefusesForwardedTraffic) {
  HubAndSpoke world;
  world.peering("spoke2", "hub");  // put again with the default: no forwarded traffic
  const Explanation answer = world.explain("web1", "db1");
  EXPECT_EQ(answer.reason, "forwarded-traffic-not-allowed");
  EXPECT_EQ(last(answer).resource, "/virtualNetworks/spoke2/virtualNetworkPeerings/spoke2-to-hub");
  EXPECT_THAT(answer.remedy,
              HasSubstr("isthmus vnet peering update -n spoke2-to-hub --vnet-name spoke2 "
                        "--allow-forwarded-traffic true"));
}

TEST(Explain, NamesTheAccessRuleThatDenies) {
  HubAndSpoke world;
  world.deny_inbound("closed", "deny-all", 200);
  world.subnet("spoke2", "db", "10.2.0.0/24", "via-firewall", "closed");
  const Explanation answer = world.explain("web1", "db1");
  EXPECT_EQ(answer.reason, "acl-deny");
  EXPECT_EQ(last(answer).rule, "deny-all");
  EXPECT_EQ(last(answer).resource, "/accessControlLists/closed/aclRules/deny-all");
}

TEST(Explain, RepliesOfAnEstablishedFlowPassTheAccessLists) {
  HubAndSpoke world;
  world.deny_inbound("closed", "deny-all", 200);
  world.subnet("spoke1", "web", "10.1.0.0/24", "via-firewall", "closed");
  const Explanation answer = world.explain("web1", "db1");
  EXPECT_TRUE(answer.delivered) << answer.reason;
  EXPECT_EQ(world.explain("db1", "web1").reason, "acl-deny");
}

TEST(Explain, SaysWhyAnApplianceIsNotReachable) {
  HubAndSpoke world;
  world.unpeer("hub", "spoke1");
  const Explanation answer = world.explain("web1", "db1");
  EXPECT_EQ(answer.reason, "appliance-unreachable");
  EXPECT_THAT(answer.remedy, HasSubstr("peering spoke1-to-hub is Disconnected"));
  world.peer("hub", "spoke1");
  world.erase("/networkInterfaces/firewall");
  EXPECT_THAT(world.explain("web1", "db1").remedy,
              HasSubstr("Give an interface of hub the address 10.0.0.4"));
}

TEST(Explain, EndsAForwardingLoop) {
  HubAndSpoke world;
  world.subnet("hub", "dmz", "10.0.0.0/24",
               "via-firewall");  // the firewall's own packets come back to it
  const Explanation answer = world.explain("web1", "db1");
  EXPECT_EQ(answer.reason, "forwarding-loop");
}

TEST(Explain, ShowsTheRoutesThatLost) {
  HubAndSpoke world;
  world.route("via-firewall", "to-hub", "10.0.0.0/16", "10.0.0.4");
  const Explanation answer = world.explain("web1", "firewall");
  EXPECT_THAT(answer.forward[2].detail,
              HasSubstr("10.0.0.0/24 -> VirtualNetworkPeering hub (system route)"));
  EXPECT_THAT(answer.forward[2].detail,
              HasSubstr("not 10.0.0.0/16 -> VirtualAppliance 10.0.0.4 (user route), because "
                        "10.0.0.0/24 is longer"));
}

TEST(Explain, TakesAddressesOfNetworksAndRefusesNonsense) {
  const HubAndSpoke world;
  EXPECT_TRUE(world.explain("10.1.0.4@spoke1", "10.2.0.4").delivered);
  EXPECT_TRUE(world.explain("web1", "10.2.0.4@spoke2", "icmp", {}).delivered);
  EXPECT_EQ(world.explain("web1", "10.2.0.9").reason, "no-endpoint");
  struct Case {
    ExplainQuestion question;
    ErrorCode code;
    std::string target;
  };
  const Case cases[] = {
      {{"web9", "db1", "tcp", 443}, ErrorCode::ResourceNotFound, "/from"},
      {{"web1", "db9", "tcp", 443}, ErrorCode::ResourceNotFound, "/to"},
      {{"10.1.0.4@nowhere", "db1", "tcp", 443}, ErrorCode::ResourceNotFound, "/from"},
      {{"10.1.0.77@spoke1", "db1", "tcp", 443}, ErrorCode::ResourceNotFound, "/from"},
      {{"web1", "db1", "smoke", {}}, ErrorCode::InvalidParameterValue, "/protocol"},
      {{"web1", "db1", "icmp", 443}, ErrorCode::InvalidParameterValue, "/port"},
      {{"web1", "fd00::1", "tcp", 443}, ErrorCode::InvalidParameterValue, "/to"},
  };
  for (const Case& c : cases) {
    const auto answer = explain(world.model(), world.tables(), c.question);
    ASSERT_FALSE(answer) << c.question.from << " " << c.question.to;
    EXPECT_EQ(answer.error().code, c.code);
    EXPECT_EQ(answer.error().target, c.target);
  }
}

}  // namespace
}  // namespace isthmus
