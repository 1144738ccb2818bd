// Security rules as Azure judges them.
#include <fmt/format.h>

#include <array>

#include "controller/model/security_rules.h"
#include "controller/model/text.h"
#include "controller/rules/rule.h"

namespace isthmus {
namespace {

constexpr uint32_t kPriorityMin = 100;
constexpr uint32_t kPriorityMax = 4096;

std::optional<Violation> priority_out_of_range(const Proposal& p) {
  const uint32_t priority = p.body<AclRule>().priority;
  if (priority >= kPriorityMin && priority <= kPriorityMax) return std::nullopt;
  return Violation{"/properties/priority",
                   fmt::format("Security rule has invalid Priority. Value provided: {} Allowed "
                               "range {}-{}.",
                               priority, kPriorityMin, kPriorityMax),
                   ""};
}

std::optional<Violation> conflicts_with_another(const Proposal& p) {
  const AclRule& rule = p.body<AclRule>();
  for (const Resource* other : p.after.below(p.parent().id, Kind::AclRule)) {
    const AclRule& that = other->as<AclRule>();
    if (other->serial == p.now.serial || that.priority != rule.priority || that.type != rule.type)
      continue;
    return Violation{"/properties/priority",
                     fmt::format("Security rule {} conflicts with rule {}. Rules cannot have the "
                                 "same Priority and Direction. To learn more, see "
                                 "aka.ms/nsgrules.",
                                 p.now.id.name(), other->id.name()),
                     ""};
  }
  return std::nullopt;
}

// The first address, as prefixes go, of each side.
const AclAddress* first_prefix(const std::vector<AclAddress>& addresses) {
  for (const AclAddress& address : addresses) {
    if (address.kind == AclAddress::Kind::In) return &address;
  }
  return nullptr;
}

std::optional<Violation> mixes_address_families(const Proposal& p) {
  const auto sources = sources_of(p.body<AclRule>());
  const auto destinations = destinations_of(p.body<AclRule>());
  const AclAddress* source = first_prefix(sources);
  const AclAddress* destination = first_prefix(destinations);
  const AclAddress* any = source != nullptr ? source : destination;
  if (any == nullptr) return std::nullopt;
  for (const auto& [side, member] :
       {std::pair(&sources, "source"), std::pair(&destinations, "destination")}) {
    for (const AclAddress& address : *side) {
      if (address.kind != AclAddress::Kind::In || address.prefix.family() == any->prefix.family())
        continue;
      return Violation{fmt::format("/properties/{}AddressPrefix", member),
                       fmt::format("Security rule {} has addresses of both families: {} and {}.",
                                   p.now.id.name(), Text<AclAddress>::print(*any),
                                   Text<AclAddress>::print(address)),
                       "Write a rule for each family."};
    }
  }
  return std::nullopt;
}

std::optional<Violation> is_one_too_many(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  const size_t count = p.after.count_below(p.parent().id, Kind::AclRule);
  if (count <= p.limits.rules_per_security_group) return std::nullopt;
  return Violation{
      "", fmt::format("Network security group {} has {} rules.", p.parent().id.path(), count),
      fmt::format("A group has at most {}.", p.limits.rules_per_security_group)};
}

std::optional<Violation> has_too_many_addresses(const Proposal& p) {
  const AclRule& rule = p.body<AclRule>();
  for (const auto& [addresses, member] :
       {std::pair(sources_of(rule), "source"), std::pair(destinations_of(rule), "destination")}) {
    if (addresses.size() <= p.limits.prefixes_per_rule) continue;
    return Violation{fmt::format("/properties/{}AddressPrefixes", member),
                     fmt::format("Security rule {} has {} {} addresses.", p.now.id.path(),
                                 addresses.size(), member),
                     fmt::format("A side of a rule has at most {}.", p.limits.prefixes_per_rule)};
  }
  return std::nullopt;
}

constexpr std::array kAzureSecurityRuleRules = {
    Rule{"Azure: a security rule has a possible priority", ErrorCode::SecurityRuleInvalidPriority,
         &priority_out_of_range},
    Rule{"Azure: two rules do not have the same priority and direction",
         ErrorCode::SecurityRuleConflict, &conflicts_with_another},
    Rule{"Azure: the addresses of a security rule are of one family",
         ErrorCode::SecurityRuleInvalidAddressPrefix, &mixes_address_families},
    Rule{"Azure: a security group has no more rules than the limit", ErrorCode::LimitReached,
         &is_one_too_many},
    Rule{"Azure: a side of a security rule has no more addresses than the limit",
         ErrorCode::LimitReached, &has_too_many_addresses},
};

}  // namespace

std::span<const Rule> azure_security_rule_rules() { return kAzureSecurityRuleRules; }

}  // namespace isthmus
