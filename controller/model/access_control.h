// Access control lists, their rules, and the tags that rules may name instead of addresses.
#pragma once

#include "controller/model/member.h"

namespace isthmus {

enum class DefaultAction : uint8_t { Permit, Deny };
template <>
inline constexpr auto kNames<DefaultAction> = names("Permit", "Deny");

struct AccessControlList {
  std::optional<DefaultAction> inbound_default;
  std::optional<DefaultAction> outbound_default;
};
template <class V, MaybeConst<AccessControlList> B>
void describe(V& v, B& b) {
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
  enum class Kind : uint8_t { Any, In, VirtualNetwork, Internet };
  Kind kind = Kind::Any;
  net::Prefix prefix;    // In only
  bool is_bare = false;  // written without a length
  friend bool operator==(const AclAddress&, const AclAddress&) = default;
};

struct AclPorts {
  net::PortRange range;
  bool is_star = false;  // written as "*"
  friend bool operator==(const AclPorts&, const AclPorts&) = default;
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
};
template <class V, MaybeConst<AclRule> B>
void describe(V& v, B& b) {
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
