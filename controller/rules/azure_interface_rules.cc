// Network interfaces and their IP configurations as Azure judges them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controller/model/networks.h"
#include "controller/rules/azure_limits.h"
#include "controller/rules/azure_private_address.h"

namespace isthmus {
namespace {

std::optional<Violation> has_no_ip_configuration(const Proposal& p) {
  if (p.after.count_below(p.now.id, Kind::IpConfiguration) > 0) return std::nullopt;
  return Violation{"/properties/ipConfigurations",
                   fmt::format("Network interface {} has no IP configuration.", p.now.id.path()),
                   "Give it one, with a subnet."};
}

std::optional<Violation> has_two_primaries(const Proposal& p) {
  size_t count = 0;
  for (const Resource* ip : p.after.below(p.now.id, Kind::IpConfiguration))
    count += ip->as<IpConfiguration>().azure.is_primary;
  if (count < 2) return std::nullopt;
  return Violation{"/properties/ipConfigurations",
                   fmt::format("{} IP configurations of network interface {} are primary.", count,
                               p.now.id.path()),
                   "One of them is."};
}

std::optional<Violation> is_in_two_networks(const Proposal& p) {
  const Resource* first = nullptr;
  for (const Resource* ip : p.after.below(p.now.id, Kind::IpConfiguration)) {
    const Resource& network = network_of(p.after, *p.after.find(ip->as<IpConfiguration>().subnet));
    if (first != nullptr && first->serial != network.serial)
      return Violation{
          "/properties/ipConfigurations",
          fmt::format("The IP configurations of network interface {} are in the virtual networks "
                      "{} and {}.",
                      p.now.id.path(), first->id.path(), network.id.path()),
          "All of them are in subnets of one virtual network."};
    first = &network;
  }
  return std::nullopt;
}

constexpr std::array kAzureInterfaceRules = {
    kRegionRule<Kind::NetworkInterface>,
    Rule{"Azure: an interface has an IP configuration", ErrorCode::InvalidParameterValue,
         &has_no_ip_configuration},
    Rule{"Azure: one IP configuration of an interface is primary", ErrorCode::InvalidParameterValue,
         &has_two_primaries},
    Rule{"Azure: an interface is in one network", ErrorCode::InvalidParameterValue,
         &is_in_two_networks},
};

std::optional<Violation> is_of_another_version(const Proposal& p) {
  const IpConfiguration& ip = p.body<IpConfiguration>();
  if (!ip.address || ip.address->is_v4() == (ip.azure.version == IpVersion::IPv4))
    return std::nullopt;
  return Violation{
      std::string(private_address::kPointer),
      fmt::format("{} is not an address of privateIPAddressVersion {}.", ip.address->to_string(),
                  ip.azure.version == IpVersion::IPv4 ? "IPv4" : "IPv6"),
      ""};
}

std::optional<Violation> is_one_address_too_many(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  const size_t count = p.after.count_below(p.parent().id, Kind::IpConfiguration);
  if (count <= p.limits.addresses_per_interface) return std::nullopt;
  return Violation{
      "", fmt::format("Network interface {} has {} addresses.", p.parent().id.path(), count),
      fmt::format("A network interface has at most {}.", p.limits.addresses_per_interface)};
}

constexpr std::array kAzureIpConfigurationRules =
    joined(std::array{Rule{"Azure: an interface has no more addresses than the limit",
                           ErrorCode::LimitReached, &is_one_address_too_many},
                      Rule{"Azure: a network has no more addresses than the limit",
                           ErrorCode::LimitReached, &fills_a_network},
                      Rule{"Azure: peered networks have no more addresses than the limit",
                           ErrorCode::LimitReached, &fills_a_peered_group},
                      Rule{"Azure: an address is of its version", ErrorCode::InvalidParameterValue,
                           &is_of_another_version}},
           azure_private_address::kRules<IpConfiguration>);

}  // namespace

std::span<const Rule> azure_interface_rules() { return kAzureInterfaceRules; }
std::span<const Rule> azure_ip_configuration_rules() { return kAzureIpConfigurationRules; }

}  // namespace isthmus
