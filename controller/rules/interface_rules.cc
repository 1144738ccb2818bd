// Network interfaces and their IP configurations.
#include <fmt/format.h>

#include <array>

#include "controller/model/networks.h"
#include "controller/rules/rule.h"

namespace isthmus {
namespace {

std::optional<Violation> static_without_mac(const Proposal& p) {
  const NetworkInterface& nic = p.body<NetworkInterface>();
  if (nic.mac_allocation == Allocation::Dynamic || nic.mac) return std::nullopt;
  return Violation{"/properties/privateMacAddress",
                   fmt::format("Network interface '{}' has a Static MAC allocation and no address.",
                               p.now.id.name()),
                   "Give privateMacAddress, or let privateMacAllocationMethod be Dynamic."};
}

std::optional<Violation> mac_is_a_group(const Proposal& p) {
  const auto& mac = p.body<NetworkInterface>().mac;
  if (!mac || (!mac->is_group() && mac->value() != 0)) return std::nullopt;
  return Violation{"/properties/privateMacAddress",
                   fmt::format("{} is not the address of one interface.", mac->compact()),
                   "Use a unicast MAC address."};
}

std::optional<Violation> mac_is_taken(const Proposal& p) {
  const auto& mac = p.body<NetworkInterface>().mac;
  if (!mac) return std::nullopt;
  for (const Resource* other : p.after.interfaces_with(*mac)) {
    if (other->serial == p.now.serial) continue;
    return Violation{"/properties/privateMacAddress",
                     fmt::format("MAC address {} belongs to network interface '{}'.",
                                 mac->compact(), other->id.name()),
                     "Choose another, or leave it out to have one allocated."};
  }
  return std::nullopt;
}

std::optional<Violation> changes_what_is_fixed(const Proposal& p) {
  if (p.old == nullptr) return std::nullopt;
  const NetworkInterface& was = *p.old_body<NetworkInterface>();
  const NetworkInterface& now = p.body<NetworkInterface>();
  const char* member =
      was.is_primary != now.is_primary ? "isPrimary"
      : was.is_host_virtual_network_interface != now.is_host_virtual_network_interface
          ? "isHostVirtualNetworkInterface"
          : nullptr;
  if (member == nullptr) return std::nullopt;
  return Violation{
      fmt::format("/properties/{}", member),
      fmt::format("{} of network interface '{}' cannot change.", member, p.now.id.name()),
      "Delete the interface and create it again."};
}

constexpr std::array kNetworkInterfaceRules = {
    Rule{"a static MAC allocation has an address", ErrorCode::InvalidParameterValue,
         &static_without_mac},
    Rule{"a MAC address is of one interface", ErrorCode::InvalidParameterValue, &mac_is_a_group},
    Rule{"a MAC address is used once", ErrorCode::AddressInUse, &mac_is_taken},
    Rule{"isPrimary and isHostVirtualNetworkInterface never change",
         ErrorCode::InvalidParameterValue, &changes_what_is_fixed},
};

std::optional<Violation> static_without_address(const Proposal& p) {
  const IpConfiguration& ip = p.body<IpConfiguration>();
  if (ip.allocation == Allocation::Dynamic || ip.address) return std::nullopt;
  return Violation{
      "/properties/privateIPAddress",
      fmt::format("IP configuration '{}' has a Static allocation and no address.", p.now.id.name()),
      "Give privateIPAddress, or let privateIPAllocationMethod be Dynamic."};
}

std::optional<Violation> address_without_subnet(const Proposal& p) {
  const IpConfiguration& ip = p.body<IpConfiguration>();
  if (!ip.address || !ip.subnet.empty()) return std::nullopt;
  return Violation{"/properties/subnet",
                   fmt::format("IP configuration '{}' has the address {} in no subnet.",
                               p.now.id.name(), ip.address->to_string()),
                   "Give the subnet that the address belongs to."};
}

std::optional<net::Prefix> prefix_of_subnet(const Proposal& p) {
  const ResourceId& id = p.body<IpConfiguration>().subnet;
  const Resource* subnet = id.empty() ? nullptr : p.after.find(id);
  if (subnet == nullptr) return std::nullopt;
  if (subnet->kind() == Kind::Subnet) return subnet->as<Subnet>().prefix;
  return subnet->as<LogicalSubnet>().prefix;
}

std::optional<Violation> address_outside_subnet(const Proposal& p) {
  const IpConfiguration& ip = p.body<IpConfiguration>();
  const auto prefix = prefix_of_subnet(p);
  if (!ip.address || !prefix || prefix->contains(*ip.address)) return std::nullopt;
  return Violation{"/properties/privateIPAddress",
                   fmt::format("{} lies outside subnet '{}' ({}).", ip.address->to_string(),
                               ip.subnet.name(), prefix->to_string()),
                   ""};
}

std::optional<Violation> address_is_reserved(const Proposal& p) {
  const IpConfiguration& ip = p.body<IpConfiguration>();
  const auto prefix = prefix_of_subnet(p);
  if (!ip.address || !prefix || ip.subnet.kind() != Kind::Subnet ||
      !is_reserved(*prefix, *ip.address)) {
    return std::nullopt;
  }
  const auto [first, last] = usable_addresses(*prefix);
  return Violation{
      "/properties/privateIPAddress",
      fmt::format("{} is reserved in subnet '{}' ({}).", ip.address->to_string(), ip.subnet.name(),
                  prefix->to_string()),
      fmt::format(
          "Use {} to {}: the others are the network, its gateway and its broadcast address.",
          first.to_string(), last.to_string())};
}

std::optional<Violation> address_is_taken(const Proposal& p) {
  const IpConfiguration& ip = p.body<IpConfiguration>();
  const Resource* subnet = ip.subnet.empty() ? nullptr : p.after.find(ip.subnet);
  if (!ip.address || subnet == nullptr) return std::nullopt;
  for (const Resource* user : p.after.users_of_address(*subnet, *ip.address)) {
    if (user->serial == p.now.serial) continue;
    return Violation{"/properties/privateIPAddress",
                     fmt::format("{} in subnet '{}' belongs to {}.", ip.address->to_string(),
                                 ip.subnet.name(), user->id.path()),
                     "Choose another, or leave it out to have one allocated."};
  }
  return std::nullopt;
}

constexpr std::array kIpConfigurationRules = {
    Rule{"a static allocation has an address", ErrorCode::InvalidParameterValue,
         &static_without_address},
    Rule{"an address belongs to a subnet", ErrorCode::InvalidParameterValue,
         &address_without_subnet},
    Rule{"an address lies inside its subnet", ErrorCode::AddressOutsideSubnet,
         &address_outside_subnet},
    Rule{"a reserved address is given to nobody", ErrorCode::AddressReserved, &address_is_reserved},
    Rule{"an address is used once", ErrorCode::AddressInUse, &address_is_taken},
};

}  // namespace

std::span<const Rule> network_interface_rules() { return kNetworkInterfaceRules; }
std::span<const Rule> ip_configuration_rules() { return kIpConfigurationRules; }

}  // namespace isthmus
