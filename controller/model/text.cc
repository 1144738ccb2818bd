#include "controller/model/text.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace isthmus {
namespace {

template <class E>
struct Name {
  E value;
  std::string_view text;
};

constexpr std::array kAllocations = {Name<Allocation>{Allocation::Static, "Static"},
                                     Name<Allocation>{Allocation::Dynamic, "Dynamic"}};
constexpr std::array kToggles = {Name<Toggle>{Toggle::Enabled, "Enabled"},
                                 Name<Toggle>{Toggle::Disabled, "Disabled"}};
constexpr std::array kDistributedRouters = {
    Name<DistributedRouter>{DistributedRouter::Enable, "Enable"},
    Name<DistributedRouter>{DistributedRouter::Disable, "Disable"}};
constexpr std::array kEncapsulations = {Name<Encapsulation>{Encapsulation::Vxlan, "VXLAN"},
                                        Name<Encapsulation>{Encapsulation::Nvgre, "NVGRE"}};
constexpr std::array kDefaultActions = {Name<DefaultAction>{DefaultAction::Permit, "Permit"},
                                        Name<DefaultAction>{DefaultAction::Deny, "Deny"}};
constexpr std::array kRuleActions = {Name<RuleAction>{RuleAction::Allow, "Allow"},
                                     Name<RuleAction>{RuleAction::Deny, "Deny"}};
constexpr std::array kRuleTypes = {Name<RuleType>{RuleType::Inbound, "Inbound"},
                                   Name<RuleType>{RuleType::Outbound, "Outbound"}};
constexpr std::array kRuleProtocols = {Name<RuleProtocol>{RuleProtocol::All, "All"},
                                       Name<RuleProtocol>{RuleProtocol::Tcp, "TCP"},
                                       Name<RuleProtocol>{RuleProtocol::Udp, "UDP"},
                                       Name<RuleProtocol>{RuleProtocol::Icmp, "ICMP"},
                                       Name<RuleProtocol>{RuleProtocol::Icmpv6, "ICMPv6"},
                                       Name<RuleProtocol>{RuleProtocol::Gre, "GRE"},
                                       Name<RuleProtocol>{RuleProtocol::Esp, "ESP"}};
constexpr std::array kNextHopTypes = {
    Name<NextHopType>{NextHopType::VirtualAppliance, "VirtualAppliance"},
    Name<NextHopType>{NextHopType::VnetLocal, "VnetLocal"},
    Name<NextHopType>{NextHopType::VirtualNetworkGateway, "VirtualNetworkGateway"},
    Name<NextHopType>{NextHopType::Internet, "Internet"},
    Name<NextHopType>{NextHopType::None, "None"}};
constexpr std::array kPeeringStates = {
    Name<PeeringState>{PeeringState::Initiated, "Initiated"},
    Name<PeeringState>{PeeringState::Connected, "Connected"},
    Name<PeeringState>{PeeringState::Disconnected, "Disconnected"}};

template <class E, size_t N>
std::string print_name(const std::array<Name<E>, N>& names, E value) {
  for (const auto& name : names) {
    if (name.value == value) return std::string(name.text);
  }
  return {};
}

template <class E, size_t N>
Parsed<E> parse_name(const std::array<Name<E>, N>& names, std::string_view text) {
  std::string legal;
  for (const auto& name : names) {
    if (equal_ignoring_case(name.text, text)) return name.value;
    legal += (legal.empty() ? "" : ", ") + std::string(name.text);
  }
  return tl::unexpected("use one of " + legal);
}

}  // namespace

#define ISTHMUS_ENUM_TEXT(Type, names)                                                  \
  std::string Text<Type>::print(const Type& value) { return print_name(names, value); } \
  Parsed<Type> Text<Type>::parse(std::string_view text) { return parse_name(names, text); }

ISTHMUS_ENUM_TEXT(Allocation, kAllocations)
ISTHMUS_ENUM_TEXT(Toggle, kToggles)
ISTHMUS_ENUM_TEXT(DistributedRouter, kDistributedRouters)
ISTHMUS_ENUM_TEXT(Encapsulation, kEncapsulations)
ISTHMUS_ENUM_TEXT(DefaultAction, kDefaultActions)
ISTHMUS_ENUM_TEXT(RuleAction, kRuleActions)
ISTHMUS_ENUM_TEXT(RuleType, kRuleTypes)
ISTHMUS_ENUM_TEXT(RuleProtocol, kRuleProtocols)
ISTHMUS_ENUM_TEXT(NextHopType, kNextHopTypes)
ISTHMUS_ENUM_TEXT(PeeringState, kPeeringStates)
#undef ISTHMUS_ENUM_TEXT

std::string Text<std::string>::print(const std::string& value) { return value; }
Parsed<std::string> Text<std::string>::parse(std::string_view text) { return std::string(text); }

std::string Text<net::IpAddress>::print(const net::IpAddress& value) { return value.to_string(); }
Parsed<net::IpAddress> Text<net::IpAddress>::parse(std::string_view text) {
  if (const auto address = net::IpAddress::parse(text)) return *address;
  return tl::unexpected(std::string("write an IPv4 or IPv6 address such as 10.0.0.4 or fd00::4"));
}

std::string Text<net::Prefix>::print(const net::Prefix& value) { return value.to_string(); }
Parsed<net::Prefix> Text<net::Prefix>::parse(std::string_view text) {
  const auto cidr = net::parse_cidr(text);
  if (!cidr) return tl::unexpected(std::string("write a prefix such as 10.0.0.0/16 or fd00::/64"));
  if (const auto prefix = net::Prefix::make(cidr->address, cidr->length)) return *prefix;
  return tl::unexpected(
      fmt::format("host bits are set; write {}",
                  net::Prefix::containing(cidr->address, cidr->length).to_string()));
}

std::string Text<net::Mac>::print(const net::Mac& value, MacStyle style) {
  return style == MacStyle::Compact ? value.compact() : value.dashed();
}
Parsed<net::Mac> Text<net::Mac>::parse(std::string_view text) {
  if (const auto mac = net::Mac::parse(text)) return *mac;
  return tl::unexpected(
      std::string("write 12 hexadecimal digits such as 001DD8B70601 or 00-1D-D8-B7-06-01"));
}

std::string Text<net::Vni>::print(const net::Vni& value) { return std::to_string(value.value()); }
Parsed<net::Vni> Text<net::Vni>::parse(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto vni = net::Vni::make(value);
  if (error != std::errc{} || end != text.data() + text.size() || !vni) {
    return tl::unexpected(std::string("write a number from 0 to 16777215"));
  }
  return *vni;
}

std::string Text<AclAddress>::print(const AclAddress& value) {
  switch (value.kind) {
    case AclAddress::Kind::Any:
      return "*";
    case AclAddress::Kind::In:
      return value.is_bare ? value.prefix.address().to_string() : value.prefix.to_string();
    case AclAddress::Kind::VirtualNetwork:
      return "VirtualNetwork";
    case AclAddress::Kind::Internet:
      return "Internet";
  }
  return {};
}
Parsed<AclAddress> Text<AclAddress>::parse(std::string_view text) {
  if (text == "*") return AclAddress{};
  if (equal_ignoring_case(text, "Any")) return AclAddress{};
  if (equal_ignoring_case(text, "VirtualNetwork"))
    return AclAddress{AclAddress::Kind::VirtualNetwork, {}, false};
  if (equal_ignoring_case(text, "Internet"))
    return AclAddress{AclAddress::Kind::Internet, {}, false};
  if (const auto address = net::IpAddress::parse(text)) {
    return AclAddress{AclAddress::Kind::In, net::Prefix::host(*address), true};
  }
  const auto prefix = Text<net::Prefix>::parse(text);
  if (prefix) return AclAddress{AclAddress::Kind::In, *prefix, false};
  if (net::parse_cidr(text)) return tl::unexpected(prefix.error());
  return tl::unexpected(std::string("write an address, a prefix, *, VirtualNetwork or Internet"));
}

std::string Text<AclPorts>::print(const AclPorts& value) {
  return value.is_star ? "*" : value.range.to_string();
}
Parsed<AclPorts> Text<AclPorts>::parse(std::string_view text) {
  if (const auto range = net::PortRange::parse(text)) return AclPorts{*range, text == "*"};
  return tl::unexpected(std::string("write a port, a range such as 1000-2000, or *"));
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kShown = 100;
  std::string out = "'";
  for (char c : text.substr(0, kShown)) out += c >= 32 && c < 127 ? c : '?';
  out += text.size() > kShown ? "...'" : "'";
  return out;
}

}  // namespace isthmus
