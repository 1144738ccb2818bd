// Logical subnets and the pools that values are allocated from.
#include <fmt/format.h>

#include <array>

#include "controller/model/text.h"
#include "controller/rules/private_address.h"

namespace isthmus {
namespace {

std::optional<Violation> vlan_out_of_range(const Proposal& p) {
  if (p.body<LogicalSubnet>().vlan_id <= 4095) return std::nullopt;
  return Violation{"/properties/vlanID",
                   fmt::format("{} is not a VLAN id.", p.body<LogicalSubnet>().vlan_id),
                   "Use 0 to 4095."};
}

std::optional<Violation> gateway_outside_subnet(const Proposal& p) {
  const LogicalSubnet& subnet = p.body<LogicalSubnet>();
  for (size_t i = 0; subnet.prefix && i < subnet.default_gateways.size(); ++i) {
    if (subnet.prefix->contains(subnet.default_gateways[i])) continue;
    return Violation{fmt::format("/properties/defaultGateways/{}", i),
                     fmt::format("Default gateway {} lies outside logical subnet '{}' ({}).",
                                 subnet.default_gateways[i].to_string(), p.now.id.name(),
                                 subnet.prefix->to_string()),
                     ""};
  }
  return std::nullopt;
}

std::optional<Violation> logical_subnet_overlaps_a_sibling(const Proposal& p) {
  const auto& prefix = p.body<LogicalSubnet>().prefix;
  for (const Resource* sibling : p.after.below(p.parent().id, Kind::LogicalSubnet)) {
    const auto& other = sibling->as<LogicalSubnet>().prefix;
    if (sibling->serial == p.now.serial || !prefix || !other || !prefix->overlaps(*other)) continue;
    return Violation{
        "/properties/addressPrefix",
        fmt::format("Logical subnet '{}' ({}) overlaps logical subnet '{}' ({}).", p.now.id.name(),
                    prefix->to_string(), sibling->id.name(), other->to_string()),
        ""};
  }
  return std::nullopt;
}

std::optional<Violation> leaves_a_pool_outside(const Proposal& p) {
  const auto& prefix = p.body<LogicalSubnet>().prefix;
  for (const Resource* pool : p.after.below(p.now.id, Kind::IpPool)) {
    const IpPool& range = pool->as<IpPool>();
    if (prefix && prefix->contains(range.start) && prefix->contains(range.end)) continue;
    return Violation{"/properties/addressPrefix",
                     fmt::format("IP pool '{}' ({} to {}) would lie outside logical subnet '{}'.",
                                 pool->id.name(), range.start.to_string(), range.end.to_string(),
                                 p.now.id.name()),
                     "Change or delete the pool first."};
  }
  return std::nullopt;
}

std::optional<Violation> leaves_an_address_of_hosts_outside(const Proposal& p) {
  if (p.old == nullptr || p.old_body<LogicalSubnet>()->prefix == p.body<LogicalSubnet>().prefix)
    return std::nullopt;
  return private_address::is_left_outside(p, p.body<LogicalSubnet>().prefix);
}

constexpr std::array kLogicalSubnetRules = {
    Rule{"a VLAN id has 12 bits", ErrorCode::InvalidParameterValue, &vlan_out_of_range},
    Rule{"a default gateway lies inside its logical subnet", ErrorCode::AddressOutsideSubnet,
         &gateway_outside_subnet},
    Rule{"logical subnets of a network do not overlap", ErrorCode::SubnetOverlap,
         &logical_subnet_overlaps_a_sibling},
    Rule{"a logical subnet keeps its pools inside", ErrorCode::AddressOutsideSubnet,
         &leaves_a_pool_outside},
    Rule{"a logical subnet keeps the addresses in use", ErrorCode::ResourceInUse,
         &leaves_an_address_of_hosts_outside},
};

std::optional<Violation> pool_ends_before_it_starts(const Proposal& p) {
  const IpPool& pool = p.body<IpPool>();
  if (pool.start.family() == pool.end.family() && pool.start <= pool.end) return std::nullopt;
  return Violation{"/properties/endIpAddress",
                   fmt::format("IP pool '{}' ends at {}, before its start {}.", p.now.id.name(),
                               pool.end.to_string(), pool.start.to_string()),
                   ""};
}

std::optional<Violation> pool_outside_subnet(const Proposal& p) {
  const auto& prefix = p.parent().as<LogicalSubnet>().prefix;
  const IpPool& pool = p.body<IpPool>();
  if (prefix && prefix->contains(pool.start) && prefix->contains(pool.end)) return std::nullopt;
  return Violation{
      "/properties/startIpAddress",
      fmt::format("IP pool '{}' ({} to {}) lies outside logical subnet '{}' ({}).", p.now.id.name(),
                  pool.start.to_string(), pool.end.to_string(), p.parent().id.name(),
                  prefix ? prefix->to_string() : "which has no prefix"),
      ""};
}

template <class Pool>
std::optional<Violation> overlaps_another_pool(const Proposal& p,
                                               const std::vector<const Resource*>& others,
                                               std::string_view pointer) {
  const Pool& pool = p.body<Pool>();
  for (const Resource* other : others) {
    const Pool& range = other->as<Pool>();
    if (other->serial == p.now.serial || range.end < pool.start || pool.end < range.start) continue;
    return Violation{std::string(pointer),
                     fmt::format("{} '{}' overlaps '{}'.", info(p.now.kind()).noun, p.now.id.name(),
                                 other->id.name()),
                     ""};
  }
  return std::nullopt;
}

std::optional<Violation> ip_pool_overlaps(const Proposal& p) {
  return overlaps_another_pool<IpPool>(p, p.after.below(p.parent().id, Kind::IpPool),
                                       "/properties/startIpAddress");
}

constexpr std::array kIpPoolRules = {
    Rule{"an IP pool ends after its start", ErrorCode::InvalidParameterValue,
         &pool_ends_before_it_starts},
    Rule{"an IP pool lies inside its logical subnet", ErrorCode::AddressOutsideSubnet,
         &pool_outside_subnet},
    Rule{"IP pools do not overlap", ErrorCode::InvalidParameterValue, &ip_pool_overlaps},
};

std::optional<Violation> logical_route_mixes_families(const Proposal& p) {
  const LogicalRoute& route = p.body<LogicalRoute>();
  if (route.destination.family() == route.next_hop.family()) return std::nullopt;
  return Violation{"/properties/nextHop",
                   fmt::format("The next hop {} is of another address family than {}.",
                               route.next_hop.to_string(), route.destination.to_string()),
                   ""};
}

constexpr std::array kLogicalRouteRules = {
    Rule{"a logical route is of one address family", ErrorCode::InvalidParameterValue,
         &logical_route_mixes_families},
};

std::string reserved_at(size_t index) { return fmt::format("/properties/ipAddresses/{}", index); }

std::optional<Violation> reserves_outside_subnet(const Proposal& p) {
  const auto& prefix = p.parent().as<LogicalSubnet>().prefix;
  const auto& addresses = p.body<IpReservation>().addresses;
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (prefix && prefix->contains(addresses[i])) continue;
    return Violation{
        reserved_at(i),
        fmt::format("{} lies outside logical subnet '{}' ({}).", addresses[i].to_string(),
                    p.parent().id.name(), prefix ? prefix->to_string() : "which has no prefix"),
        ""};
  }
  return std::nullopt;
}

std::optional<Violation> reserves_what_is_taken(const Proposal& p) {
  const auto& addresses = p.body<IpReservation>().addresses;
  for (size_t i = 0; i < addresses.size(); ++i) {
    auto taken = private_address::is_taken(p, p.parent().id, addresses[i], reserved_at(i));
    if (taken) return taken;
  }
  return std::nullopt;
}

constexpr std::array kIpReservationRules = {
    Rule{"a reserved address lies inside its logical subnet", ErrorCode::AddressOutsideSubnet,
         &reserves_outside_subnet},
    Rule{"an address that is reserved has no user", ErrorCode::AddressInUse,
         &reserves_what_is_taken},
};

std::optional<Violation> mac_pool_is_backwards(const Proposal& p) {
  const MacPool& pool = p.body<MacPool>();
  if (pool.start <= pool.end && !pool.start.is_group() && !pool.end.is_group()) return std::nullopt;
  return Violation{"/properties/endMacAddress",
                   fmt::format("{} to {} is not a range of unicast MAC addresses.",
                               pool.start.dashed(), pool.end.dashed()),
                   ""};
}

std::optional<Violation> mac_pool_overlaps(const Proposal& p) {
  std::vector<const Resource*> pools;
  for (const ResourcePtr& pool : p.after.collection(Kind::MacPool)) pools.push_back(pool.get());
  return overlaps_another_pool<MacPool>(p, pools, "/properties/startMacAddress");
}

constexpr std::array kMacPoolRules = {
    Rule{"a MAC pool is a range of unicast addresses", ErrorCode::InvalidParameterValue,
         &mac_pool_is_backwards},
    Rule{"MAC pools do not overlap", ErrorCode::InvalidParameterValue, &mac_pool_overlaps},
};

constexpr uint32_t kSubnetIdMin = 4096;  // below lie the VLAN ids
constexpr uint32_t kSubnetIdMax =
    (1u << 24) - 2;  // 24 bits; the last value is reserved, as in NVGRE (RFC 7637)

std::optional<Violation> subnet_id_range_is_impossible(const Proposal& p) {
  const VirtualNetworkManager& manager = p.body<VirtualNetworkManager>();
  if (manager.subnet_id_start >= kSubnetIdMin && manager.subnet_id_end <= kSubnetIdMax &&
      manager.subnet_id_start <= manager.subnet_id_end) {
    return std::nullopt;
  }
  return Violation{"/properties/virtualSubnetIdRange",
                   fmt::format("{} to {} is not a range of virtual subnet ids.",
                               manager.subnet_id_start, manager.subnet_id_end),
                   fmt::format("Use {} to {}.", kSubnetIdMin, kSubnetIdMax)};
}

constexpr std::array kVirtualNetworkManagerRules = {
    Rule{"virtual subnet ids come from a possible range", ErrorCode::InvalidParameterValue,
         &subnet_id_range_is_impossible},
};

}  // namespace

std::span<const Rule> logical_subnet_rules() { return kLogicalSubnetRules; }
std::span<const Rule> logical_route_rules() { return kLogicalRouteRules; }
std::span<const Rule> ip_reservation_rules() { return kIpReservationRules; }
std::span<const Rule> ip_pool_rules() { return kIpPoolRules; }
std::span<const Rule> mac_pool_rules() { return kMacPoolRules; }
std::span<const Rule> virtual_network_manager_rules() { return kVirtualNetworkManagerRules; }

}  // namespace isthmus
