#include "tools/isthmus/nouns.h"

#include "tools/isthmus/peering_access.h"

namespace isthmus::cli {
namespace {

using enum Encoding;
constexpr auto kRequired = Option::Need::Required;
constexpr auto kMany = Option::Values::Many;
constexpr auto kOne = Option::Values::One;
constexpr auto kMaybe = Option::Values::Optional;
constexpr auto kCreateOnly = Field::Use::CreateOnly;
constexpr auto kCount = Column::Show::Count;
constexpr auto kName = Column::Show::Name;

constexpr Column kNameColumn = {"Name", "/resourceId"};
constexpr Column kStateColumn = {"ProvisioningState", "/properties/provisioningState"};

constexpr Field kVnetFields[] = {
    {{"--address-prefixes", "address space, such as 10.0.0.0/16 10.1.0.0/16", kMany, kRequired},
     "/properties/addressSpace/addressPrefixes",
     List},
    {{"--dns-servers", "addresses of DNS servers", kMany},
     "/properties/dhcpOptions/dnsServers",
     List},
    {{"--logical-network", "the provider network; the controller's own by default"},
     "/properties/logicalNetwork",
     Reference,
     "/logicalNetworks/{}"},
    {{"--subnet-name", "a first subnet"},
     "/properties/subnets/0/resourceId",
     Text,
     {},
     {},
     {},
     kCreateOnly},
    {{"--subnet-prefixes,--subnet-prefix", "the prefix of the first subnet"},
     "/properties/subnets/0/properties/addressPrefix",
     Text,
     {},
     {},
     {},
     kCreateOnly},
};
constexpr Column kVnetColumns[] = {
    kNameColumn,
    {"AddressPrefixes", "/properties/addressSpace/addressPrefixes"},
    {"Subnets", "/properties/subnets", kCount},
    {"Peerings", "/properties/virtualNetworkPeerings", kCount},
    kStateColumn,
};

constexpr Field kSubnetFields[] = {
    {{"--address-prefixes,--address-prefix", "the subnet's prefix", kOne, kRequired},
     "/properties/addressPrefix"},
    {{"--route-table", "a route table; \"\" for none"},
     "/properties/routeTable",
     Reference,
     "/routeTables/{}"},
    {{"--acl,--access-control-list", "an access control list; \"\" for none"},
     "/properties/accessControlList",
     Reference,
     "/accessControlLists/{}"},
};
constexpr Column kSubnetColumns[] = {
    kNameColumn,
    {"AddressPrefix", "/properties/addressPrefix"},
    {"RouteTable", "/properties/routeTable/resourceRef", kName},
    {"Acl", "/properties/accessControlList/resourceRef", kName},
    {"VirtualSubnetId", "/properties/virtualSubnetId"},
    {"IpConfigurations", "/properties/ipConfigurations", kCount},
};

constexpr Field kPeeringFields[] = {
    {{"--remote-vnet", "the other network", kOne, kRequired},
     "/properties/remoteVirtualNetwork",
     Reference,
     "/virtualNetworks/{}",
     {},
     {},
     kCreateOnly},
    {{"--allow-vnet-access", "whether the two networks reach each other (true)", kMaybe},
     "/properties/allowVirtualNetworkAccess",
     Switch},
    {{"--allow-forwarded-traffic", "whether traffic that the other network forwards may enter",
      kMaybe},
     "/properties/allowForwardedTraffic",
     Switch},
    {{"--allow-gateway-transit", "whether the other network may use the gateway here", kMaybe},
     "/properties/allowGatewayTransit",
     Switch},
    {{"--use-remote-gateways", "whether this network uses the other's gateway", kMaybe},
     "/properties/useRemoteGateways",
     Switch},
};
constexpr Column kPeeringColumns[] = {
    kNameColumn,
    {"RemoteVnet", "/properties/remoteVirtualNetwork/resourceRef", kName},
    {"State", "/shown/state"},
    {"Access", "/shown/access"},
    {"ForwardedTraffic", "/properties/allowForwardedTraffic"},
    {"GatewayTransit", "/properties/allowGatewayTransit"},
    {"RemoteGateways", "/properties/useRemoteGateways"},
};

constexpr Column kRouteTableColumns[] = {
    kNameColumn,
    {"Routes", "/properties/routes", kCount},
    {"Subnets", "/properties/subnets", kCount},
    kStateColumn,
};

constexpr Field kRouteFields[] = {
    {{"--address-prefix", "the destination", kOne, kRequired}, "/properties/addressPrefix"},
    {{"--next-hop-type", "VirtualAppliance, VnetLocal, VirtualNetworkGateway, Internet or None",
      kOne, kRequired},
     "/properties/nextHopType"},
    {{"--next-hop-ip-address", "the appliance's address"}, "/properties/nextHopIpAddress"},
};
constexpr Column kRouteColumns[] = {
    kNameColumn,
    {"AddressPrefix", "/properties/addressPrefix"},
    {"NextHopType", "/properties/nextHopType"},
    {"NextHopIpAddress", "/properties/nextHopIpAddress"},
};

constexpr Field kAclFields[] = {
    {{"--inbound-default-action", "Permit or Deny"}, "/properties/inboundDefaultAction"},
    {{"--outbound-default-action", "Permit or Deny"}, "/properties/outboundDefaultAction"},
};
constexpr Column kAclColumns[] = {
    kNameColumn,
    {"Rules", "/properties/aclRules", kCount},
    {"Subnets", "/properties/subnets", kCount},
    {"IpConfigurations", "/properties/ipConfigurations", kCount},
    kStateColumn,
};

constexpr Field kAclRuleFields[] = {
    {{"--priority", "the lowest number is looked at first", kOne, kRequired},
     "/properties/priority"},
    {{"--direction", "Inbound (default) or Outbound"}, "/properties/type"},
    {{"--access", "Allow (default) or Deny"}, "/properties/action"},
    {{"--protocol", "TCP, UDP or All (default)"}, "/properties/protocol"},
    {{"--source-address-prefixes,--source-address-prefix", "where from; * by default"},
     "/properties/sourceAddressPrefix"},
    {{"--source-port-ranges,--source-port-range", "such as 1024-65535; * by default"},
     "/properties/sourcePortRange"},
    {{"--destination-address-prefixes,--destination-address-prefix", "where to; * by default"},
     "/properties/destinationAddressPrefix"},
    {{"--destination-port-ranges,--destination-port-range", "such as 443; * by default"},
     "/properties/destinationPortRange"},
    {{"--description", "for people"}, "/properties/description"},
};
constexpr Column kAclRuleColumns[] = {
    kNameColumn,
    {"Priority", "/properties/priority"},
    {"Direction", "/properties/type"},
    {"Access", "/properties/action"},
    {"Protocol", "/properties/protocol"},
    {"Source", "/properties/sourceAddressPrefix"},
    {"SourcePorts", "/properties/sourcePortRange"},
    {"Destination", "/properties/destinationAddressPrefix"},
    {"DestinationPorts", "/properties/destinationPortRange"},
};

constexpr Field kNicFields[] = {
    {{"--vnet-name,--vnet", "the network", kOne, kRequired}, {}},
    {{"--subnet", "the subnet in that network", kOne, kRequired},
     "/properties/ipConfigurations/0/properties/subnet",
     Reference,
     "/virtualNetworks/{vnet-name}/subnets/{}"},
    {{"--private-ip-address,--address", "its address; the next free one by default"},
     "/properties/ipConfigurations/0/properties/privateIPAddress",
     Text,
     {},
     "/properties/ipConfigurations/0/properties/privateIPAllocationMethod",
     "Static"},
    {{"--mac", "its MAC address; one of the controller's pool by default"},
     "/properties/privateMacAddress",
     Text,
     {},
     "/properties/privateMacAllocationMethod",
     "Static"},
    {{"--ip-forwarding,--forwarding", "whether it may send what others sent: an appliance", kMaybe},
     "/properties/portSettings/macSpoofingEnabled",
     Enabled},
    {{"--acl,--access-control-list", "an access control list; \"\" for none"},
     "/properties/ipConfigurations/0/properties/accessControlList",
     Reference,
     "/accessControlLists/{}"},
};
constexpr Column kNicColumns[] = {
    kNameColumn,
    {"Address", "/properties/ipConfigurations/0/properties/privateIPAddress"},
    {"Subnet", "/properties/ipConfigurations/0/properties/subnet/resourceRef"},
    {"Mac", "/properties/privateMacAddress"},
    {"Acl", "/properties/ipConfigurations/0/properties/accessControlList/resourceRef", kName},
    {"Forwarding", "/properties/portSettings/macSpoofingEnabled"},
};

constexpr Field kLogicalNetworkFields[] = {
    {{"--network-virtualization-enabled", "whether virtual networks may lie on it", kMaybe},
     "/properties/networkVirtualizationEnabled",
     Switch},
};
constexpr Column kLogicalNetworkColumns[] = {
    kNameColumn,
    {"NetworkVirtualization", "/properties/networkVirtualizationEnabled"},
    {"Subnets", "/properties/subnets", kCount},
    kStateColumn,
};

constexpr Field kLogicalSubnetFields[] = {
    {{"--address-prefixes,--address-prefix", "the subnet's prefix", kOne, kRequired},
     "/properties/addressPrefix"},
    {{"--vlan-id", "0 to 4095", kOne, kRequired}, "/properties/vlanID"},
    {{"--default-gateways", "addresses", kMany}, "/properties/defaultGateways", List},
    {{"--dns-servers", "addresses", kMany}, "/properties/dnsServers", List},
};
constexpr Column kLogicalSubnetColumns[] = {
    kNameColumn,
    {"AddressPrefix", "/properties/addressPrefix"},
    {"VlanId", "/properties/vlanID"},
    {"DefaultGateways", "/properties/defaultGateways"},
    {"IpPools", "/properties/ipPools", kCount},
};

constexpr Field kIpPoolFields[] = {
    {{"--start-ip-address", "the first address", kOne, kRequired}, "/properties/startIpAddress"},
    {{"--end-ip-address", "the last address", kOne, kRequired}, "/properties/endIpAddress"},
};
constexpr Column kIpPoolColumns[] = {
    kNameColumn,
    {"Start", "/properties/startIpAddress"},
    {"End", "/properties/endIpAddress"},
    {"Addresses", "/properties/usage/numberOfIPAddresses"},
    {"Allocated", "/properties/usage/numberofIPAddressesAllocated"},
};

constexpr Field kMacPoolFields[] = {
    {{"--start-mac-address", "the first address", kOne, kRequired}, "/properties/startMacAddress"},
    {{"--end-mac-address", "the last address", kOne, kRequired}, "/properties/endMacAddress"},
};
constexpr Column kMacPoolColumns[] = {
    kNameColumn,
    {"Start", "/properties/startMacAddress"},
    {"End", "/properties/endMacAddress"},
    kStateColumn,
};

constexpr Noun kNouns[] = {
    {"vnet", "virtual networks", "/virtualNetworks/{name}", kVnetFields, kVnetColumns, "{}"},
    {"vnet subnet", "subnets of a virtual network", "/virtualNetworks/{vnet-name}/subnets/{name}",
     kSubnetFields, kSubnetColumns, "{}"},
    {"vnet peering", "peerings of a virtual network; each side needs its own",
     "/virtualNetworks/{vnet-name}/virtualNetworkPeerings/{name}", kPeeringFields, kPeeringColumns,
     "{}", &show_peering_access},
    {"route-table", "route tables", "/routeTables/{name}", {}, kRouteTableColumns, "{}"},
    {"route-table route", "routes of a route table",
     "/routeTables/{route-table-name}/routes/{name}", kRouteFields, kRouteColumns, "{}"},
    {"acl", "access control lists", "/accessControlLists/{name}", kAclFields, kAclColumns, "{}"},
    {"acl rule", "rules of an access control list",
     "/accessControlLists/{acl-name}/aclRules/{name}", kAclRuleFields, kAclRuleColumns,
     R"({"type":"Inbound","action":"Allow","protocol":"All","sourceAddressPrefix":"*","sourcePortRange":"*",
         "destinationAddressPrefix":"*","destinationPortRange":"*"})"},
    {"nic", "network interfaces", "/networkInterfaces/{name}", kNicFields, kNicColumns,
     R"({"ipConfigurations":[{"resourceId":"ipconfig1","properties":{"privateIPAllocationMethod":"Dynamic"}}]})"},
    {"logical-network", "logical networks: what the hosts are wired to", "/logicalNetworks/{name}",
     kLogicalNetworkFields, kLogicalNetworkColumns, "{}"},
    {"logical-network subnet", "subnets of a logical network",
     "/logicalNetworks/{logical-network-name}/subnets/{name}", kLogicalSubnetFields,
     kLogicalSubnetColumns, "{}"},
    {"logical-network ip-pool", "address pools of a logical subnet",
     "/logicalNetworks/{logical-network-name}/subnets/{subnet-name}/ipPools/{name}", kIpPoolFields,
     kIpPoolColumns, "{}"},
    {"mac-pool", "pools that MAC addresses are taken from", "/macPools/{name}", kMacPoolFields,
     kMacPoolColumns, "{}"},
};

}  // namespace

std::span<const Noun> nouns() { return kNouns; }

const Noun* find_noun(std::string_view words) {
  for (const Noun& noun : kNouns)
    if (noun.words == words) return &noun;
  return nullptr;
}

std::string_view last_segment(std::string_view reference) {
  return reference.substr(reference.rfind('/') + 1);
}

std::string cell(const Column& column, const Value& resource) {
  switch (column.show) {
    case Column::Show::Text:
      return text_at(resource, column.pointer);
    case Column::Show::Name:
      return std::string(last_segment(text_at(resource, column.pointer)));
    case Column::Show::Count: {
      const Value* value = find(resource, column.pointer);
      return std::to_string(value != nullptr && value->IsArray() ? value->Size() : 0);
    }
  }
  return {};
}

}  // namespace isthmus::cli
