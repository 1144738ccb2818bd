// Every type of Azure lives the life that clients lead it through: created, read, listed, put back
// as it was read, kept while something refers to it, deleted. A type without a row fails.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "controller/model/kind.h"
#include "tests/cases/json_text.h"
#include "tests/support/in_process.h"

namespace isthmus::testing {
namespace {

using api::http::Method;
using api::http::Response;

const std::string kGroup = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/lab";
const std::string kNetwork = kGroup + "/providers/Microsoft.Network";
const std::string kCompute = kGroup + "/providers/Microsoft.Compute";

// Paths are those of Microsoft.Network in the group; bodies are in the short form of the golden
// cases. What refers to a resource is put beside it, and refused as its row says.
struct Life {
  std::string path;
  std::string body;
  std::string user_path = {};  // empty: nothing can refer to it
  std::string user_body = {};
  std::string refusal = {};
};

std::string id(const std::string& path) {
  return fmt::format(R"({{"id": "{}/{}"}})", kNetwork, path);
}

const std::string kFrontend =
    R"("frontendIPConfiguration": "/loadBalancers/world/frontendIPConfigurations/f")";
const std::string kRule =
    "{" + kFrontend + R"(, "protocol": "Tcp", "frontendPort": 81, "backendPort": 81)";
const std::string kGateway =
    R"({"gatewayType": "Vpn", "sku": {"name": "VpnGw1"}, "ipConfigurations": {"c": {"subnet": "/virtualNetworks/own/subnets/GatewaySubnet", "publicIPAddress": "/publicIPAddresses/own"}}})";
const std::string kConnection =
    R"({"virtualNetworkGateway1": "/virtualNetworkGateways/world", "localNetworkGateway2": "/localNetworkGateways/world", "connectionType": "IPsec"})";

std::string interface_with(const std::string& more) {
  return R"({"ipConfigurations": {"i": {"subnet": "/virtualNetworks/home/subnets/web")" + more +
         "}}}";
}

// What the lives stand on.
const std::pair<std::string, std::string> kWorld[] = {
    {"virtualNetworks/home",
     R"({"addressSpace": ["10.0.0.0/16"], "subnets": {"web": "10.0.0.0/24", "GatewaySubnet": "10.0.9.0/27"}})"},
    {"virtualNetworks/own",
     R"({"addressSpace": ["10.4.0.0/16"], "subnets": {"GatewaySubnet": "10.4.0.0/27"}})"},
    {"virtualNetworks/peer", R"({"addressSpace": ["10.1.0.0/16"]})"},
    {"networkSecurityGroups/world", "{}"},
    {"routeTables/world", "{}"},
    {"publicIPAddresses/world", "{}"},
    {"publicIPAddresses/own", "{}"},
    {"networkInterfaces/world", interface_with("")},
    {"loadBalancers/world",
     R"({"frontendIPConfigurations": {"f": {"subnet": "/virtualNetworks/home/subnets/web"}}, "backendAddressPools": {"b": {}}})"},
    {"virtualNetworkGateways/world",
     R"({"gatewayType": "Vpn", "sku": {"name": "VpnGw1"}, "ipConfigurations": {"c": {"subnet": "/virtualNetworks/home/subnets/GatewaySubnet", "publicIPAddress": "/publicIPAddresses/world"}}})"},
    {"localNetworkGateways/world",
     R"({"fqdn": "site.contoso.com", "localNetworkAddressSpace": {"addressPrefixes": ["192.168.0.0/16"]}})"},
};

const std::map<Kind, Life> kLives = {
    {Kind::AccessControlList, {"networkSecurityGroups/x", "{}"}},
    {Kind::AclRule,
     {"networkSecurityGroups/world/securityRules/x",
      R"({"protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": "80", "access": "Allow", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "priority": 100, "direction": "Inbound"})"}},
    {Kind::RouteTable,
     {"routeTables/x", "{}", "virtualNetworks/home/subnets/user",
      R"({"addressPrefix": "10.0.5.0/24", "routeTable": "/routeTables/x"})",
      "InUseRouteTableCannotBeDeleted"}},
    {Kind::Route,
     {"routeTables/world/routes/x", R"({"addressPrefix": "0.0.0.0/0", "nextHopType": "None"})"}},
    {Kind::VirtualNetwork,
     {"virtualNetworks/x", R"({"addressSpace": ["10.3.0.0/16"]})",
      "loadBalancers/world/backendAddressPools/user", R"({"virtualNetwork": "/virtualNetworks/x"})",
      "ResourceInUse"}},
    {Kind::Subnet,
     {"virtualNetworks/home/subnets/x", R"({"addressPrefix": "10.0.6.0/24"})",
      "networkInterfaces/user",
      R"({"ipConfigurations": {"i": {"subnet": "/virtualNetworks/home/subnets/x"}}})",
      "InUseSubnetCannotBeDeleted"}},
    {Kind::Peering,
     {"virtualNetworks/home/virtualNetworkPeerings/x",
      R"({"remoteVirtualNetwork": "/virtualNetworks/peer"})"}},
    {Kind::PublicIpAddress,
     {"publicIPAddresses/x", R"({"publicIPAllocationMethod": "Static"})", "loadBalancers/user",
      R"({"frontendIPConfigurations": {"f": {"publicIPAddress": "/publicIPAddresses/x"}}})",
      "PublicIPAddressCannotBeDeleted"}},
    {Kind::LoadBalancer, {"loadBalancers/x", "{}"}},
    {Kind::FrontendIpConfiguration,
     {"loadBalancers/world/frontendIPConfigurations/x",
      R"({"subnet": "/virtualNetworks/home/subnets/web"})",
      "loadBalancers/world/loadBalancingRules/user",
      R"({"frontendIPConfiguration": "/loadBalancers/world/frontendIPConfigurations/x", "protocol": "Tcp", "frontendPort": 81, "backendPort": 81})",
      "ResourceInUse"}},
    {Kind::BackendAddressPool,
     {"loadBalancers/world/backendAddressPools/x", "{}", "networkInterfaces/user",
      interface_with(R"(, "loadBalancerBackendAddressPools": [)" +
                     id("loadBalancers/world/backendAddressPools/x") + "]"),
      "InUseLoadBalancerCannotBeDeleted"}},
    {Kind::LoadBalancingRule, {"loadBalancers/world/loadBalancingRules/x", kRule + "}"}},
    {Kind::InboundNatRule,
     {"loadBalancers/world/inboundNatRules/x", kRule + "}", "networkInterfaces/user",
      interface_with(R"(, "loadBalancerInboundNatRules": [)" +
                     id("loadBalancers/world/inboundNatRules/x") + "]"),
      "InUseLoadBalancerCannotBeDeleted"}},
    {Kind::OutboundNatRule,
     {"loadBalancers/world/outboundRules/x",
      R"({"protocol": "All", "backendAddressPool": "/loadBalancers/world/backendAddressPools/b", "frontendIPConfigurations": [)" +
          id("loadBalancers/world/frontendIPConfigurations/f") + "]}"}},
    {Kind::Probe,
     {"loadBalancers/world/probes/x", R"({"protocol": "Tcp", "port": 80})",
      "loadBalancers/world/loadBalancingRules/user",
      kRule + R"(, "probe": "/loadBalancers/world/probes/x"})", "ResourceInUse"}},
    {Kind::NetworkInterface,
     {"networkInterfaces/x", interface_with(""), kCompute + "/virtualMachines/user",
      R"({"networkProfile": {"networkInterfaces": [)" + id("networkInterfaces/x") + "]}}",
      "NicInUse"}},
    {Kind::IpConfiguration,
     {"networkInterfaces/world/ipConfigurations/x",
      R"({"subnet": "/virtualNetworks/home/subnets/web"})"}},
    {Kind::VirtualNetworkGateway,
     {"virtualNetworkGateways/x", kGateway, "connections/user",
      R"({"virtualNetworkGateway1": "/virtualNetworkGateways/x", "virtualNetworkGateway2": "/virtualNetworkGateways/world", "connectionType": "Vnet2Vnet"})",
      "InUseVirtualNetworkGatewayCannotBeDeleted"}},
    {Kind::LocalNetworkGateway,
     {"localNetworkGateways/x",
      R"({"gatewayIpAddress": "198.51.100.1", "localNetworkAddressSpace": {"addressPrefixes": ["192.168.0.0/16"]}})",
      "connections/user",
      R"({"virtualNetworkGateway1": "/virtualNetworkGateways/world", "localNetworkGateway2": "/localNetworkGateways/x", "connectionType": "IPsec"})",
      "InUseLocalNetworkGatewayCannotBeDeleted"}},
    {Kind::GatewayConnection, {"connections/x", kConnection}},
    {Kind::NetworkWatcher, {"networkWatchers/x", "{}"}},
    {Kind::VirtualMachine,
     {kCompute + "/virtualMachines/x",
      R"({"hardwareProfile": {"vmSize": "Standard_B1s"}, "networkProfile": {"networkInterfaces": [)" +
          id("networkInterfaces/world") + "]}}"}},
};

// Those that have a life of another kind: what all stand in, and what is no resource of its own.
bool has_no_life(Kind kind) {
  return kind == Kind::Subscription || kind == Kind::ResourceGroup ||
         kind == Kind::GatewayIpConfiguration;
}

class EveryAzureType : public ::testing::TestWithParam<Kind> {
 protected:
  EveryAzureType() {
    EXPECT_EQ(call(Method::Put, kGroup, R"({"location": "westeurope"})").status, 201);
    for (const auto& [path, body] : kWorld) put(path, body);
  }

  Response call(Method method, const std::string& path, const std::string& body = {}) {
    const std::string whole = path.starts_with('/') ? path : kNetwork + "/" + path;
    return controller_.call(method, whole + "?api-version=2022-01-01", body);
  }
  Response put(const std::string& path, const std::string& body) {
    const ShortForm form{kNetwork, "westeurope"};
    Response answer =
        call(Method::Put, path, expand_body(body, path.substr(path.rfind('/') + 1), form));
    EXPECT_LT(answer.status, 300) << path << ": " << answer.body;
    return answer;
  }

  InProcess controller_;
};

TEST_P(EveryAzureType, IsCreatedReadListedReplacedAndDeleted) {
  ASSERT_TRUE(kLives.contains(GetParam())) << info(GetParam()).noun << " has no life in this file";
  const Life& life = kLives.at(GetParam());

  const Response created = put(life.path, life.body);
  EXPECT_EQ(created.status, 201);
  const Response read = call(Method::Get, life.path);
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, created.body);
  EXPECT_EQ(text_at(read.body, "/type"), azure_type(GetParam()));
  const Response list = call(Method::Get, life.path.substr(0, life.path.rfind('/')));
  EXPECT_NE(list.body.find(value_at(read.body, "/id")), std::string::npos) << list.body;

  const Response replaced = call(Method::Put, life.path, read.body);
  EXPECT_EQ(replaced.status, 200) << replaced.body;
  for (const char* member : {"/properties", "/id", "/sku", "/location"}) {
    const std::string was = value_at(read.body, member);
    EXPECT_TRUE(was == value_at(replaced.body, member) ||
                is_like(value_at(replaced.body, member), was))
        << replaced.body << "\n"
        << read.body;
  }

  if (!life.user_path.empty()) {
    put(life.user_path, life.user_body);
    const Response refused = call(Method::Delete, life.path);
    EXPECT_EQ(text_at(refused.body, "/error/code"), life.refusal) << refused.body;
    EXPECT_EQ(call(Method::Delete, life.user_path).status, 200);
  }
  EXPECT_EQ(call(Method::Delete, life.path).status, 200);
  EXPECT_EQ(call(Method::Get, life.path).status, 404);
  EXPECT_EQ(call(Method::Delete, life.path).status, 204);
}

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (const KindInfo& row : kinds_in(Realm::Azure)) {
    if (!has_no_life(row.kind)) kinds.push_back(row.kind);
  }
  return kinds;
}

std::string name_of(const ::testing::TestParamInfo<Kind>& test) {
  std::string name = azure_type(test.param);
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '.'; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Types, EveryAzureType, ::testing::ValuesIn(all_kinds()), name_of);

}  // namespace
}  // namespace isthmus::testing
