// What Azure's flags, groups and synchronisation do to packets: the API on one side, `explain` on
// the other.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/explain/explain.h"
#include "tests/support/in_process.h"

namespace isthmus::api::arm {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kGroup =
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/lab";

// hub (10.0/16), spoke1 (10.1/16) and spoke2 (10.2/16), each with a machine at .4; both spokes are
// peered with the hub.
class Lab {
 public:
  Lab() {
    send(std::string(kGroup), R"({"location": "westeurope"})");
    for (const auto& [name, octet] : {std::pair("hub", 0), {"spoke1", 1}, {"spoke2", 2}}) {
      network(name, {fmt::format("10.{}.0.0/16", octet)});
      put(fmt::format("virtualNetworks/{}/subnets/a", name),
          fmt::format(R"({{"addressPrefix": "10.{}.0.0/24"}})", octet));
      interface(fmt::format("{}-vm", name), name, "");
    }
    peer("hub", "spoke1");
    peer("hub", "spoke2");
  }

  void network(const std::string& name, const std::vector<std::string>& prefixes) {
    std::string list;
    for (const std::string& prefix : prefixes)
      list += (list.empty() ? "\"" : ", \"") + prefix + "\"";
    put("virtualNetworks/" + name,
        fmt::format(R"({{"addressSpace": {{"addressPrefixes": [{}]}}}})", list));
  }
  void interface(const std::string& name, const std::string& network, const std::string& more) {
    put("networkInterfaces/" + name,
        fmt::format(
            R"({{{} "ipConfigurations": [{{"name": "ip", "properties": {{"subnet": {}}}}}]}})",
            more, id("virtualNetworks/" + network + "/subnets/a")));
  }
  void side(const std::string& from, const std::string& to, const std::string& more = {},
            const std::string& query = {}) {
    put(fmt::format("virtualNetworks/{}/virtualNetworkPeerings/to-{}", from, to),
        fmt::format(R"({{{} "remoteVirtualNetwork": {}}})", more, id("virtualNetworks/" + to)),
        query);
  }
  void peer(const std::string& a, const std::string& b, const std::string& more = {}) {
    side(a, b, more);
    side(b, a, more);
  }
  void group(const std::string& name, const std::string& rules) {
    put("networkSecurityGroups/" + name, fmt::format(R"({{"securityRules": [{}]}})", rules));
  }
  void subnet(const std::string& network, int octet, const std::string& more) {
    put("virtualNetworks/" + network + "/subnets/a",
        fmt::format(R"({{"addressPrefix": "10.{}.0.0/24", {}}})", octet, more));
  }
  void put(const std::string& path, const std::string& properties, const std::string& query = {}) {
    send(path_of(path),
         fmt::format(R"({{"location": "westeurope", "properties": {}}})", properties), query);
  }
  static std::string id(const std::string& path) {
    return fmt::format(R"({{"id": "{}"}})", path_of(path));
  }
  static std::string path_of(const std::string& path) {
    return fmt::format("{}/providers/Microsoft.Network/{}", kGroup, path);
  }

  Explanation explain(const std::string& from, const std::string& to,
                      const std::string& protocol = "tcp", uint16_t port = 443) {
    Result<Explanation> answer;
    controller_.controller().diagnose([&](const Model& model, const dataplane::Tables& tables) {
      const auto end = [](const std::string& name) {
        return name[0] >= '0' && name[0] <= '9' ? name : path_of("networkInterfaces/" + name);
      };
      ExplainQuestion question{end(from), end(to), protocol, port};
      if (protocol == "icmp") question.port.reset();
      answer = isthmus::explain(model, tables, question);
    });
    EXPECT_TRUE(answer) << answer.error().text();
    return answer.value_or(Explanation{});
  }
  std::string reason(const std::string& from, const std::string& to) {
    const Explanation answer = explain(from, to);
    return answer.delivered ? "delivered" : answer.reason;
  }

 private:
  void send(const std::string& path, const std::string& body, const std::string& query = {}) {
    http::Headers headers;
    headers.add("Content-Type", "application/json");
    const http::Response response = controller_.call(
        http::Method::Put, path + "?api-version=2022-01-01" + query, body, headers);
    ASSERT_LT(response.status, 300) << path << "\n" << body << "\n" << response.body;
  }

  testing::InProcess controller_;
};

TEST(AzureTraffic, PeersReachEachOtherAndNobodyElse) {
  Lab lab;
  EXPECT_EQ(lab.reason("hub-vm", "spoke1-vm"), "delivered");
  EXPECT_EQ(lab.reason("spoke1-vm", "hub-vm"), "delivered");
  // As Azure has it, 10.0.0.0/8 leads nowhere: peering is not transitive.
  EXPECT_EQ(lab.reason("spoke1-vm", "spoke2-vm"), "blackhole");
}

TEST(AzureTraffic, WithoutAccessThePeerLeavesTheTagOfTheOneSideOnly) {
  Lab lab;
  lab.side("hub", "spoke1", R"("allowVirtualNetworkAccess": false,)");
  const Explanation in = lab.explain("spoke1-vm", "hub-vm");
  EXPECT_EQ(in.reason, "not-in-virtual-network-tag");
  EXPECT_EQ(in.forward.back().stage, "acl-in");
  EXPECT_EQ(in.forward.back().rule, "defaultSecurityRules/DenyAllInBound");
  EXPECT_THAT(in.remedy, HasSubstr("isthmus vnet peering update -g lab -n to-spoke1 --vnet-name "
                                   "hub --allow-vnet-access true"));
  const Explanation out = lab.explain("hub-vm", "spoke1-vm");
  EXPECT_EQ(out.reason, "not-in-virtual-network-tag");
  EXPECT_EQ(out.forward.back().stage, "acl-out");
  EXPECT_EQ(lab.reason("hub-vm", "spoke2-vm"), "delivered");
}

TEST(AzureTraffic, ARuleByAddressAdmitsWhatTheTagDoesNot) {
  Lab lab;
  lab.side("hub", "spoke1", R"("allowVirtualNetworkAccess": false,)");
  lab.group("by-address",
            R"({"name": "in", "properties": {"priority": 100, "direction": "Inbound",
                "access": "Allow", "protocol": "*", "sourceAddressPrefix": "10.1.0.0/16",
                "sourcePortRange": "*", "destinationAddressPrefix": "*",
                "destinationPortRange": "443"}})");
  lab.subnet("hub", 0, R"("networkSecurityGroup": )" + Lab::id("networkSecurityGroups/by-address"));
  EXPECT_EQ(lab.reason("spoke1-vm", "hub-vm"), "delivered");
  EXPECT_EQ(lab.explain("spoke1-vm", "hub-vm", "tcp", 22).reason, "not-in-virtual-network-tag");
}

TEST(AzureTraffic, TheGroupsOfSubnetAndInterfaceMustBothAllow) {
  Lab lab;
  const auto deny = [](int port) {
    return fmt::format(R"({{"name": "no", "properties": {{"priority": 200, "direction": "Inbound",
        "access": "Deny", "protocol": "Tcp", "sourceAddressPrefix": "*", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRanges": ["{}", "9000-9010"]}}}})",
                       port);
  };
  lab.group("subnets", deny(22));
  lab.group("interfaces", deny(443));
  lab.subnet("hub", 0, R"("networkSecurityGroup": )" + Lab::id("networkSecurityGroups/subnets"));
  lab.interface("hub-vm", "hub",
                R"("networkSecurityGroup": )" + Lab::id("networkSecurityGroups/interfaces") + ",");
  EXPECT_TRUE(lab.explain("spoke1-vm", "hub-vm", "tcp", 80).delivered);
  const Explanation subnet = lab.explain("spoke1-vm", "hub-vm", "tcp", 22);
  EXPECT_EQ(subnet.reason, "acl-deny");
  EXPECT_THAT(subnet.forward.back().detail, HasSubstr("the subnet's list"));
  const Explanation interface = lab.explain("spoke1-vm", "hub-vm", "tcp", 443);
  EXPECT_EQ(interface.reason, "acl-deny");
  EXPECT_THAT(interface.forward.back().detail, HasSubstr("the interface's list"));
  EXPECT_EQ(lab.explain("spoke1-vm", "hub-vm", "tcp", 9005).reason, "acl-deny");
}

// spoke1 -> the hub's appliance -> spoke2, by user routes on both spokes.
void route_through_the_hub(Lab& lab) {
  lab.interface("hub-vm", "hub", R"("enableIPForwarding": true,)");
  for (const auto& [spoke, octet, other] : {std::tuple("spoke1", 1, 2), {"spoke2", 2, 1}}) {
    lab.put(fmt::format("routeTables/{}", spoke),
            fmt::format(R"({{"routes": [{{"name": "r", "properties": {{"addressPrefix":
                "10.{}.0.0/16", "nextHopType": "VirtualAppliance",
                "nextHopIpAddress": "10.0.0.4"}}}}]}})",
                        other));
    lab.subnet(spoke, octet, R"("routeTable": )" + Lab::id(fmt::format("routeTables/{}", spoke)));
  }
}

TEST(AzureTraffic, ForwardedTrafficNeedsTheReceiversLeave) {
  Lab lab;
  route_through_the_hub(lab);
  const Explanation refused = lab.explain("spoke1-vm", "spoke2-vm");
  EXPECT_EQ(refused.reason, "forwarded-traffic-not-allowed");
  EXPECT_THAT(refused.remedy, HasSubstr("isthmus vnet peering update -g lab -n to-hub --vnet-name "
                                        "spoke2 --allow-forwarded-traffic true"));
  lab.side("spoke1", "hub", R"("allowForwardedTraffic": true,)");
  lab.side("spoke2", "hub", R"("allowForwardedTraffic": true,)");
  EXPECT_EQ(lab.reason("spoke1-vm", "spoke2-vm"), "delivered");
}

TEST(AzureTraffic, ARuleByAddressAdmitsForwardedTraffic) {
  Lab lab;
  route_through_the_hub(lab);
  for (const auto& [spoke, octet, other] : {std::tuple("spoke1", 1, 2), {"spoke2", 2, 1}}) {
    lab.group(spoke, fmt::format(R"({{"name": "in", "properties": {{"priority": 100,
        "direction": "Inbound", "access": "Allow", "protocol": "*",
        "sourceAddressPrefix": "10.{}.0.0/16", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": "*"}}}})",
                                 other));
    lab.interface(fmt::format("{}-vm", spoke), spoke,
                  R"("networkSecurityGroup": )" +
                      Lab::id(fmt::format("networkSecurityGroups/{}", spoke)) + ",");
  }
  EXPECT_EQ(lab.reason("spoke1-vm", "spoke2-vm"), "delivered");
}

TEST(AzureTraffic, WhatThePeerHasNotSynchronisedDoesNotPass) {
  Lab lab;
  lab.network("spoke1", {"10.1.0.0/16", "10.9.0.0/16"});
  lab.put("virtualNetworks/spoke1/subnets/new", R"({"addressPrefix": "10.9.0.0/24"})");
  lab.put(
      "networkInterfaces/new-vm",
      fmt::format(R"({{"ipConfigurations": [{{"name": "ip", "properties": {{"subnet": {}}}}}]}})",
                  Lab::id("virtualNetworks/spoke1/subnets/new")));
  EXPECT_EQ(lab.reason("spoke1-vm", "hub-vm"), "delivered") << "what was there goes on";
  const Explanation fresh = lab.explain("new-vm", "hub-vm");
  EXPECT_EQ(fresh.reason, "peering-not-in-sync");
  EXPECT_THAT(fresh.remedy,
              HasSubstr("isthmus vnet peering sync -g lab -n to-spoke1 --vnet-name hub"));
  EXPECT_NE(lab.reason("hub-vm", "new-vm"), "delivered") << "no route yet";
  lab.side("hub", "spoke1", "", "&syncRemoteAddressSpace=true");
  EXPECT_EQ(lab.reason("new-vm", "hub-vm"), "delivered");
  EXPECT_EQ(lab.reason("hub-vm", "new-vm"), "delivered");
}

// one (10.8/16: web, db) and two (10.9/16: app, back), each subnet with a machine, of which web and
// app are peered.
struct SubnetsOfTwo : Lab {
  SubnetsOfTwo() {
    network("one", {"10.8.0.0/16"});
    network("two", {"10.9.0.0/16"});
    subnet_with_machine("one", "web", "10.8.1.0/24");
    subnet_with_machine("one", "db", "10.8.2.0/24");
    subnet_with_machine("two", "app", "10.9.1.0/24");
    subnet_with_machine("two", "back", "10.9.2.0/24");
    side("one", "two", names(R"("web")", R"("app")"));
    side("two", "one", names(R"("app")", R"("web")"));
  }
  void subnet_with_machine(const std::string& network, const std::string& name,
                           const std::string& prefix) {
    const std::string path = fmt::format("virtualNetworks/{}/subnets/{}", network, name);
    put(path, fmt::format(R"({{"addressPrefix": "{}"}})", prefix));
    put("networkInterfaces/" + name,
        fmt::format(R"({{"ipConfigurations": [{{"name": "ip", "properties": {{"subnet": {}}}}}]}})",
                    id(path)));
  }
  static std::string names(const std::string& local, const std::string& remote) {
    return fmt::format(
        R"("peerCompleteVnets": false, "localSubnetNames": [{}], "remoteSubnetNames": [{}],)",
        local, remote);
  }
};

TEST(AzureTraffic, OfASubnetPeeringTheNamedSubnetsReachEachOther) {
  SubnetsOfTwo lab;
  EXPECT_EQ(lab.reason("web", "app"), "delivered");
  EXPECT_EQ(lab.reason("app", "web"), "delivered");
  EXPECT_EQ(lab.reason("web", "db"), "delivered");
  for (const auto& [from, to] :
       {std::pair("db", "app"), {"web", "back"}, {"db", "back"}, {"app", "db"}, {"back", "web"}})
    EXPECT_EQ(lab.reason(from, to), "blackhole") << from << " to " << to;
}

TEST(AzureTraffic, SaysWhichSubnetTakesNoPartAndHowItWould) {
  SubnetsOfTwo lab;
  const Explanation from = lab.explain("db", "app");
  EXPECT_THAT(from.forward.back().detail, HasSubstr("None"));
  const auto& details = from.forward;
  EXPECT_THAT(details[2].detail, HasSubstr("subnet db does not take part in the peering: "
                                           "localSubnetNames of to-two does not name it"));
  EXPECT_THAT(from.remedy, HasSubstr("Name db in localSubnetNames of to-two and in "
                                     "remoteSubnetNames of to-one, then synchronise: isthmus vnet "
                                     "peering sync -g lab -n to-two --vnet-name one"));
  EXPECT_THAT(lab.explain("web", "back").forward[2].detail,
              HasSubstr("subnet back does not take part in the peering: localSubnetNames of to-one "
                        "does not name it"));
  lab.side("one", "two", SubnetsOfTwo::names(R"("web", "db")", R"("app")"));
  EXPECT_THAT(lab.explain("db", "app").forward[2].detail,
              HasSubstr("remoteSubnetNames of to-one does not name it"));
  lab.side("two", "one", SubnetsOfTwo::names(R"("app")", R"("web", "db")"));
  const Explanation unsynchronised = lab.explain("db", "app");
  EXPECT_THAT(unsynchronised.forward[2].detail,
              HasSubstr("peering to-one has not synchronised subnet db"));
  EXPECT_THAT(unsynchronised.remedy,
              HasSubstr("isthmus vnet peering sync -g lab -n to-one --vnet-name two"));
  lab.side("two", "one", SubnetsOfTwo::names(R"("app")", R"("web", "db")"),
           "&syncRemoteAddressSpace=true");
  EXPECT_EQ(lab.reason("db", "app"), "delivered");
}

// An appliance of a subnet that takes part forwards for one that does not: what it sends on is no
// traffic of the peer's own.
TEST(AzureTraffic, ASubnetThatTakesNoPartIsForwardedTrafficBehindAnAppliance) {
  SubnetsOfTwo lab;
  lab.put("networkInterfaces/web",
          fmt::format(R"({{"enableIPForwarding": true, "ipConfigurations": [{{"name": "ip",
              "properties": {{"subnet": {}}}}}]}})",
                      Lab::id("virtualNetworks/one/subnets/web")));
  lab.put("routeTables/over-web",
          R"({"routes": [{"name": "r", "properties": {"addressPrefix": "10.9.1.0/24",
              "nextHopType": "VirtualAppliance", "nextHopIpAddress": "10.8.1.4"}}]})");
  lab.put("virtualNetworks/one/subnets/db", R"({"addressPrefix": "10.8.2.0/24", "routeTable": )" +
                                                Lab::id("routeTables/over-web") + "}");
  EXPECT_EQ(lab.reason("db", "app"), "forwarded-traffic-not-allowed");
}

}  // namespace
}  // namespace isthmus::api::arm
