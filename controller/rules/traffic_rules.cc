// Access control rules, routes and service insertions.
#include <fmt/format.h>

#include <array>

#include "controller/model/text.h"
#include "controller/rules/rule.h"

namespace isthmus {
namespace {

constexpr uint32_t kPriorityMax = 65000;  // the reference reserves what lies above

std::optional<Violation> priority_out_of_range(const Proposal& p) {
  const uint32_t priority = p.body<AclRule>().priority;
  if (priority >= 1 && priority <= kPriorityMax) return std::nullopt;
  return Violation{"/properties/priority",
                   fmt::format("{} is not a priority of an access control rule.", priority),
                   fmt::format("Use 1 to {}; the lowest number is evaluated first.", kPriorityMax)};
}

std::optional<Violation> priority_is_taken(const Proposal& p) {
  const AclRule& rule = p.body<AclRule>();
  for (const Resource* other : p.after.below(p.parent().id, Kind::AclRule)) {
    const AclRule& that = other->as<AclRule>();
    if (other->serial == p.now.serial || that.priority != rule.priority || that.type != rule.type)
      continue;
    return Violation{"/properties/priority",
                     fmt::format("The {} rules '{}' and '{}' both have priority {}.",
                                 Text<RuleType>::print(rule.type), p.now.id.name(),
                                 other->id.name(), rule.priority),
                     "Priorities are unique for each direction of a list."};
  }
  return std::nullopt;
}

std::optional<Violation> address_families_differ(const Proposal& p) {
  const AclRule& rule = p.body<AclRule>();
  const bool both =
      rule.source.kind == AclAddress::Kind::In && rule.destination.kind == AclAddress::Kind::In;
  if (!both || rule.source.prefix.family() == rule.destination.prefix.family()) return std::nullopt;
  return Violation{
      "/properties/destinationAddressPrefix",
      fmt::format("{} and {} are of different address families, so rule '{}' matches nothing.",
                  Text<AclAddress>::print(rule.source), Text<AclAddress>::print(rule.destination),
                  p.now.id.name()),
      ""};
}

std::optional<Violation> names_a_tag_of_azure(const Proposal& p) {
  const AclRule& rule = p.body<AclRule>();
  for (const auto& [address, member] :
       {std::pair(&rule.source, "source"), std::pair(&rule.destination, "destination")}) {
    if (address->kind != AclAddress::Kind::Service) continue;
    return Violation{fmt::format("/properties/{}AddressPrefix", member),
                     fmt::format("'{}' is a service tag of Azure, and means nothing on-premises.",
                                 address->service),
                     "Write an address, a prefix, *, VirtualNetwork or Internet."};
  }
  return std::nullopt;
}

constexpr std::array kAclRuleRules = {
    Rule{"a rule names no tag that only Azure has", ErrorCode::InvalidParameterValue,
         &names_a_tag_of_azure},
    Rule{"a priority is in range", ErrorCode::InvalidParameterValue, &priority_out_of_range},
    Rule{"priorities are unique in a list and direction", ErrorCode::InvalidParameterValue,
         &priority_is_taken},
    Rule{"both addresses of a rule are of one family", ErrorCode::InvalidParameterValue,
         &address_families_differ},
};

std::optional<Violation> appliance_without_address(const Proposal& p) {
  const Route& route = p.body<Route>();
  if ((route.next_hop_type == NextHopType::VirtualAppliance) == route.next_hop.has_value())
    return std::nullopt;
  if (!route.next_hop) {
    return Violation{
        "/properties/nextHopIpAddress",
        fmt::format("Route '{}' leads to a VirtualAppliance without an address.", p.now.id.name()),
        "Give nextHopIpAddress."};
  }
  return Violation{
      "/properties/nextHopIpAddress",
      fmt::format("Route '{}' of type {} has the next hop {}.", p.now.id.name(),
                  Text<NextHopType>::print(route.next_hop_type), route.next_hop->to_string()),
      "Only a route of type VirtualAppliance has a next hop."};
}

std::optional<Violation> next_hop_of_another_family(const Proposal& p) {
  const Route& route = p.body<Route>();
  if (!route.next_hop || route.next_hop->family() == route.prefix.family()) return std::nullopt;
  return Violation{"/properties/nextHopIpAddress",
                   fmt::format("The next hop {} is not of the address family of {}.",
                               route.next_hop->to_string(), route.prefix.to_string()),
                   ""};
}

std::optional<Violation> prefix_is_routed_twice(const Proposal& p) {
  for (const Resource* other : p.after.routes_with(p.parent(), p.body<Route>().prefix)) {
    if (other->serial == p.now.serial) continue;
    return Violation{"/properties/addressPrefix",
                     fmt::format("The routes '{}' and '{}' of route table '{}' are both for {}.",
                                 p.now.id.name(), other->id.name(), p.parent().id.name(),
                                 p.body<Route>().prefix.to_string()),
                     "A route table has one route for a prefix."};
  }
  return std::nullopt;
}

constexpr std::array kRouteRules = {
    Rule{"an appliance route, and no other, has a next hop", ErrorCode::InvalidParameterValue,
         &appliance_without_address},
    Rule{"a next hop is of the route's address family", ErrorCode::InvalidParameterValue,
         &next_hop_of_another_family},
    Rule{"a route table has one route for a prefix", ErrorCode::InvalidParameterValue,
         &prefix_is_routed_twice},
};

std::optional<Violation> is_one_route_too_many(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  const size_t count = p.after.count_below(p.parent().id, Kind::Route);
  if (count <= p.limits.routes_per_table) return std::nullopt;
  return Violation{"", fmt::format("Route table {} has {} routes.", p.parent().id.path(), count),
                   fmt::format("A route table has at most {}.", p.limits.routes_per_table)};
}

constexpr std::array kAzureRouteRules =
    joined(kRouteRules, std::array{Rule{"Azure: a route table has no more routes than the limit",
                                        ErrorCode::LimitReached, &is_one_route_too_many}});

std::optional<Violation> ports_run_backwards(const Proposal& p) {
  const ServiceInsertionRule& rule = p.body<ServiceInsertionRule>();
  const bool sources = rule.source_port_start <= rule.source_port_end;
  if (sources && rule.destination_port_start <= rule.destination_port_end) return std::nullopt;
  return Violation{
      sources ? "/properties/destinationPortRangeEnd" : "/properties/sourcePortRangeEnd",
      fmt::format("The ports of service insertion rule '{}' end before they start.",
                  p.now.id.name()),
      ""};
}

constexpr std::array kServiceInsertionRuleRules = {
    Rule{"a range of ports ends after its start", ErrorCode::InvalidParameterValue,
         &ports_run_backwards},
};

}  // namespace

std::span<const Rule> service_insertion_rule_rules() { return kServiceInsertionRuleRules; }
std::span<const Rule> acl_rule_rules() { return kAclRuleRules; }
std::span<const Rule> route_rules() { return kRouteRules; }
std::span<const Rule> azure_route_rules() { return kAzureRouteRules; }

}  // namespace isthmus
