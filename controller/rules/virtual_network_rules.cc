// Virtual networks and their subnets.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controller/model/networks.h"
#include "controller/model/text.h"
#include "controller/rules/private_address.h"

namespace isthmus {
namespace {

constexpr std::string_view kPrefixes = "/properties/addressSpace/addressPrefixes";

std::string at(std::string_view list, size_t index) { return fmt::format("{}/{}", list, index); }

std::optional<Violation> has_no_prefix(const Proposal& p) {
  if (!p.body<VirtualNetwork>().address_space.empty()) return std::nullopt;
  return Violation{std::string(kPrefixes),
                   fmt::format("Virtual network '{}' has no address prefix.", p.now.id.name()),
                   "Give at least one, such as 10.0.0.0/16."};
}

std::optional<Violation> has_too_many_prefixes(const Proposal& p) {
  const size_t count = p.body<VirtualNetwork>().address_space.size();
  if (count <= p.limits.prefixes_per_network) return std::nullopt;
  return Violation{
      std::string(kPrefixes),
      fmt::format("{} address prefixes are more than the {} that a virtual network may have.",
                  count, p.limits.prefixes_per_network),
      "The limit is the setting prefixes-per-network."};
}

std::optional<Violation> prefixes_overlap(const Proposal& p) {
  const auto& space = p.body<VirtualNetwork>().address_space;
  const auto both = overlap_within(space);
  if (!both) return std::nullopt;
  return Violation{
      at(kPrefixes, both->second),
      fmt::format("The prefixes {} and {} of virtual network '{}' overlap.",
                  space[both->first].to_string(), space[both->second].to_string(), p.now.id.name()),
      "Leave out one of the two."};
}

std::string list_peerings_to_delete(const Model& model, const Resource& network) {
  std::string text;
  size_t listed = 0;
  for (const Resource* peering : model.below(network.id, Kind::Peering)) {
    if (++listed > 5) return text + " and others";
    text += (text.empty() ? "" : ", ") + peering->id.path();
    if (const Resource* there = other_side(model, *peering)) text += ", " + there->id.path();
  }
  return text;
}

std::optional<Violation> changes_a_locked_address_space(const Proposal& p) {
  if (p.old == nullptr || p.before.count_below(p.old->id, Kind::Peering) == 0) return std::nullopt;
  std::vector<net::Prefix> was = p.old_body<VirtualNetwork>()->address_space;
  std::vector<net::Prefix> now = p.body<VirtualNetwork>().address_space;
  std::sort(was.begin(), was.end());
  std::sort(now.begin(), now.end());
  if (was == now) return std::nullopt;
  std::vector<net::Prefix> added;
  std::vector<net::Prefix> removed;
  std::set_difference(now.begin(), now.end(), was.begin(), was.end(), std::back_inserter(added));
  std::set_difference(was.begin(), was.end(), now.begin(), now.end(), std::back_inserter(removed));
  const std::string what = added.empty() ? fmt::format("remove {}", join(removed))
                           : removed.empty()
                               ? fmt::format("add {}", join(added))
                               : fmt::format("replace {} by {}", join(removed), join(added));
  return Violation{std::string(kPrefixes),
                   fmt::format("Virtual network '{}' is peered, so its address space cannot {}.",
                               p.now.id.name(), what),
                   fmt::format("Delete both sides of its peerings ({}), change the address space, "
                               "and create them again.",
                               list_peerings_to_delete(p.before, *p.old))};
}

bool inside(const std::vector<net::Prefix>& space, net::Prefix prefix) {
  return std::any_of(space.begin(), space.end(),
                     [&](net::Prefix outer) { return outer.contains(prefix); });
}

// A subnet that this change brings or moves is judged by its own rule, which points at it.
std::optional<Violation> leaves_a_subnet_outside(const Proposal& p) {
  for (const Resource* subnet : p.after.below(p.now.id, Kind::Subnet)) {
    const net::Prefix prefix = subnet->as<Subnet>().prefix;
    const Resource* was = p.before.find(subnet->id);
    const bool stays = was != nullptr && was->as<Subnet>().prefix == prefix;
    if (!stays || inside(p.body<VirtualNetwork>().address_space, prefix)) continue;
    return Violation{
        std::string(kPrefixes),
        fmt::format("Subnet '{}' ({}) lies outside the address space {} of virtual network '{}'.",
                    subnet->id.name(), prefix.to_string(),
                    join(p.body<VirtualNetwork>().address_space), p.now.id.name()),
        "Keep a prefix that contains it, or delete the subnet first."};
  }
  return std::nullopt;
}

std::optional<Violation> rides_on_a_network_without_virtualization(const Proposal& p) {
  const ResourceId& id = p.body<VirtualNetwork>().logical_network;
  const Resource* logical = id.empty() ? nullptr : p.after.find(id);
  if (logical == nullptr || logical->as<LogicalNetwork>().network_virtualization_enabled)
    return std::nullopt;
  return Violation{"/properties/logicalNetwork",
                   fmt::format("Logical network '{}' does not carry virtual networks.", id.name()),
                   "Name one whose networkVirtualizationEnabled is True."};
}

constexpr std::array kVirtualNetworkRules = {
    Rule{"a network has an address prefix", ErrorCode::InvalidParameterValue, &has_no_prefix},
    Rule{"a network has no more prefixes than the limit", ErrorCode::LimitReached,
         &has_too_many_prefixes},
    Rule{"the prefixes of a network do not overlap", ErrorCode::InvalidParameterValue,
         &prefixes_overlap},
    Rule{"the address space of a peered network does not change",
         ErrorCode::AddressSpaceLockedByPeering, &changes_a_locked_address_space},
    Rule{"subnets stay inside the address space", ErrorCode::SubnetOutsideAddressSpace,
         &leaves_a_subnet_outside},
    Rule{"the logical network carries virtual networks", ErrorCode::InvalidParameterValue,
         &rides_on_a_network_without_virtualization},
};

// Decisions, N23: /1 to /29 in IPv4, /8 to /126 in IPv6.
std::optional<Violation> is_too_small_or_too_large(const Proposal& p) {
  const net::Prefix prefix = p.body<Subnet>().prefix;
  const bool v4 = prefix.family() == net::Family::V4;
  const int shortest = v4 ? 1 : 8;
  const int longest = v4 ? 29 : 126;
  if (prefix.length() >= shortest && prefix.length() <= longest) return std::nullopt;
  return Violation{
      "/properties/addressPrefix",
      fmt::format("{} is not a possible prefix of subnet '{}'.", prefix.to_string(),
                  p.now.id.name()),
      fmt::format("An {} subnet is a /{} to a /{}.", v4 ? "IPv4" : "IPv6", shortest, longest)};
}

std::optional<Violation> is_outside_the_address_space(const Proposal& p) {
  const auto& space = p.parent().as<VirtualNetwork>().address_space;
  if (inside(space, p.body<Subnet>().prefix)) return std::nullopt;
  return Violation{
      "/properties/addressPrefix",
      fmt::format("Subnet '{}' ({}) lies outside the address space {} of virtual network '{}'.",
                  p.now.id.name(), p.body<Subnet>().prefix.to_string(), join(space),
                  p.parent().id.name()),
      "Choose a prefix inside it, or add one to the network."};
}

std::optional<Violation> overlaps_a_sibling(const Proposal& p) {
  for (const Resource* sibling : p.after.below(p.parent().id, Kind::Subnet)) {
    if (sibling->serial == p.now.serial) continue;
    if (!sibling->as<Subnet>().prefix.overlaps(p.body<Subnet>().prefix)) continue;
    return Violation{
        "/properties/addressPrefix",
        fmt::format("Subnet '{}' ({}) overlaps subnet '{}' ({}) of virtual network '{}'.",
                    p.now.id.name(), p.body<Subnet>().prefix.to_string(), sibling->id.name(),
                    sibling->as<Subnet>().prefix.to_string(), p.parent().id.name()),
        ""};
  }
  return std::nullopt;
}

std::optional<Violation> leaves_an_address_outside(const Proposal& p) {
  if (p.old == nullptr || p.old_body<Subnet>()->prefix == p.body<Subnet>().prefix)
    return std::nullopt;
  return private_address::is_left_outside(p, p.body<Subnet>().prefix);
}

std::optional<Violation> has_a_strange_dual_stack_sibling(const Proposal& p) {
  const ResourceId& id = p.body<Subnet>().dual_stack_subnet;
  const Resource* sibling = id.empty() ? nullptr : p.after.find(id);
  if (sibling == nullptr) return std::nullopt;
  if (sibling->id.parent() == p.parent().id &&
      sibling->as<Subnet>().prefix.family() != p.body<Subnet>().prefix.family()) {
    return std::nullopt;
  }
  return Violation{
      "/properties/dualStackSubnet",
      fmt::format("{} is not a subnet of the same network with the other address family.",
                  id.path()),
      ""};
}

constexpr std::array kSubnetRules = {
    Rule{"a subnet has a possible size", ErrorCode::InvalidParameterValue,
         &is_too_small_or_too_large},
    Rule{"a subnet lies inside the address space", ErrorCode::SubnetOutsideAddressSpace,
         &is_outside_the_address_space},
    Rule{"subnets of a network do not overlap", ErrorCode::SubnetOverlap, &overlaps_a_sibling},
    Rule{"a subnet keeps the addresses in use", ErrorCode::ResourceInUse,
         &leaves_an_address_outside},
    Rule{"a dual-stack sibling is of the same network and the other family",
         ErrorCode::InvalidParameterValue, &has_a_strange_dual_stack_sibling},
};

}  // namespace

std::span<const Rule> virtual_network_rules() { return kVirtualNetworkRules; }
std::span<const Rule> subnet_rules() { return kSubnetRules; }

}  // namespace isthmus
