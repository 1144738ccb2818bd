// Network interfaces, and what hosts and addresses come from on-prem.
#include "tools/isthmus/noun_words.h"

namespace isthmus::cli {
namespace {

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
    on_prem({{"--mac", "its MAC address; one of the controller's pool by default"},
             "/properties/privateMacAddress",
             Text,
             {},
             "/properties/privateMacAllocationMethod",
             "Static"}),
    on_prem({{"--ip-forwarding,--forwarding", "whether it may send what others sent: an appliance",
              kMaybe},
             "/properties/portSettings/macSpoofingEnabled",
             Enabled}),
    in_azure(
        {{"--ip-forwarding,--forwarding", {}, kMaybe}, "/properties/enableIPForwarding", Switch}),
    on_prem({{"--acl,--access-control-list", "an access control list; \"\" for none"},
             "/properties/ipConfigurations/0/properties/accessControlList",
             Reference,
             "/accessControlLists/{}"}),
    in_azure({{"--nsg,--network-security-group", "a network security group; \"\" for none"},
              "/properties/networkSecurityGroup",
              Reference,
              "/networkSecurityGroups/{}"}),
    kLocationField,
    kTagsField,
};
constexpr Column kNicColumns[] = {
    kNameColumn,
    kGroupColumn,
    {"Address", "/properties/ipConfigurations/0/properties/privateIPAddress"},
    {"Subnet", "/properties/ipConfigurations/0/properties/subnet", Column::Show::Path},
    {"Mac", "/properties/privateMacAddress", Column::Show::Text, Realm::Onprem},
    {"Mac", "/properties/macAddress", Column::Show::Text, Realm::Azure},
    {"Acl", "/properties/ipConfigurations/0/properties/accessControlList", kName, Realm::Onprem},
    {"Nsg", "/properties/networkSecurityGroup", kName, Realm::Azure},
    {"Forwarding", "/properties/portSettings/macSpoofingEnabled", Column::Show::Text,
     Realm::Onprem},
    {"Forwarding", "/properties/enableIPForwarding", Column::Show::Text, Realm::Azure},
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
    {"nic", "network interfaces", "/networkInterfaces/{name}", kNicFields, kNicColumns,
     R"({"ipConfigurations":[{"@name":"ipconfig1","properties":{"privateIPAllocationMethod":"Dynamic"}}]})"},
    {"logical-network", "logical networks: what the hosts are wired to", "/logicalNetworks/{name}",
     kLogicalNetworkFields, kLogicalNetworkColumns, "{}", Realm::Onprem},
    {"logical-network subnet", "subnets of a logical network",
     "/logicalNetworks/{logical-network-name}/subnets/{name}", kLogicalSubnetFields,
     kLogicalSubnetColumns, "{}", Realm::Onprem},
    {"logical-network ip-pool", "address pools of a logical subnet",
     "/logicalNetworks/{logical-network-name}/subnets/{subnet-name}/ipPools/{name}", kIpPoolFields,
     kIpPoolColumns, "{}", Realm::Onprem},
    {"mac-pool", "pools that MAC addresses are taken from", "/macPools/{name}", kMacPoolFields,
     kMacPoolColumns, "{}", Realm::Onprem},
};

}  // namespace

std::span<const Noun> interface_nouns() { return kNouns; }

}  // namespace isthmus::cli
