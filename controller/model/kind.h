// The types of resources, as one table: a row gives a type its place in the tree of resources and
// its names, in each realm that has it.
//
// To add a type: a row here, a struct with its members in one of the headers beside this one, its
// place in resources.h, its rules in controller/rules.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace isthmus {

enum class Realm : uint8_t { Onprem, Azure };  // one controller's domain of management

enum class Kind : uint8_t {
  None,
  Subscription,
  ResourceGroup,
  LogicalNetwork,
  LogicalSubnet,
  LogicalRoute,
  IpPool,
  IpReservation,
  MacPool,
  LearnedIpAddress,
  Credential,
  Server,
  ServerInterface,
  VirtualServer,
  VirtualNetworkManager,
  VirtualSwitchManager,
  AccessControlList,
  AclRule,
  SecurityTag,
  RouteTable,
  Route,
  ServiceInsertion,
  ServiceInsertionRule,
  ServiceInsertionElement,
  VirtualNetwork,
  Subnet,
  Peering,
  PublicIpAddress,
  LoadBalancer,
  FrontendIpConfiguration,
  BackendAddressPool,
  LoadBalancingRule,
  InboundNatRule,
  OutboundNatRule,
  Probe,
  LoadBalancerManager,
  LoadBalancerMux,
  NetworkInterface,
  IpConfiguration,
  GatewayPool,
  Gateway,
  VirtualGateway,
  PolicyMap,
  NetworkConnection,
  BgpRouter,
  BgpPeer,
  DnsServer,
  AuditingSettings,
  Multisite,
  MultisitePrimary,
  VirtualNetworkGateway,
  GatewayIpConfiguration,
  LocalNetworkGateway,
  GatewayConnection,
  NetworkWatcher,
  VirtualMachine,
};

// How the children of a type are changed by a PUT of their parent that lists them.
enum class InParent : uint8_t {
  Top,       // has no parent
  Learned,   // has none, and comes from the hosts: clients may only read it
  Replaced,  // the list replaces the children; an absent list keeps them
  Echoed,    // the list may only repeat what is stored: such children have a life of their own
};

struct KindInfo {
  Kind kind;
  Kind parent;               // on-prem; parent_of() tells of both realms
  std::string_view segment;  // in URIs, and as the member of the parent that lists them; empty:
                             // the Network Controller has no such type
  std::string_view
      reference_segment;  // in resourceRef, where real controllers spell it differently
  std::string_view noun;  // in messages
  InParent in_parent;
  std::string_view only_name;  // not empty: there is exactly one, always there, of this name
  std::string_view azure_segment = {};  // the same in Azure; empty: Azure has no such type here
  std::string_view azure_provider = "Microsoft.Network";  // whose type it is in Azure

  bool is_in(Realm realm) const { return !segment_in(realm).empty(); }
  std::string_view segment_in(Realm realm) const {
    return realm == Realm::Azure ? azure_segment : segment;
  }
  bool is_singleton() const { return !only_name.empty(); }
};

// Parents stand before their children; the order is also the order in which a whole model is
// written and read.
inline constexpr std::array kKinds = {
    KindInfo{Kind::Subscription, Kind::None, "", "", "subscription", InParent::Top, "",
             "subscriptions", "Microsoft.Resources"},
    KindInfo{Kind::ResourceGroup, Kind::Subscription, "", "", "resource group", InParent::Top, "",
             "resourceGroups", "Microsoft.Resources"},
    KindInfo{Kind::LogicalNetwork, Kind::None, "logicalNetworks", "logicalnetworks",
             "logical network", InParent::Top, ""},
    KindInfo{Kind::LogicalSubnet, Kind::LogicalNetwork, "subnets", "subnets", "logical subnet",
             InParent::Replaced, ""},
    KindInfo{Kind::LogicalRoute, Kind::LogicalSubnet, "routes", "routes", "logical route",
             InParent::Replaced, ""},
    KindInfo{Kind::IpPool, Kind::LogicalSubnet, "ipPools", "ipPools", "IP pool", InParent::Replaced,
             ""},
    KindInfo{Kind::IpReservation, Kind::LogicalSubnet, "ipReservations", "ipReservations",
             "IP reservation", InParent::Replaced, ""},
    KindInfo{Kind::MacPool, Kind::None, "macPools", "macPools", "MAC pool", InParent::Top, ""},
    KindInfo{Kind::LearnedIpAddress, Kind::None, "learnedIPAddresses", "learnedIPAddresses",
             "learned IP address", InParent::Learned, ""},
    KindInfo{Kind::Credential, Kind::None, "credentials", "credentials", "credential",
             InParent::Top, ""},
    KindInfo{Kind::Server, Kind::None, "servers", "servers", "server", InParent::Top, ""},
    KindInfo{Kind::ServerInterface, Kind::Server, "networkInterfaces", "networkInterfaces",
             "server network interface", InParent::Replaced, ""},
    KindInfo{Kind::VirtualServer, Kind::None, "virtualServers", "virtualServers", "virtual server",
             InParent::Top, ""},
    KindInfo{Kind::VirtualNetworkManager, Kind::None, "virtualNetworkManager",
             "virtualNetworkManager", "virtual network manager", InParent::Top, "configuration"},
    KindInfo{Kind::VirtualSwitchManager, Kind::None, "virtualSwitchManager", "virtualSwitchManager",
             "virtual switch manager", InParent::Top, "configuration"},
    KindInfo{Kind::AccessControlList, Kind::None, "accessControlLists", "accessControlLists",
             "access control list", InParent::Top, "", "networkSecurityGroups"},
    KindInfo{Kind::AclRule, Kind::AccessControlList, "aclRules", "aclRules", "access control rule",
             InParent::Replaced, "", "securityRules"},
    KindInfo{Kind::SecurityTag, Kind::None, "securityTags", "securityTags", "security tag",
             InParent::Top, ""},
    KindInfo{Kind::RouteTable, Kind::None, "routeTables", "routeTables", "route table",
             InParent::Top, "", "routeTables"},
    KindInfo{Kind::Route, Kind::RouteTable, "routes", "routes", "route", InParent::Replaced, "",
             "routes"},
    KindInfo{Kind::ServiceInsertion, Kind::None, "serviceInsertions", "serviceInsertions",
             "service insertion", InParent::Top, ""},
    KindInfo{Kind::ServiceInsertionRule, Kind::ServiceInsertion, "serviceInsertionRules",
             "serviceInsertionRules", "service insertion rule", InParent::Replaced, ""},
    KindInfo{Kind::ServiceInsertionElement, Kind::ServiceInsertion, "serviceInsertionElements",
             "serviceInsertionElements", "service insertion element", InParent::Replaced, ""},
    KindInfo{Kind::VirtualNetwork, Kind::None, "virtualNetworks", "virtualNetworks",
             "virtual network", InParent::Top, "", "virtualNetworks"},
    KindInfo{Kind::Subnet, Kind::VirtualNetwork, "subnets", "subnets", "subnet", InParent::Replaced,
             "", "subnets"},
    KindInfo{Kind::Peering, Kind::VirtualNetwork, "virtualNetworkPeerings",
             "virtualNetworkPeerings", "virtual network peering", InParent::Echoed, "",
             "virtualNetworkPeerings"},
    KindInfo{Kind::PublicIpAddress, Kind::None, "publicIPAddresses", "publicIPAddresses",
             "public IP address", InParent::Top, "", "publicIPAddresses"},
    KindInfo{Kind::LoadBalancer, Kind::None, "loadBalancers", "loadBalancers", "load balancer",
             InParent::Top, "", "loadBalancers"},
    KindInfo{Kind::FrontendIpConfiguration, Kind::LoadBalancer, "frontendIPConfigurations",
             "frontendIPConfigurations", "frontend IP configuration", InParent::Replaced, "",
             "frontendIPConfigurations"},
    KindInfo{Kind::BackendAddressPool, Kind::LoadBalancer, "backendAddressPools",
             "backendAddressPools", "backend address pool", InParent::Replaced, "",
             "backendAddressPools"},
    KindInfo{Kind::LoadBalancingRule, Kind::LoadBalancer, "loadBalancingRules",
             "loadBalancingRules", "load balancing rule", InParent::Replaced, "",
             "loadBalancingRules"},
    KindInfo{Kind::InboundNatRule, Kind::LoadBalancer, "inboundNatRules", "inboundNatRules",
             "inbound NAT rule", InParent::Replaced, "", "inboundNatRules"},
    KindInfo{Kind::OutboundNatRule, Kind::LoadBalancer, "outboundNatRules", "outboundNatRules",
             "outbound NAT rule", InParent::Replaced, "", "outboundRules"},
    KindInfo{Kind::Probe, Kind::LoadBalancer, "probes", "probes", "probe", InParent::Replaced, "",
             "probes"},
    KindInfo{Kind::LoadBalancerManager, Kind::None, "loadBalancerManager", "loadBalancerManager",
             "load balancer manager", InParent::Top, "config"},
    KindInfo{Kind::LoadBalancerMux, Kind::None, "loadBalancerMuxes", "loadBalancerMuxes",
             "load balancer multiplexer", InParent::Top, ""},
    KindInfo{Kind::NetworkInterface, Kind::None, "networkInterfaces", "networkInterfaces",
             "network interface", InParent::Top, "", "networkInterfaces"},
    KindInfo{Kind::IpConfiguration, Kind::NetworkInterface, "ipConfigurations", "ipConfigurations",
             "IP configuration", InParent::Replaced, "", "ipConfigurations"},
    KindInfo{Kind::GatewayPool, Kind::None, "gatewayPools", "GatewayPools", "gateway pool",
             InParent::Top, ""},
    KindInfo{Kind::Gateway, Kind::None, "gateways", "Gateways", "gateway", InParent::Top, ""},
    KindInfo{Kind::VirtualGateway, Kind::None, "virtualGateways", "VirtualGateways",
             "virtual gateway", InParent::Top, ""},
    KindInfo{Kind::PolicyMap, Kind::VirtualGateway, "policyMaps", "PolicyMaps", "policy map",
             InParent::Replaced, ""},
    KindInfo{Kind::NetworkConnection, Kind::VirtualGateway, "networkConnections",
             "NetworkConnections", "network connection", InParent::Replaced, ""},
    KindInfo{Kind::BgpRouter, Kind::VirtualGateway, "bgpRouters", "BgpRouters", "BGP router",
             InParent::Replaced, ""},
    KindInfo{Kind::BgpPeer, Kind::BgpRouter, "bgpPeers", "BgpPeers", "BGP peer", InParent::Replaced,
             ""},
    KindInfo{Kind::DnsServer, Kind::None, "iDNSServer", "iDNSServer", "internal DNS server",
             InParent::Top, "configuration"},
    KindInfo{Kind::AuditingSettings, Kind::None, "auditingSettings", "auditingSettings",
             "auditing settings", InParent::Top, "configuration"},
    KindInfo{Kind::Multisite, Kind::None, "multisite", "multisite", "multisite configuration",
             InParent::Top, "configuration"},
    KindInfo{Kind::MultisitePrimary, Kind::None, "multisitePrimary", "multisitePrimary",
             "multisite primary configuration", InParent::Top, "configuration"},
    KindInfo{Kind::VirtualNetworkGateway, Kind::None, "", "", "virtual network gateway",
             InParent::Top, "", "virtualNetworkGateways"},
    KindInfo{Kind::GatewayIpConfiguration, Kind::VirtualNetworkGateway, "", "",
             "IP configuration of a gateway", InParent::Replaced, "", "ipConfigurations"},
    KindInfo{Kind::LocalNetworkGateway, Kind::None, "", "", "local network gateway", InParent::Top,
             "", "localNetworkGateways"},
    KindInfo{Kind::GatewayConnection, Kind::None, "", "", "connection", InParent::Top, "",
             "connections"},
    KindInfo{Kind::NetworkWatcher, Kind::None, "", "", "network watcher", InParent::Top, "",
             "networkWatchers"},
    KindInfo{Kind::VirtualMachine, Kind::None, "", "", "virtual machine", InParent::Top, "",
             "virtualMachines", "Microsoft.Compute"},
};

inline constexpr size_t kKindCount = kKinds.size() + 1;  // with None

constexpr bool kinds_are_in_enum_order() {
  for (size_t i = 0; i < kKinds.size(); ++i) {
    if (static_cast<size_t>(kKinds[i].kind) != i + 1 || kKinds[i].parent >= kKinds[i].kind)
      return false;
  }
  return true;
}
static_assert(kinds_are_in_enum_order());

constexpr const KindInfo& info(Kind kind) { return kKinds[static_cast<size_t>(kind) - 1]; }

// In Azure, what stands at the top of a Network Controller stands in a resource group.
constexpr Kind parent_of(Kind kind, Realm realm) {
  const bool is_top = info(kind).parent == Kind::None && kind != Kind::Subscription;
  return is_top && realm == Realm::Azure ? Kind::ResourceGroup : info(kind).parent;
}

// The types that a realm has, in the order of the table.
std::span<const KindInfo> kinds_in(Realm realm);

}  // namespace isthmus
