// Network interfaces and their IP configurations.
#include <fmt/format.h>

#include <array>

#include "controller/rules/private_address.h"

namespace isthmus {
namespace private_address {

std::optional<net::Prefix> prefix_of(const Model& model, const ResourceId& subnet) {
  const Resource* found = subnet.empty() ? nullptr : model.find(subnet);
  if (found == nullptr) return std::nullopt;
  if (found->kind() == Kind::Subnet) return found->as<Subnet>().prefix;
  return found->as<LogicalSubnet>().prefix;
}

std::optional<Violation> is_taken(const Proposal& p, const ResourceId& subnet,
                                  const net::IpAddress& address, std::string_view pointer) {
  const Resource* home = p.after.find(subnet);
  if (home == nullptr) return std::nullopt;
  for (const Resource* user : p.after.users_of_address(*home, address)) {
    if (user->serial == p.now.serial) continue;
    return Violation{std::string(pointer),
                     fmt::format("{} in subnet '{}' belongs to {}.", address.to_string(),
                                 subnet.name(), user->id.path()),
                     "Choose another, or leave it out to have one allocated."};
  }
  return std::nullopt;
}

std::optional<Violation> is_left_outside(const Proposal& subnet,
                                         const std::optional<net::Prefix>& prefix) {
  for (const auto& [address, user] : subnet.after.addresses_in(subnet.now)) {
    if (prefix && prefix->contains(address)) continue;
    return Violation{
        "/properties/addressPrefix",
        fmt::format("{} of {} would lie outside {} '{}' ({}).", address.to_string(),
                    user->id.path(), info(subnet.now.kind()).noun, subnet.now.id.name(),
                    prefix ? prefix->to_string() : "without a prefix"),
        fmt::format("Delete or move the {} first.", info(user->kind()).noun)};
  }
  return std::nullopt;
}

}  // namespace private_address

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

}  // namespace

std::span<const Rule> network_interface_rules() { return kNetworkInterfaceRules; }
std::span<const Rule> ip_configuration_rules() { return private_address::kRules<IpConfiguration>; }

}  // namespace isthmus
