#include "controller/rules/allocation.h"

#include <fmt/format.h>

#include "controller/model/networks.h"
#include "controller/rules/azure_allocation.h"

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

Result<void> allocate_address(const Model& model, const Resource& owner, const ResourceId& home,
                              Allocation allocation, std::optional<net::IpAddress>& address) {
  const Resource* subnet = home.empty() ? nullptr : model.find(home);
  if (address || allocation == Allocation::Static || subnet == nullptr) return {};
  for (const auto& [first, last] : address_ranges(model, *subnet)) {
    address = model.first_free_address(*subnet, first, last);
    if (address) return {};
  }
  return fail(ErrorCode::PoolExhausted, "/properties/privateIPAddress",
              fmt::format("Subnet '{}' has no address left for {} '{}'.", subnet->id.path(),
                          info(owner.kind()).noun, owner.id.name()),
              subnet->kind() == Kind::Subnet
                  ? "Delete interfaces, or use another subnet."
                  : "Give the logical subnet an IP pool with free addresses.");
}

// From the pools of public logical subnets; none where there is no such pool, as before the first
// load balancer of a real controller is set up.
Result<void> allocate_public_address(const Model& model, const Resource& owner,
                                     PublicIpAddress& b) {
  if (b.address || b.allocation == Allocation::Static) return {};
  bool has_pool = false;
  for (const ResourcePtr& subnet : model.collection(Kind::LogicalSubnet)) {
    if (!subnet->as<LogicalSubnet>().is_public) continue;
    for (const auto& [first, last] : address_ranges(model, *subnet)) {
      if (first.is_v4() != (b.version == IpVersion::IPv4)) continue;
      has_pool = true;
      auto free = model.first_free_address(*subnet, first, last);
      while (free && !model.public_addresses_with(*free).empty()) {
        free =
            *free == last ? std::nullopt : model.first_free_address(*subnet, free->plus(1), last);
      }
      b.address = free;
      if (free) return {};
    }
  }
  if (!has_pool) return {};
  return fail(ErrorCode::PoolExhausted, "/properties/ipAddress",
              fmt::format("No pool of a public logical subnet has an address left for '{}'.",
                          owner.id.name()),
              "Add an IP pool, or give ipAddress.");
}

// What is secret goes no further than here.
void forget(std::string& secret, bool& has_secret) {
  has_secret |= !secret.empty();
  secret.clear();
}

// Azure's public addresses stay what they are; a client that says nothing of a sku keeps it.
void carry_over_in_azure(Resource& resource, const Resource& was) {
  if (auto* address = resource.body.get_if<PublicIpAddress>();
      address != nullptr && address->version == was.as<PublicIpAddress>().version) {
    address->address = was.as<PublicIpAddress>().address;
  }
  if (!has_sku(resource.kind()) || !was.annotations || !resource.annotations) return;
  if (was.annotations->sku == Sku{} || resource.annotations->sku != Sku{}) return;
  Annotations annotations = *resource.annotations;
  annotations.sku = was.annotations->sku;
  resource.annotations = std::make_shared<const Annotations>(std::move(annotations));
}

}  // namespace

void carry_over(Resource& resource, const Resource& was_resource) {
  if (resource.id.realm() == Realm::Azure) carry_over_in_azure(resource, was_resource);
  Body& now = resource.body;
  const Body& before = was_resource.body;
  if (auto* network = now.get_if<VirtualNetwork>()) {
    network->links = before.get<VirtualNetwork>().links;
  } else if (auto* subnet = now.get_if<Subnet>()) {
    subnet->virtual_subnet_id = before.get<Subnet>().virtual_subnet_id;
  } else if (auto* peering = now.get_if<Peering>()) {
    peering->state = before.get<Peering>().state;
    peering->azure.remote_address_space = before.get<Peering>().azure.remote_address_space;
  } else if (auto* nic = now.get_if<NetworkInterface>()) {
    if (!nic->mac && nic->mac_allocation == Allocation::Dynamic)
      nic->mac = before.get<NetworkInterface>().mac;
  } else if (auto* ip = now.get_if<IpConfiguration>()) {
    const IpConfiguration& was = before.get<IpConfiguration>();
    const bool stays = ip->subnet == was.subnet && ip->allocation == Allocation::Dynamic &&
                       ip->azure.version == was.azure.version;
    if (!ip->address && stays) ip->address = was.address;
  } else if (auto* frontend = now.get_if<FrontendIpConfiguration>()) {
    const FrontendIpConfiguration& was = before.get<FrontendIpConfiguration>();
    const bool stays =
        frontend->subnet == was.subnet && frontend->private_allocation == Allocation::Dynamic;
    if (!frontend->private_address && stays) frontend->private_address = was.private_address;
  } else if (auto* address = now.get_if<PublicIpAddress>()) {
    const PublicIpAddress& was = before.get<PublicIpAddress>();
    const bool stays =
        address->allocation == Allocation::Dynamic && address->version == was.version;
    if (!address->address && stays) address->address = was.address;
  } else if (auto* server = now.get_if<Server>()) {
    server->fault = before.get<Server>().fault;
  } else if (auto* virtual_server = now.get_if<VirtualServer>()) {
    virtual_server->fault = before.get<VirtualServer>().fault;
  } else if (auto* credential = now.get_if<Credential>()) {
    const Credential& was = before.get<Credential>();
    if (credential->type == was.type) credential->has_secret = was.has_secret;
  } else if (auto* connection = now.get_if<NetworkConnection>()) {
    const NetworkConnection& was = before.get<NetworkConnection>();
    if (connection->ipsec && was.ipsec)
      connection->ipsec->has_shared_secret = was.ipsec->has_shared_secret;
  } else if (auto* to_site = now.get_if<GatewayConnection>()) {
    to_site->has_shared_key = before.get<GatewayConnection>().has_shared_key;
  }
}

Result<void> allocate(const Model& model, Resource& resource) {
  if (resource.id.realm() == Realm::Azure) {
    if (auto* subnet = resource.body.get_if<Subnet>())
      return allocate_subnet_id(model, resource.id, *subnet);
    return allocate_in_azure(model, resource);
  }
  if (auto* network = resource.body.get_if<VirtualNetwork>()) {
    if (network->logical_network.empty()) network->logical_network = provider_network(model);
  } else if (auto* subnet = resource.body.get_if<Subnet>()) {
    return allocate_subnet_id(model, resource.id, *subnet);
  } else if (auto* nic = resource.body.get_if<NetworkInterface>()) {
    return allocate_mac(model, resource.id, *nic);
  } else if (auto* ip = resource.body.get_if<IpConfiguration>()) {
    return allocate_address(model, resource, ip->subnet, ip->allocation, ip->address);
  } else if (auto* frontend = resource.body.get_if<FrontendIpConfiguration>()) {
    if (!frontend->public_ip_address.empty()) return {};  // that is its address
    return allocate_address(model, resource, frontend->subnet, frontend->private_allocation,
                            frontend->private_address);
  } else if (auto* address = resource.body.get_if<PublicIpAddress>()) {
    return allocate_public_address(model, resource, *address);
  } else if (auto* credential = resource.body.get_if<Credential>()) {
    if (credential->is_secret()) forget(credential->value, credential->has_secret);
  } else if (auto* connection = resource.body.get_if<NetworkConnection>()) {
    for (ConnectionRoute& route : connection->routes) {
      if (route.protocol.empty()) route.protocol = "Static";
    }
    if (connection->ipsec)
      forget(connection->ipsec->shared_secret, connection->ipsec->has_shared_secret);
  }
  return {};
}

uint64_t addresses_in_use(const Model& model, const Resource& ip_pool) {
  const IpPool& pool = ip_pool.as<IpPool>();
  return model.addresses_between(*model.find(ip_pool.id.parent()), pool.start, pool.end);
}

uint64_t macs_in_use(const Model& model, const Resource& mac_pool) {
  const MacPool& pool = mac_pool.as<MacPool>();
  return model.macs_between(pool.start, pool.end);
}

}  // namespace isthmus
