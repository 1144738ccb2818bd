#include "controller/rules/allocation.h"

#include <fmt/format.h>

#include "controller/model/networks.h"

namespace isthmus {
namespace {

constexpr std::string_view kProviderNetwork = "HNVPA";  // decisions: N19, N27

ResourceId provider_network(const Model& model) {
  const Resource* any = nullptr;
  for (const ResourcePtr& network : model.collection(Kind::LogicalNetwork)) {
    if (!network->as<LogicalNetwork>().network_virtualization_enabled) continue;
    if (equal_ignoring_case(network->id.name(), kProviderNetwork)) return network->id;
    if (any == nullptr) any = network.get();
  }
  return any == nullptr ? ResourceId() : any->id;
}

Result<void> allocate_subnet_id(const Model& model, const ResourceId& id, Subnet& subnet) {
  if (subnet.virtual_subnet_id.value() != 0) return {};
  VirtualNetworkManager range;
  for (const ResourcePtr& manager : model.collection(Kind::VirtualNetworkManager)) {
    range = manager->as<VirtualNetworkManager>();
  }
  const auto free = model.first_free_subnet_id(range.subnet_id_start, range.subnet_id_end);
  if (!free) {
    return fail(ErrorCode::PoolExhausted, "",
                fmt::format("No virtual subnet id from {} to {} is free for subnet '{}'.",
                            range.subnet_id_start, range.subnet_id_end, id.name()),
                "Widen virtualSubnetIdRange of /virtualNetworkManager/configuration.");
  }
  subnet.virtual_subnet_id = *free;
  return {};
}

Result<void> allocate_mac(const Model& model, const ResourceId& id, NetworkInterface& nic) {
  if (nic.mac || nic.mac_allocation == Allocation::Static) return {};
  for (const ResourcePtr& pool : model.collection(Kind::MacPool)) {
    nic.mac = model.first_free_mac(pool->as<MacPool>().start, pool->as<MacPool>().end);
    if (nic.mac) return {};
  }
  return fail(ErrorCode::PoolExhausted, "/properties/privateMacAddress",
              fmt::format("No MAC pool has an address left for network interface '{}'.", id.name()),
              "Create a MAC pool, or give privateMacAddress.");
}

std::vector<AddressRange> address_ranges(const Model& model, const Resource& subnet) {
  if (subnet.kind() == Kind::Subnet) return {usable_addresses(subnet.as<Subnet>().prefix)};
  std::vector<AddressRange> ranges;
  for (const Resource* pool : model.below(subnet.id, Kind::IpPool)) {
    ranges.push_back({pool->as<IpPool>().start, pool->as<IpPool>().end});
  }
  return ranges;
}

Result<void> allocate_address(const Model& model, const ResourceId& id, IpConfiguration& ip) {
  const Resource* subnet = ip.subnet.empty() ? nullptr : model.find(ip.subnet);
  if (ip.address || ip.allocation == Allocation::Static || subnet == nullptr) return {};
  for (const auto& [first, last] : address_ranges(model, *subnet)) {
    ip.address = model.first_free_address(*subnet, first, last);
    if (ip.address) return {};
  }
  return fail(ErrorCode::PoolExhausted, "/properties/privateIPAddress",
              fmt::format("Subnet '{}' has no address left for IP configuration '{}'.",
                          subnet->id.path(), id.name()),
              subnet->kind() == Kind::Subnet
                  ? "Delete interfaces, or use another subnet."
                  : "Give the logical subnet an IP pool with free addresses.");
}

}  // namespace

void carry_over(Body& now, const Body& before) {
  if (auto* subnet = std::get_if<Subnet>(&now)) {
    subnet->virtual_subnet_id = std::get<Subnet>(before).virtual_subnet_id;
  } else if (auto* peering = std::get_if<Peering>(&now)) {
    peering->state = std::get<Peering>(before).state;
  } else if (auto* nic = std::get_if<NetworkInterface>(&now)) {
    if (!nic->mac && nic->mac_allocation == Allocation::Dynamic)
      nic->mac = std::get<NetworkInterface>(before).mac;
  } else if (auto* ip = std::get_if<IpConfiguration>(&now)) {
    const IpConfiguration& was = std::get<IpConfiguration>(before);
    const bool stays = ip->subnet == was.subnet && ip->allocation == Allocation::Dynamic;
    if (!ip->address && stays) ip->address = was.address;
  }
}

Result<void> allocate(const Model& model, Resource& resource) {
  if (auto* network = std::get_if<VirtualNetwork>(&resource.body)) {
    if (network->logical_network.empty()) network->logical_network = provider_network(model);
  } else if (auto* subnet = std::get_if<Subnet>(&resource.body)) {
    return allocate_subnet_id(model, resource.id, *subnet);
  } else if (auto* nic = std::get_if<NetworkInterface>(&resource.body)) {
    return allocate_mac(model, resource.id, *nic);
  } else if (auto* ip = std::get_if<IpConfiguration>(&resource.body)) {
    return allocate_address(model, resource.id, *ip);
  }
  return {};
}

uint64_t addresses_in_use(const Model& model, const Resource& ip_pool) {
  const IpPool& pool = ip_pool.as<IpPool>();
  uint64_t count = 0;
  for (const Resource* user : model.ip_configurations(*model.find(ip_pool.id.parent()))) {
    const net::IpAddress address = *user->as<IpConfiguration>().address;
    if (pool.start <= address && address <= pool.end) ++count;
  }
  return count;
}

uint64_t macs_in_use(const Model& model, const Resource& mac_pool) {
  const MacPool& pool = mac_pool.as<MacPool>();
  return model.macs_between(pool.start, pool.end);
}

}  // namespace isthmus
