// Groups, virtual networks and what lies in them, route tables.
#include "tools/isthmus/noun_words.h"
#include "tools/isthmus/peering_access.h"

namespace isthmus::cli {
namespace {

constexpr Field kGroupFields[] = {
    at_creation(
        {{"-l,--location", "its region; a group's resources may be elsewhere", kOne, kRequired},
         "/location",
         Text}),
    kTagsField,
};
constexpr Column kGroupColumns[] = {kNameColumn, kLocationColumn, kStateColumn};

constexpr Field kVnetFields[] = {
    {{"--address-prefixes", "address space, such as 10.0.0.0/16 10.1.0.0/16", kMany, kRequired},
     "/properties/addressSpace/addressPrefixes",
     List},
    {{"--dns-servers", "addresses of DNS servers", kMany},
     "/properties/dhcpOptions/dnsServers",
     List},
    on_prem({{"--logical-network", "the provider network; the controller's own by default"},
             "/properties/logicalNetwork",
             Reference,
             "/logicalNetworks/{}"}),
    at_creation({{"--subnet-name", "a first subnet"}, "/properties/subnets/0/@name", Text}),
    at_creation({{"--subnet-prefixes,--subnet-prefix", "the prefix of the first subnet"},
                 "/properties/subnets/0/properties/addressPrefix",
                 Text}),
    kLocationField,
    kTagsField,
};
constexpr Column kVnetColumns[] = {
    kNameColumn,
    kGroupColumn,
    kLocationColumn,
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
    on_prem({{"--acl,--access-control-list", "an access control list; \"\" for none"},
             "/properties/accessControlList",
             Reference,
             "/accessControlLists/{}"}),
    in_azure({{"--nsg,--network-security-group", "a network security group; \"\" for none"},
              "/properties/networkSecurityGroup",
              Reference,
              "/networkSecurityGroups/{}"}),
};
constexpr Column kSubnetColumns[] = {
    kNameColumn,
    {"AddressPrefix", "/properties/addressPrefix"},
    {"RouteTable", "/properties/routeTable", kName},
    {"Acl", "/properties/accessControlList", kName, Realm::Onprem},
    {"Nsg", "/properties/networkSecurityGroup", kName, Realm::Azure},
    {"VirtualSubnetId", "/properties/virtualSubnetId", Column::Show::Text, Realm::Onprem},
    {"IpConfigurations", "/properties/ipConfigurations", kCount},
};

constexpr Field kPeeringFields[] = {
    at_creation({{"--remote-vnet", "the other network", kOne, kRequired},
                 "/properties/remoteVirtualNetwork",
                 Reference,
                 "/virtualNetworks/{}"}),
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
    in_azure({{"--peer-complete-vnets",
               "whether the whole networks are peered (true), or only the subnets that are named",
               kMaybe},
              "/properties/peerCompleteVnets",
              Switch}),
    in_azure({{"--local-subnet-names", "the subnets here that are peered", kMany},
              "/properties/localSubnetNames",
              List}),
    in_azure({{"--remote-subnet-names", "the subnets there that are peered", kMany},
              "/properties/remoteSubnetNames",
              List}),
    in_azure({{"--enable-only-ipv6,--enable-only-ipv6-peering",
               "whether only the IPv6 prefixes of the subnets are peered", kMaybe},
              "/properties/enableOnlyIPv6Peering",
              Switch}),
};
constexpr Column kPeeringColumns[] = {
    kNameColumn,
    {"RemoteVnet", "/properties/remoteVirtualNetwork", kName},
    {"State", "/shown/state"},
    {"SyncLevel", "/properties/peeringSyncLevel", Column::Show::Text, Realm::Azure},
    {"Access", "/shown/access"},
    {"ForwardedTraffic", "/properties/allowForwardedTraffic"},
    {"GatewayTransit", "/properties/allowGatewayTransit"},
    {"RemoteGateways", "/properties/useRemoteGateways"},
};

constexpr Field kRouteTableFields[] = {
    in_azure(
        {{"--disable-bgp-route-propagation", "whether routes of gateways stay out of it", kMaybe},
         "/properties/disableBgpRoutePropagation",
         Switch}),
    kLocationField,
    kTagsField,
};
constexpr Column kRouteTableColumns[] = {
    kNameColumn,
    kGroupColumn,
    kLocationColumn,
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

constexpr Noun kNetworkNouns[] = {
    {"vnet", "virtual networks", "/virtualNetworks/{name}", kVnetFields, kVnetColumns},
    {"vnet subnet", "subnets of a virtual network", "/virtualNetworks/{vnet-name}/subnets/{name}",
     kSubnetFields, kSubnetColumns},
    {"vnet peering",
     "peerings of a virtual network; each side needs its own",
     "/virtualNetworks/{vnet-name}/virtualNetworkPeerings/{name}",
     kPeeringFields,
     kPeeringColumns,
     "{}",
     {},
     &show_peering_access},
    {"route-table", "route tables", "/routeTables/{name}", kRouteTableFields, kRouteTableColumns},
    {"route-table route", "routes of a route table",
     "/routeTables/{route-table-name}/routes/{name}", kRouteFields, kRouteColumns},
    {"group", "resource groups: what Azure's resources stand in", "/resourceGroups/{name}",
     kGroupFields, kGroupColumns, "{}", Realm::Azure},
};

}  // namespace

std::span<const Noun> network_nouns() { return kNetworkNouns; }

}  // namespace isthmus::cli
