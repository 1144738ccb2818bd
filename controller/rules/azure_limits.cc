#include "controller/rules/azure_limits.h"

#include <fmt/format.h>

#include <vector>

#include "controller/model/networks.h"

namespace isthmus {
namespace {

using Networks = std::vector<const Resource*>;

// All that have addresses in Azure. There are seldom so many that the rest has to be counted.
size_t addresses_at_most(const Model& model) {
  size_t count = 0;
  for (const Kind kind :
       {Kind::IpConfiguration, Kind::FrontendIpConfiguration, Kind::GatewayIpConfiguration})
    count += model.count(kind, Realm::Azure);
  return count;
}

size_t addresses_of(const Model& model, const Resource& network) {
  size_t count = 0;
  model.each_below(network.id, Kind::Subnet, [&](const Resource& subnet) {
    for (const net::Prefix& prefix : prefixes_of(subnet.as<Subnet>()))
      count += model.addresses_between(subnet, prefix.address(), prefix.last());
    return true;
  });
  return count;
}

void add(Networks& networks, const Resource& network) {
  const bool is_there = std::any_of(networks.begin(), networks.end(), [&](const Resource* other) {
    return other->serial == network.serial;
  });
  if (!is_there) networks.push_back(&network);
}

// A network and those that it is peered with.
Networks group_of(const Model& model, const Resource& network) {
  Networks group = {&network};
  for (const Peer& peer : connected_peers(model, network)) add(group, *peer.network);
  return group;
}

std::optional<Violation> exceeds_group(const Proposal& p, const Networks& group) {
  size_t count = 0;
  for (const Resource* network : group) count += addresses_of(p.after, *network);
  if (count <= p.limits.addresses_per_peered_group) return std::nullopt;
  return Violation{
      "",
      fmt::format("Virtual network {} and the networks that it is peered with have {} private IP "
                  "addresses.",
                  group.front()->id.path(), count),
      fmt::format("A network and its peers have at most {}.", p.limits.addresses_per_peered_group)};
}

// The network that an IP configuration is new in; null where there is none.
const Resource* entered_network(const Proposal& p) {
  const ResourceId& subnet = p.body<IpConfiguration>().subnet;
  const bool was_there = p.old != nullptr && p.old_body<IpConfiguration>()->subnet == subnet;
  const Resource* found = subnet.empty() || was_there ? nullptr : p.after.find(subnet);
  return found == nullptr ? nullptr : &network_of(p.after, *found);
}

}  // namespace

size_t count_in_region(const Model& model, const ResourceId& subscription, Kind kind,
                       std::string_view location) {
  size_t count = 0;
  model.each_below(subscription, kind, [&](const Resource& resource) {
    count += location_of(resource) == location;
    return true;
  });
  return count;
}

// Regions are told apart only where there are that many in all of them together.
std::optional<Violation> exceeds(const Proposal& p, const RegionLimit& limit) {
  if (p.old != nullptr) return std::nullopt;
  const uint32_t most = p.limits.*limit.most;
  const ResourceId subscription = p.now.id.ancestor(Kind::Subscription);
  if (p.after.count_below(subscription, limit.kind) <= most ||
      count_in_region(p.after, subscription, limit.kind, location_of(p.now)) <= most)
    return std::nullopt;
  return Violation{"",
                   fmt::format("Cannot create more than {} {} for this subscription in this "
                               "region.",
                               most, limit.plural),
                   ""};
}

std::optional<Violation> fills_a_network(const Proposal& p) {
  if (addresses_at_most(p.after) <= p.limits.addresses_per_network) return std::nullopt;
  const Resource* network = entered_network(p);
  const size_t count = network == nullptr ? 0 : addresses_of(p.after, *network);
  if (count <= p.limits.addresses_per_network) return std::nullopt;
  return Violation{
      "", fmt::format("Virtual network {} has {} private IP addresses.", network->id.path(), count),
      fmt::format("A virtual network has at most {}.", p.limits.addresses_per_network)};
}

std::optional<Violation> fills_a_peered_group(const Proposal& p) {
  if (addresses_at_most(p.after) <= p.limits.addresses_per_peered_group) return std::nullopt;
  const Resource* network = entered_network(p);
  return network == nullptr ? std::nullopt : exceeds_group(p, group_of(p.after, *network));
}

std::optional<Violation> joins_too_many_addresses(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  if (addresses_at_most(p.after) <= p.limits.addresses_per_peered_group) return std::nullopt;
  const Resource& remote = *p.after.find(p.body<Peering>().remote_virtual_network);
  Networks here = group_of(p.after, p.parent());
  add(here, remote);
  if (auto found = exceeds_group(p, here)) return found;
  Networks there = group_of(p.after, remote);
  add(there, p.parent());
  return exceeds_group(p, there);
}

namespace {
constexpr std::array kRouteTableRules = {kRegionRule<Kind::RouteTable>};
constexpr std::array kSecurityGroupRules = {kRegionRule<Kind::AccessControlList>};
}  // namespace

std::span<const Rule> azure_route_table_rules() { return kRouteTableRules; }
std::span<const Rule> azure_security_group_rules() { return kSecurityGroupRules; }

}  // namespace isthmus
