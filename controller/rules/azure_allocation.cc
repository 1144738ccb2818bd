#include "controller/rules/azure_allocation.h"

#include <fmt/format.h>

#include "controller/model/networks.h"
#include "controller/model/references.h"
#include "controller/model/text.h"

namespace isthmus {
namespace {

// Where there is none, from the first prefix of the subnet that has room.
Result<void> allocate_address(const Model& model, const ResourceId& id, const ResourceId& home,
                              IpVersion version, Allocation allocation,
                              std::optional<net::IpAddress>& address) {
  const Resource* subnet = home.empty() ? nullptr : model.find(home);
  if (address || allocation == Allocation::Static || subnet == nullptr) return {};
  const auto family = version == IpVersion::IPv4 ? net::Family::V4 : net::Family::V6;
  const auto prefixes = prefixes_of(subnet->as<Subnet>());
  for (const net::Prefix& prefix : prefixes) {
    if (prefix.family() != family) continue;
    const auto [first, last] = usable_addresses(prefix, Realm::Azure);
    address = model.first_free_address(*subnet, first, last);
    if (address) return {};
  }
  return fail(
      ErrorCode::SubnetIsFull, "/properties/subnet/id",
      fmt::format("Subnet {} with address prefix {} does not have enough capacity for 1 "
                  "{} address for {}.",
                  subnet->id.path(), join(prefixes), Text<IpVersion>::print(version), id.path()),
      "Delete what has one, or use another subnet.");
}

Result<void> allocate_frontend(const Model& model, const ResourceId& id,
                               FrontendIpConfiguration& frontend) {
  if (!frontend.public_ip_address.empty()) return {};
  return allocate_address(model, id, frontend.subnet,
                          frontend.private_version.value_or(IpVersion::IPv4),
                          frontend.private_allocation, frontend.private_address);
}

Result<void> allocate_configuration(const Model& model, const ResourceId& id, IpConfiguration& ip) {
  bool has_primary = false;
  for (const Resource* sibling : model.below(id.parent(), Kind::IpConfiguration))
    has_primary |= sibling->as<IpConfiguration>().azure.is_primary;
  ip.azure.is_primary |= !has_primary;
  return allocate_address(model, id, ip.subnet, ip.azure.version, ip.allocation, ip.address);
}

// Of Microsoft's block 00-0D-3A, as Azure's interfaces have them.
Result<void> allocate_azure_mac(const Model& model, const ResourceId& id, NetworkInterface& nic) {
  if (nic.mac) return {};
  nic.mac =
      model.first_free_mac(*net::Mac::make(0x000D'3A00'0000), *net::Mac::make(0x000D'3AFF'FFFF));
  if (nic.mac) return {};
  return fail(ErrorCode::PoolExhausted, "",
              fmt::format("No MAC address is left for network interface {}.", id.path()));
}

void name_public_address(const Resource& resource, PublicIpAddress& address) {
  auto& dns = address.azure.dns;
  if (!dns) return;
  dns->fqdn = dns->label.empty() ? "" : domain_name(dns->label, location_of(resource));
}

// A gateway that speaks BGP does so from the last address of its subnet.
void settle_bgp(const Model& model, const Resource& resource, VirtualNetworkGateway& gateway) {
  if (gateway.type != AzureGatewayType::Vpn) return;
  if (!gateway.bgp) gateway.bgp.emplace();
  if (gateway.bgp->peering_address) return;
  model.each_below(resource.id, Kind::GatewayIpConfiguration, [&](const Resource& configuration) {
    const Resource* subnet = model.find(configuration.as<GatewayIpConfiguration>().subnet);
    if (subnet != nullptr)
      gateway.bgp->peering_address =
          usable_addresses(subnet->as<Subnet>().prefix, Realm::Azure).last;
    return subnet == nullptr;
  });
}

}  // namespace

std::string domain_name(std::string_view label, std::string_view location) {
  return fmt::format("{}.{}.cloudapp.azure.com", lower_case(label), location);
}

Result<void> settle_public_address(const Model& model, Resource& resource) {
  PublicIpAddress& body = resource.body.get<PublicIpAddress>();
  const bool has_one = body.allocation == Allocation::Static || !model.referrers(resource).empty();
  if (!has_one) body.address.reset();
  if (!has_one || body.address) return {};
  const auto range = *Text<net::Prefix>::parse(
      body.version == IpVersion::IPv4 ? kAzurePublicAddresses4 : kAzurePublicAddresses6);
  const auto [first, last] = usable_addresses(range, Realm::Azure);
  body.address = model.first_free_public_address(first, last);
  if (body.address) return {};
  return fail(
      ErrorCode::PoolExhausted, "",
      fmt::format("No public address of {} is left for {}.", range.to_string(), resource.id.path()),
      "Delete public IP addresses that nothing needs.");
}

Result<void> allocate_in_azure(const Model& model, Resource& resource) {
  if (auto* address = resource.body.get_if<PublicIpAddress>()) {
    name_public_address(resource, *address);
    return settle_public_address(model, resource);
  }
  if (auto* frontend = resource.body.get_if<FrontendIpConfiguration>())
    return allocate_frontend(model, resource.id, *frontend);
  if (auto* nic = resource.body.get_if<NetworkInterface>())
    return allocate_azure_mac(model, resource.id, *nic);
  if (auto* ip = resource.body.get_if<IpConfiguration>())
    return allocate_configuration(model, resource.id, *ip);
  if (auto* gateway = resource.body.get_if<VirtualNetworkGateway>()) {
    settle_bgp(model, resource, *gateway);
  } else if (auto* connection = resource.body.get_if<GatewayConnection>()) {
    connection->has_shared_key |= !connection->shared_key.empty();
    connection->shared_key.clear();
  }
  return {};
}

std::vector<ResourceId> public_addresses_of(const Resource& resource) {
  std::vector<ResourceId> found;
  for_each_reference(resource.id.realm(), resource.body,
                     [&found](const ResourceId& id, const ReferenceMember&) {
                       if (id.kind() == Kind::PublicIpAddress) found.push_back(id);
                     });
  return found;
}

}  // namespace isthmus
