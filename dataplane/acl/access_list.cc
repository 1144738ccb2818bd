#include "dataplane/acl/access_list.h"

#include <algorithm>
#include <array>
#include <span>
#include <tuple>
#include <utility>

namespace isthmus::dataplane {
namespace {

// `match` is what the other arguments were compiled from; only OneOf needs it.
bool address_matches(AddressMatch::Kind kind, net::Family family, net::Bits128 bits,
                     net::Bits128 mask, const AddressMatch& match, const net::IpAddress& address,
                     const VirtualNetworkRange& virtual_network) {
  switch (kind) {
    case AddressMatch::Kind::Any:
      return true;
    case AddressMatch::Kind::In:
      return address.family() == family && (address.bits() & mask) == bits;
    case AddressMatch::Kind::VirtualNetwork:
      return virtual_network.contains(address);
    case AddressMatch::Kind::Internet:
      return virtual_network.is_internet(address);
    case AddressMatch::Kind::OneOf:
      return std::binary_search(match.addresses.begin(), match.addresses.end(), address);
  }
  return false;
}

bool is_network_tag(AddressMatch::Kind kind) {
  return kind == AddressMatch::Kind::VirtualNetwork || kind == AddressMatch::Kind::Internet;
}

}  // namespace

CompiledAccessList::CompiledAccessList(AccessList list) : source_(std::move(list)) {
  std::vector<uint32_t> order(source_.rules.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [this](uint32_t a, uint32_t b) {
    const AclRule& first = source_.rules[a];
    const AclRule& second = source_.rules[b];
    return std::tie(first.priority, first.tag, a) < std::tie(second.priority, second.tag, b);
  });
  for (const uint32_t index : order) {
    const AclRule& rule = source_.rules[index];
    matchers_[static_cast<size_t>(rule.direction)].push_back(compile(rule, index));
  }
}

CompiledAccessList::Matcher CompiledAccessList::compile(const AclRule& rule, uint32_t index) {
  const net::Prefix& source = rule.source.prefix;
  const net::Prefix& destination = rule.destination.prefix;
  return {.source_bits = source.address().bits(),
          .source_mask = net::Bits128::mask(source.length()),
          .destination_bits = destination.address().bits(),
          .destination_mask = net::Bits128::mask(destination.length()),
          .first_source_port = rule.source_ports.first(),
          .last_source_port = rule.source_ports.last(),
          .first_destination_port = rule.destination_ports.first(),
          .last_destination_port = rule.destination_ports.last(),
          .source_kind = rule.source.kind,
          .destination_kind = rule.destination.kind,
          .source_family = source.family(),
          .destination_family = destination.family(),
          .protocol = rule.protocol ? static_cast<int16_t>(*rule.protocol) : int16_t{-1},
          .names_ports = !rule.source_ports.is_any() || !rule.destination_ports.is_any(),
          .rule = index};
}

bool CompiledAccessList::matches(const Matcher& m, const AclSubject& subject,
                                 const VirtualNetworkRange& virtual_network) const {
  const net::FlowKey& flow = subject.flow;
  if (m.protocol >= 0 && m.protocol != static_cast<int16_t>(flow.protocol)) return false;
  if (m.names_ports) {
    if (!subject.has_ports || !flow.has_ports()) return false;
    if (flow.source_port < m.first_source_port || flow.source_port > m.last_source_port ||
        flow.destination_port < m.first_destination_port ||
        flow.destination_port > m.last_destination_port) {
      return false;
    }
  }
  if (subject.is_source_foreign && is_network_tag(m.source_kind)) return false;
  const AclRule& rule = source_.rules[m.rule];
  return address_matches(m.source_kind, m.source_family, m.source_bits, m.source_mask, rule.source,
                         flow.source, virtual_network) &&
         address_matches(m.destination_kind, m.destination_family, m.destination_bits,
                         m.destination_mask, rule.destination, flow.destination, virtual_network);
}

const AclRule* CompiledAccessList::first_match(Direction direction, const AclSubject& subject,
                                               const VirtualNetworkRange& virtual_network) const {
  for (const Matcher& matcher : matchers_[static_cast<size_t>(direction)]) {
    if (matches(matcher, subject, virtual_network)) return &source_.rules[matcher.rule];
  }
  return nullptr;
}

std::optional<AclAction> CompiledAccessList::default_action(Direction direction) const {
  return direction == Direction::Inbound ? source_.inbound_default : source_.outbound_default;
}

size_t CompiledAccessList::bytes() const {
  return sizeof(*this) + source_.rules.capacity() * sizeof(AclRule) +
         (matchers_[0].capacity() + matchers_[1].capacity()) * sizeof(Matcher);
}

namespace {

struct Level {
  const CompiledAccessList* list;
  AclDecision::By by_rule;
  AclDecision::By by_default;
};

// What the first of these lists that has something to say says: its rules, then its defaults.
AclDecision evaluate(std::span<const Level> levels, Direction direction, const AclSubject& subject,
                     const VirtualNetworkRange& virtual_network) {
  for (const Level& level : levels) {
    if (level.list == nullptr) continue;
    if (const AclRule* rule = level.list->first_match(direction, subject, virtual_network))
      return {rule->action,   level.by_rule,    rule->tag,
              rule->priority, rule->is_default, rule->is_logged};
  }
  for (const Level& level : levels) {
    if (level.list == nullptr) continue;
    if (const auto action = level.list->default_action(direction))
      return {*action, level.by_default, level.list->source().tag, 0};
  }
  return {};
}

}  // namespace

AclDecision evaluate(const CompiledAccessList* interface_list,
                     const CompiledAccessList* subnet_list, Direction direction,
                     const AclSubject& subject, const VirtualNetworkRange& virtual_network,
                     ListOrder order) {
  using By = AclDecision::By;
  std::array levels = {Level{interface_list, By::InterfaceRule, By::InterfaceDefault},
                       Level{subnet_list, By::SubnetRule, By::SubnetDefault}};
  if (order == ListOrder::InterfaceOverridesSubnet)
    return evaluate(levels, direction, subject, virtual_network);
  if (direction == Direction::Inbound) std::swap(levels[0], levels[1]);
  AclDecision decision;
  for (const Level& level : levels) {
    if (level.list == nullptr) continue;
    decision = evaluate(std::span(&level, 1), direction, subject, virtual_network);
    if (decision.action == AclAction::Deny) return decision;
  }
  return decision;
}

}  // namespace isthmus::dataplane
