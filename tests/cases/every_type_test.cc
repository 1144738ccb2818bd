// Every type of resource lives the life that scripts lead it through: created, read, listed, put
// back as it was read, kept while something refers to it, deleted. A type without a row fails.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "controller/model/kind.h"
#include "tests/cases/json_text.h"
#include "tests/support/in_process.h"

namespace isthmus::testing {
namespace {

using api::http::Method;
using api::http::Response;

// Bodies are in the short form of the golden cases. What refers to a resource is put beside it.
struct Life {
  std::string path;
  std::string body;
  std::string user_path = {};  // empty: nothing can refer to it
  std::string user_body = {};
};

// What the lives stand on.
const std::pair<std::string, std::string> kWorld[] = {
    {"logicalNetworks/transit",
     R"({"subnets": {"s": {"addressPrefix": "41.0.0.0/24", "isPublic": true}}})"},
    {"virtualNetworks/home",
     R"({"addressSpace": ["10.0.0.0/16"], "subnets": {"web": "10.0.0.0/24", "gw": "10.0.9.0/29"}})"},
    {"virtualNetworks/peer", R"({"addressSpace": ["10.1.0.0/16"]})"},
    {"credentials/certificate", R"({"type": "X509Certificate", "value": "C2F1D2E3"})"},
    {"accessControlLists/world", "{}"},
    {"routeTables/world", "{}"},
    {"securityTags/world", "{}"},
    {"serviceInsertions/world", "{}"},
    {"servers/world", R"({"connections": [{"managementAddresses": ["h"]}]})"},
    {"virtualServers/world", R"({"connections": [{"managementAddresses": ["v"]}]})"},
    {"networkInterfaces/world", "{}"},
    {"loadBalancers/world",
     R"({"frontendIPConfigurations": {"f": {"subnet": "/virtualNetworks/home/subnets/web"}}, "backendAddressPools": {"b": {}}})"},
    {"gatewayPools/world", "{}"},
    {"virtualGateways/world",
     R"({"gatewaySubnets": [{"resourceRef": "/virtualNetworks/home/subnets/gw"}], "bgpRouters": {"r": {"isEnabled": true, "requireIgpSync": true, "extAsNumber": "0.64512"}}})"},
};

const std::string kRule =
    R"({"protocol": "TCP", "sourcePortRange": "*", "destinationPortRange": "80", "action": "Allow", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "priority": "100", "type": "Inbound")";
const std::string kBalancing =
    R"("protocol": "TCP", "frontendPort": 443, "backendPort": 443, "frontendIPConfigurations": [{"resourceRef": "/loadBalancers/world/frontendIPConfigurations/f"}])";

const std::map<Kind, Life> kLives = {
    {Kind::LogicalNetwork,
     {"logicalNetworks/x", R"({"networkVirtualizationEnabled": "True"})", "virtualNetworks/user",
      R"({"addressSpace": ["10.2.0.0/16"], "logicalNetwork": "/logicalNetworks/x"})"}},
    {Kind::LogicalSubnet,
     {"logicalNetworks/transit/subnets/x", R"({"addressPrefix": "41.0.1.0/24"})",
      "networkInterfaces/user",
      R"({"ipConfigurations": {"i": {"subnet": "/logicalNetworks/transit/subnets/x", "privateIPAllocationMethod": "Static", "privateIPAddress": "41.0.1.5"}}})"}},
    {Kind::LogicalRoute,
     {"logicalNetworks/transit/subnets/s/routes/x",
      R"({"destination": "0.0.0.0/0", "nextHop": "41.0.0.1"})"}},
    {Kind::IpPool,
     {"logicalNetworks/transit/subnets/s/ipPools/x",
      R"({"startIpAddress": "41.0.0.10", "endIpAddress": "41.0.0.20"})",
      "loadBalancerManager/config",
      R"({"vipIpPools": [{"resourceRef": "/logicalNetworks/transit/subnets/s/ipPools/x"}]})"}},
    {Kind::IpReservation,
     {"logicalNetworks/transit/subnets/s/ipReservations/x", R"({"ipAddresses": ["41.0.0.9"]})"}},
    {Kind::MacPool,
     {"macPools/x",
      R"({"startMacAddress": "00-1D-D8-00-00-00", "endMacAddress": "00-1D-D8-00-00-FF"})"}},
    {Kind::Credential,
     {"credentials/x", R"({"type": "UsernamePassword", "userName": "u", "value": "v"})",
      "servers/user",
      R"({"connections": [{"managementAddresses": ["h"], "credential": {"resourceRef": "/credentials/x"}}]})"}},
    {Kind::Server, {"servers/x", R"({"connections": [{"managementAddresses": ["h"]}]})"}},
    {Kind::ServerInterface, {"servers/world/networkInterfaces/x", R"({"isBMC": "False"})"}},
    {Kind::VirtualServer,
     {"virtualServers/x", R"({"connections": [{"managementAddresses": ["v"]}]})",
      "loadBalancerMuxes/user",
      R"({"routerConfiguration": {"localASN": 64512}, "virtualServer": "/virtualServers/x"})"}},
    {Kind::VirtualNetworkManager,
     {"virtualNetworkManager/configuration", R"({"networkVirtualizationProtocol": "VXLAN"})"}},
    {Kind::VirtualSwitchManager,
     {"virtualSwitchManager/configuration", R"({"qosSettings": {"reservationMode": "weight"}})"}},
    {Kind::AccessControlList,
     {"accessControlLists/x", R"({"inboundDefaultAction": "Deny"})", "securityTags/user",
      R"({"accessControlList": "/accessControlLists/x"})"}},
    {Kind::AclRule, {"accessControlLists/world/aclRules/x", kRule + "}"}},
    {Kind::SecurityTag,
     {"securityTags/x", R"({"type": "tier"})", "networkInterfaces/user",
      R"({"securityTags": [{"resourceRef": "/securityTags/x"}]})"}},
    {Kind::RouteTable,
     {"routeTables/x", "{}", "virtualNetworks/home/subnets/user",
      R"({"addressPrefix": "10.0.5.0/24", "routeTable": "/routeTables/x"})"}},
    {Kind::Route,
     {"routeTables/world/routes/x", R"({"addressPrefix": "0.0.0.0/0", "nextHopType": "None"})"}},
    {Kind::ServiceInsertion,
     {"serviceInsertions/x", R"({"priority": 1})", "virtualNetworks/home/subnets/user",
      R"({"addressPrefix": "10.0.5.0/24", "serviceInsertion": "/serviceInsertions/x"})"}},
    {Kind::ServiceInsertionRule,
     {"serviceInsertions/world/serviceInsertionRules/x", R"({"protocol": "All"})"}},
    {Kind::ServiceInsertionElement,
     {"serviceInsertions/world/serviceInsertionElements/x",
      R"({"networkInterface": "/networkInterfaces/world", "order": 1})"}},
    {Kind::VirtualNetwork,
     {"virtualNetworks/x", R"({"addressSpace": ["10.3.0.0/16"]})",
      "virtualNetworks/home/virtualNetworkPeerings/user",
      R"({"remoteVirtualNetwork": "/virtualNetworks/x"})"}},
    {Kind::Subnet,
     {"virtualNetworks/home/subnets/x", R"({"addressPrefix": "10.0.6.0/24"})",
      "networkInterfaces/user",
      R"({"ipConfigurations": {"i": {"subnet": "/virtualNetworks/home/subnets/x"}}})"}},
    {Kind::Peering,
     {"virtualNetworks/home/virtualNetworkPeerings/x",
      R"({"remoteVirtualNetwork": "/virtualNetworks/peer"})"}},
    {Kind::PublicIpAddress,
     {"publicIPAddresses/x", R"({"ipAddress": "41.0.0.30"})", "loadBalancers/user",
      R"({"frontendIPConfigurations": {"f": {"publicIPAddress": "/publicIPAddresses/x"}}})"}},
    {Kind::LoadBalancer, {"loadBalancers/x", "{}"}},
    {Kind::FrontendIpConfiguration,
     {"loadBalancers/world/frontendIPConfigurations/x",
      R"({"subnet": "/virtualNetworks/home/subnets/web"})",
      "loadBalancers/world/loadBalancingRules/user",
      R"({"protocol": "All", "frontendIPConfigurations": [{"resourceRef": "/loadBalancers/world/frontendIPConfigurations/x"}]})"}},
    {Kind::BackendAddressPool,
     {"loadBalancers/world/backendAddressPools/x", "{}",
      "loadBalancers/world/loadBalancingRules/user",
      "{" + kBalancing +
          R"(, "backendAddressPool": "/loadBalancers/world/backendAddressPools/x"})"}},
    {Kind::LoadBalancingRule, {"loadBalancers/world/loadBalancingRules/x", "{" + kBalancing + "}"}},
    {Kind::InboundNatRule,
     {"loadBalancers/world/inboundNatRules/x", "{" + kBalancing + "}", "networkInterfaces/user",
      R"({"ipConfigurations": {"i": {"subnet": "/virtualNetworks/home/subnets/web", "loadBalancerInboundNatRules": [{"resourceRef": "/loadBalancers/world/inboundNatRules/x"}]}}})"}},
    {Kind::OutboundNatRule,
     {"loadBalancers/world/outboundNatRules/x",
      R"({"protocol": "All", "backendAddressPool": "/loadBalancers/world/backendAddressPools/b", "frontendIPConfigurations": [{"resourceRef": "/loadBalancers/world/frontendIPConfigurations/f"}]})"}},
    {Kind::Probe,
     {"loadBalancers/world/probes/x", R"({"protocol": "TCP", "port": 80})",
      "loadBalancers/world/loadBalancingRules/user",
      "{" + kBalancing + R"(, "probe": "/loadBalancers/world/probes/x"})"}},
    {Kind::LoadBalancerManager,
     {"loadBalancerManager/config", R"({"loadBalancerManagerIPAddress": "10.10.56.4"})"}},
    {Kind::LoadBalancerMux,
     {"loadBalancerMuxes/x",
      R"({"routerConfiguration": {"localASN": 64512}, "virtualServer": "/virtualServers/world"})"}},
    {Kind::NetworkInterface,
     {"networkInterfaces/x", "{}", "serviceInsertions/world/serviceInsertionElements/user",
      R"({"networkInterface": "/networkInterfaces/x"})"}},
    {Kind::IpConfiguration,
     {"networkInterfaces/world/ipConfigurations/x",
      R"({"subnet": "/virtualNetworks/home/subnets/web"})",
      "loadBalancers/world/inboundNatRules/user",
      "{" + kBalancing +
          R"(, "backendIPConfiguration": "/networkInterfaces/world/ipConfigurations/x"})"}},
    {Kind::GatewayPool,
     {"gatewayPools/x", R"({"type": "S2sGre"})", "gateways/user",
      R"({"pool": "/gatewayPools/x"})"}},
    {Kind::Gateway, {"gateways/x", R"({"pool": "/gatewayPools/world"})"}},
    {Kind::VirtualGateway,
     {"virtualGateways/x",
      R"({"gatewaySubnets": [{"resourceRef": "/virtualNetworks/own/subnets/gw"}]})"}},
    {Kind::PolicyMap,
     {"virtualGateways/world/policyMaps/x", "{}",
      "virtualGateways/world/bgpRouters/r/bgpPeers/user",
      R"({"peerIpAddress": "14.1.10.1", "extAsNumber": "0.64521", "policyMapIn": "/virtualGateways/world/policyMaps/x"})"}},
    {Kind::NetworkConnection,
     {"virtualGateways/world/networkConnections/x",
      R"({"connectionType": "GRE", "destinationIPAddress": "13.1.10.100"})"}},
    {Kind::BgpRouter,
     {"virtualGateways/world/bgpRouters/x",
      R"({"isEnabled": true, "requireIgpSync": true, "extAsNumber": "0.64510"})"}},
    {Kind::BgpPeer,
     {"virtualGateways/world/bgpRouters/r/bgpPeers/x",
      R"({"peerIpAddress": "14.1.10.1", "extAsNumber": "0.64521"})"}},
    {Kind::DnsServer, {"iDNSServer/configuration", R"({"zone": "contoso.local"})"}},
    {Kind::AuditingSettings, {"auditingSettings/configuration", R"({"outputDirectory": "c:\\a"})"}},
    {Kind::Multisite, {"multisite/configuration", "{}"}},
    {Kind::MultisitePrimary, {"multisitePrimary/configuration", "{}"}},
};

class EveryType : public ::testing::TestWithParam<Kind> {
 protected:
  EveryType() {
    for (const auto& [path, body] : kWorld) put(path, body);
    put("virtualNetworks/own",
        R"({"addressSpace": ["10.4.0.0/16"], "subnets": {"gw": "10.4.0.0/29"}})");
  }

  Response call(Method method, const std::string& path, const std::string& body = {}) {
    api::http::Headers headers;
    if (method == Method::Put) headers.add("Content-Type", "application/json");
    return controller_.call(method, "/networking/v1/" + path, body, headers);
  }
  Response put(const std::string& path, const std::string& body) {
    Response answer = call(Method::Put, path, expand_body(body, path.substr(path.rfind('/') + 1)));
    EXPECT_LT(answer.status, 300) << path << ": " << answer.body;
    return answer;
  }
  static std::string collection_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
  }

  InProcess controller_;
};

TEST_P(EveryType, IsCreatedReadListedReplacedAndDeleted) {
  const KindInfo& row = info(GetParam());
  if (row.in_parent == InParent::Learned) {
    EXPECT_EQ(call(Method::Get, std::string(row.segment)).status, 200);
    EXPECT_EQ(call(Method::Put, fmt::format("{}/x", row.segment), "{}").status, 405);
    EXPECT_EQ(call(Method::Delete, fmt::format("{}/x", row.segment)).status, 405);
    return;
  }
  ASSERT_TRUE(kLives.contains(GetParam())) << row.segment << " has no life in this file";
  const Life& life = kLives.at(GetParam());

  const Response created = put(life.path, life.body);
  EXPECT_EQ(created.status, row.is_singleton() ? 200 : 201);
  const Response read = call(Method::Get, life.path);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, created.body);
  EXPECT_NE(
      call(Method::Get, collection_of(life.path)).body.find(value_at(read.body, "/resourceRef")),
      std::string::npos);

  const Response replaced = call(Method::Put, life.path, read.body);
  EXPECT_EQ(replaced.status, 200) << replaced.body;
  for (const char* member : {"/properties", "/resourceRef", "/instanceId"})
    EXPECT_TRUE(is_like(value_at(replaced.body, member), value_at(read.body, member)))
        << replaced.body << "\n"
        << read.body;

  if (row.is_singleton()) {
    EXPECT_EQ(call(Method::Delete, life.path).status, 405);
    return;
  }
  if (!life.user_path.empty()) {
    put(life.user_path, life.user_body);
    const Response refused = call(Method::Delete, life.path);
    EXPECT_EQ(refused.status, 409) << refused.body;
    EXPECT_EQ(text_at(refused.body, "/error/code"), "ResourceInUse");
    if (life.user_path.ends_with("/config")) {
      put(life.user_path, R"({"vipIpPools": []})");
    } else {
      EXPECT_EQ(call(Method::Delete, life.user_path).status, 202);
    }
  }
  EXPECT_EQ(call(Method::Delete, life.path).status, 202);
  EXPECT_EQ(call(Method::Get, life.path).status, 404);
  EXPECT_EQ(call(Method::Delete, life.path).status, 204);
}

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (const KindInfo& row : kinds_in(Realm::Onprem)) kinds.push_back(row.kind);
  return kinds;
}

std::string name_of(const ::testing::TestParamInfo<Kind>& test) {
  std::string name;  // logicalNetworks_subnets
  for (Kind kind = test.param; kind != Kind::None; kind = info(kind).parent)
    name = std::string(info(kind).segment) + (name.empty() ? "" : "_" + name);
  return name;
}

INSTANTIATE_TEST_SUITE_P(Types, EveryType, ::testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace isthmus::testing
