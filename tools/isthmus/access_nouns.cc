// What lets packets pass: access control lists on-prem, network security groups in Azure.
#include "tools/isthmus/noun_words.h"

namespace isthmus::cli {
namespace {

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

constexpr Field kNsgFields[] = {kLocationField, kTagsField};
constexpr Column kNsgColumns[] = {
    kNameColumn,
    kGroupColumn,
    kLocationColumn,
    {"Rules", "/properties/securityRules", kCount},
    {"Subnets", "/properties/subnets", kCount},
    {"NetworkInterfaces", "/properties/networkInterfaces", kCount},
    kStateColumn,
};

constexpr Field kNsgRuleFields[] = {
    {{"--priority", "100 to 4096; the lowest number is looked at first", kOne, kRequired},
     "/properties/priority",
     Number},
    {{"--direction", "Inbound (default) or Outbound"}, "/properties/direction"},
    {{"--access", "Allow (default) or Deny"}, "/properties/access"},
    {{"--protocol", "Tcp, Udp, Icmp or * (default)"}, "/properties/protocol"},
    {{"--source-address-prefixes,--source-address-prefix",
      "where from: prefixes, or a tag such as VirtualNetwork; * by default", kMany},
     "/properties/sourceAddressPrefix",
     OneOrMany},
    {{"--source-port-ranges,--source-port-range", "such as 1024-65535; * by default", kMany},
     "/properties/sourcePortRange",
     OneOrMany},
    {{"--destination-address-prefixes,--destination-address-prefix",
      "where to: prefixes, or a tag such as Internet; * by default", kMany},
     "/properties/destinationAddressPrefix",
     OneOrMany},
    {{"--destination-port-ranges,--destination-port-range", "such as 80 443; * by default", kMany},
     "/properties/destinationPortRange",
     OneOrMany},
    {{"--description", "for people"}, "/properties/description"},
};
constexpr Column kNsgRuleColumns[] = {
    kNameColumn,
    {"Priority", "/properties/priority"},
    {"Direction", "/properties/direction"},
    {"Access", "/properties/access"},
    {"Protocol", "/properties/protocol"},
    {"Source", "/properties/sourceAddressPrefix", kOneOrMany},
    {"SourcePorts", "/properties/sourcePortRange", kOneOrMany},
    {"Destination", "/properties/destinationAddressPrefix", kOneOrMany},
    {"DestinationPorts", "/properties/destinationPortRange", kOneOrMany},
};

constexpr Noun kNouns[] = {
    {"acl", "access control lists", "/accessControlLists/{name}", kAclFields, kAclColumns, "{}",
     Realm::Onprem},
    {"acl rule", "rules of an access control list",
     "/accessControlLists/{acl-name}/aclRules/{name}", kAclRuleFields, kAclRuleColumns,
     R"({"type":"Inbound","action":"Allow","protocol":"All","sourceAddressPrefix":"*","sourcePortRange":"*",
         "destinationAddressPrefix":"*","destinationPortRange":"*"})",
     Realm::Onprem},
    {"nsg", "network security groups", "/networkSecurityGroups/{name}", kNsgFields, kNsgColumns,
     "{}", Realm::Azure},
    {"nsg rule", "rules of a network security group",
     "/networkSecurityGroups/{nsg-name}/securityRules/{name}", kNsgRuleFields, kNsgRuleColumns,
     R"({"direction":"Inbound","access":"Allow","protocol":"*","sourceAddressPrefix":"*","sourcePortRange":"*",
         "destinationAddressPrefix":"*","destinationPortRange":"*"})",
     Realm::Azure},
};

}  // namespace

std::span<const Noun> access_nouns() { return kNouns; }

}  // namespace isthmus::cli
