// Access control lists, their rules, and the tags that rules may name instead of addresses.
#pragma once

#include "controller/model/member.h"

namespace isthmus {

enum class DefaultAction : uint8_t { Permit, Deny };
template <>
inline constexpr auto kNames<DefaultAction> = names("Permit", "Deny");

// In Azure a network security group: its defaults are rules (security_rules.h), and flows that are
// there already end with a change where it says so.
struct AccessControlList {
  std::optional<DefaultAction> inbound_default;
  std::optional<DefaultAction> outbound_default;
  bool flush_connection = false;  // Azure
};
template <class V, MaybeConst<AccessControlList> B>
void describe(V& v, B& b) {
  if (v.realm() == Realm::Azure)
    return v.member("flushConnection", b.flush_connection, Presence::Optional);
  v.member("inboundDefaultAction", b.inbound_default, Presence::Optional);
  v.member("outboundDefaultAction", b.outbound_default, Presence::Optional);
}

enum class RuleAction : uint8_t { Allow, Deny };
template <>
inline constexpr auto kNames<RuleAction> = names("Allow", "Deny");

enum class RuleType : uint8_t { Inbound, Outbound };
template <>
inline constexpr auto kNames<RuleType> = names("Inbound", "Outbound");

enum class RuleProtocol : uint8_t { All, Tcp, Udp, Icmp, Icmpv6, Gre, Esp };
template <>
inline constexpr auto kNames<RuleProtocol> =
    names("All", "TCP", "UDP", "ICMP", "ICMPv6", "GRE", "ESP");

struct AclAddress {
  enum class Kind : uint8_t { Any, In, VirtualNetwork, Internet, Service };
  Kind kind = Kind::Any;
  net::Prefix prefix;        // In only
  bool is_bare = false;      // written without a length
  std::string service = {};  // Service only: another of Azure's service tags, "Storage.WestUS"
  friend bool operator==(const AclAddress&, const AclAddress&) = default;
};

struct AclPorts {
  net::PortRange range;
  bool is_star = false;  // written as "*"
  friend bool operator==(const AclPorts&, const AclPorts&) = default;
};

enum class SecurityProtocol : uint8_t { Any, Tcp, Udp, Icmp, Esp, Ah };
template <>
inline constexpr auto kNames<SecurityProtocol> = names("*", "Tcp", "Udp", "Icmp", "Esp", "Ah");

// What only Azure's security rules have. A list that is not empty stands for the single value.
struct AzureRuleSettings {
  SecurityProtocol protocol = SecurityProtocol::Any;
  std::vector<AclAddress> sources;
  std::vector<AclAddress> destinations;
  std::vector<AclPorts> source_ports;
  std::vector<AclPorts> destination_ports;
};

struct AclRule {
  RuleType type = RuleType::Inbound;
  RuleAction action = RuleAction::Allow;
  RuleProtocol protocol = RuleProtocol::All;
  AclAddress source;
  AclAddress destination;
  std::vector<ResourceId> source_tags;  // where there are any, the address is one that carries one
  std::vector<ResourceId> destination_tags;
  AclPorts source_ports;
  AclPorts destination_ports;
  uint32_t priority = 0;  // the lowest number decides
  Toggle logging = Toggle::Enabled;
  std::string description;
  AzureRuleSettings azure;
};
template <class V, class One, class Several>
void describe_one_or_several(V& v, std::string_view name, One& one, std::string_view names,
                             Several& several) {
  v.member(names, several, Presence::Optional);
  v.member(name, one, several.empty() ? Presence::Required : Presence::Hidden);
}
template <class V, MaybeConst<AclRule> B>
void describe_in_azure(V& v, B& b) {
  auto& azure = b.azure;
  v.member("description", b.description, Presence::Optional);
  v.member("protocol", azure.protocol, Presence::Required);
  describe_one_or_several(v, "sourcePortRange", b.source_ports, "sourcePortRanges",
                          azure.source_ports);
  describe_one_or_several(v, "destinationPortRange", b.destination_ports, "destinationPortRanges",
                          azure.destination_ports);
  describe_one_or_several(v, "sourceAddressPrefix", b.source, "sourceAddressPrefixes",
                          azure.sources);
  describe_one_or_several(v, "destinationAddressPrefix", b.destination,
                          "destinationAddressPrefixes", azure.destinations);
  v.member("access", b.action, Presence::Required);
  v.member("priority", b.priority, Presence::Required);
  v.member("direction", b.type, Presence::Required);
}
template <class V, MaybeConst<AclRule> B>
void describe(V& v, B& b) {
  if (v.realm() == Realm::Azure) return describe_in_azure(v, b);
  v.member("protocol", b.protocol, Presence::Required);
  v.member("sourcePortRange", b.source_ports, Presence::Required);
  v.member("destinationPortRange", b.destination_ports, Presence::Required);
  v.member("action", b.action, Presence::Required);
  v.member("sourceAddressPrefix", b.source, Presence::Required);
  v.member("destinationAddressPrefix", b.destination, Presence::Required);
  v.references("sourceSecurityTags", b.source_tags, Kinds{Kind::SecurityTag}, Shown::IfAny);
  v.references("destinationSecurityTags", b.destination_tags, Kinds{Kind::SecurityTag},
               Shown::IfAny);
  v.member("priority", b.priority, Presence::Required, Spelling::AsText);
  v.member("type", b.type, Presence::Required);
  v.member("logging", b.logging, Presence::Optional);
  v.member("description", b.description, Presence::Optional);
}

// Network interfaces carry tags, and rules judge the addresses of those that do.
struct SecurityTag {
  std::string type;
  ResourceId access_control_list;
};
template <class V, MaybeConst<SecurityTag> B>
void describe(V& v, B& b) {
  v.member("type", b.type, Presence::Optional);
  v.reference("accessControlList", b.access_control_list, Presence::Optional,
              Kinds{Kind::AccessControlList});
}

}  // namespace isthmus
