// Virtual networks, subnets and route tables as Azure judges them. While a network is peered its
// address space may change: the peers learn of it when they synchronise.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "controller/model/networks.h"
#include "controller/model/text.h"
#include "controller/rules/azure_limits.h"

namespace isthmus {
namespace {

constexpr std::string_view kPrefixes = "/properties/addressSpace/addressPrefixes";

bool inside(const std::vector<net::Prefix>& space, net::Prefix prefix) {
  return std::any_of(space.begin(), space.end(),
                     [&](net::Prefix outer) { return outer.contains(prefix); });
}

std::string outside_text(const Resource& subnet, const Resource& network) {
  return fmt::format(
      "Subnet '{}' is not valid because its IP address range is outside the IP address range of "
      "virtual network '{}'.",
      subnet.id.name(), network.id.name());
}

// A prefix that holds subnets is not taken away. A subnet that this change brings or moves is
// judged by its own rule, which points at it.
std::optional<Violation> leaves_a_subnet_outside(const Proposal& p) {
  for (const Resource* subnet : p.after.below(p.now.id, Kind::Subnet)) {
    const Resource* was = p.before.find(subnet->id);
    for (const net::Prefix& prefix : prefixes_of(subnet->as<Subnet>())) {
      const bool stays = was != nullptr && inside(prefixes_of(was->as<Subnet>()), prefix);
      if (!stays || inside(p.body<VirtualNetwork>().address_space, prefix)) continue;
      return Violation{std::string(kPrefixes), outside_text(*subnet, p.now),
                       "Keep a prefix that contains it, or delete the subnet first."};
    }
  }
  return std::nullopt;
}

std::optional<Violation> grows_over_a_peer(const Proposal& p) {
  if (p.old == nullptr) return std::nullopt;
  for (const Resource* peering : p.after.below(p.now.id, Kind::Peering)) {
    const ResourceId& id = peering->as<Peering>().remote_virtual_network;
    const auto& synced = peering->as<Peering>().azure.remote_address_space;
    const auto& own = p.body<VirtualNetwork>().address_space;
    auto overlap = first_overlap(own, synced);
    if (!overlap) overlap = overlap_of_ends(p.after, *peering);
    if (!overlap) continue;
    const auto index = std::find(own.begin(), own.end(), overlap->a) - own.begin();
    return Violation{
        fmt::format("{}/{}", kPrefixes, index),
        fmt::format("Address space of virtual network {} overlaps with address space of virtual "
                    "network {}, which it is peered with. Overlapping address prefixes: {}, {}.",
                    p.now.id.path(), id.path(), overlap->a.to_string(), overlap->b.to_string()),
        ""};
  }
  return std::nullopt;
}

std::optional<Violation> grows_over_a_peer_of_a_peer(const Proposal& p) {
  if (p.old == nullptr) return std::nullopt;
  for (const Resource* peering : p.after.referrers(p.now, Kind::Peering)) {
    if (is_subnet_peering(*peering)) continue;  // of subnets, which have a rule of their own
    const Resource& shared = network_of(p.after, *peering);
    const auto& own = p.body<VirtualNetwork>().address_space;
    for (size_t i = 0; i < own.size(); ++i) {
      for (const Resource* other : p.after.peerings_overlapping(shared, own[i])) {
        const ResourceId& third = other->as<Peering>().remote_virtual_network;
        if (third == p.now.id || !leads_into(p.after, *other, own[i])) continue;
        return Violation{
            fmt::format("{}/{}", kPrefixes, i),
            fmt::format("Address space of virtual network {} overlaps with address space of "
                        "virtual network {} already peered with virtual network {}. Overlapping "
                        "address prefixes: {}.",
                        p.now.id.path(), third.path(), shared.id.path(), own[i].to_string()),
            ""};
      }
    }
  }
  return std::nullopt;
}

std::optional<Violation> has_a_strange_flow_timeout(const Proposal& p) {
  const auto& minutes = p.body<VirtualNetwork>().azure.flow_timeout_minutes;
  if (!minutes || (*minutes >= 4 && *minutes <= 30)) return std::nullopt;
  return Violation{"/properties/flowTimeoutInMinutes",
                   fmt::format("The flow timeout of virtual network {} is {} minutes.",
                               p.now.id.path(), *minutes),
                   "Write 4 to 30."};
}

std::optional<Violation> is_protected_by_no_plan(const Proposal& p) {
  const AzureNetworkSettings& azure = p.body<VirtualNetwork>().azure;
  if (!azure.ddos_protection || azure.ddos_protection_plan) return std::nullopt;
  return Violation{
      "/properties/ddosProtectionPlan",
      fmt::format("DdosProtectionPlan in virtual network {} must be set to enable DDoS protection.",
                  p.now.id.path()),
      ""};
}

// There are no plans here, so that what has the form of an id is one.
std::optional<Violation> names_its_plan_otherwise(const Proposal& p) {
  const auto& plan = p.body<VirtualNetwork>().azure.ddos_protection_plan;
  if (!plan || plan->starts_with("/subscriptions/")) return std::nullopt;
  return Violation{"/properties/ddosProtectionPlan/id",
                   fmt::format("Property id {} at path 'properties.ddosProtectionPlan.id' is "
                               "invalid. Expect fully qualified resource Id that start with "
                               "'/subscriptions/{{subscriptionId}}' or "
                               "'/providers/{{resourceProviderNamespace}}/'.",
                               in_quotes(*plan)),
                   ""};
}

std::optional<Violation> half_says_encryption(const Proposal& p) {
  const auto& encryption = p.body<VirtualNetwork>().azure.encryption;
  if (!encryption || encryption->enforcement) return std::nullopt;
  return Violation{
      "/properties/encryption",
      fmt::format("Cannot encrypt VirtualNetwork {} unless both encryption intent (Enabled true or "
                  "false) and enforcement policy (AllowUnencrypted or DropUnencrypted) are "
                  "specified.",
                  p.now.id.path()),
      ""};
}

std::optional<Violation> has_too_many_dns_servers(const Proposal& p) {
  const size_t count = p.body<VirtualNetwork>().dns_servers.size();
  if (count <= p.limits.dns_servers_per_network) return std::nullopt;
  return Violation{
      "/properties/dhcpOptions/dnsServers",
      fmt::format("Virtual network {} has {} DNS servers.", p.now.id.path(), count),
      fmt::format("A virtual network has at most {}.", p.limits.dns_servers_per_network)};
}

// Azure's own code for this could not be found in public; the code is that of the overlap of two
// networks, whose name says it best.
std::optional<Violation> overlaps_itself(const Proposal& p) {
  const auto& space = p.body<VirtualNetwork>().address_space;
  const auto both = overlap_within(space);
  if (!both) return std::nullopt;
  return Violation{
      fmt::format("/properties/addressSpace/addressPrefixes/{}", both->second),
      fmt::format("Address prefixes {} and {} of virtual network {} overlap.",
                  space[both->first].to_string(), space[both->second].to_string(), p.now.id.path()),
      "Leave out one of the two."};
}

constexpr std::array kAzureVirtualNetworkRules = {
    kRegionRule<Kind::VirtualNetwork>,
    Rule{"Azure: prefixes of an address space do not overlap", ErrorCode::VnetAddressSpacesOverlap,
         &overlaps_itself},
    Rule{"Azure: a network has no more DNS servers than the limit", ErrorCode::LimitReached,
         &has_too_many_dns_servers},
    Rule{"Azure: subnets stay inside the address space", ErrorCode::NetcfgSubnetRangeOutsideVnet,
         &leaves_a_subnet_outside},
    Rule{"Azure: a network does not grow over its peer", ErrorCode::VnetAddressSpacesOverlap,
         &grows_over_a_peer},
    Rule{"Azure: a network does not grow over a peer of its peer",
         ErrorCode::VnetAddressSpaceOverlapsWithAlreadyPeeredVnet, &grows_over_a_peer_of_a_peer},
    Rule{"Azure: a flow times out after 4 to 30 minutes", ErrorCode::InvalidParameterValue,
         &has_a_strange_flow_timeout},
    Rule{"Azure: DDoS protection has a plan", ErrorCode::DdosProtectionPlanMustBeSet,
         &is_protected_by_no_plan},
    Rule{"Azure: a DDoS protection plan is named by its id", ErrorCode::LinkedInvalidPropertyId,
         &names_its_plan_otherwise},
    Rule{"Azure: encryption says both what and how",
         ErrorCode::MustSpecifyBothEncryptionIntentAndEnforcementPolicy, &half_says_encryption},
};

std::optional<Violation> is_too_small_or_too_large(const Proposal& p) {
  for (const net::Prefix& prefix : prefixes_of(p.body<Subnet>())) {
    const bool v4 = prefix.family() == net::Family::V4;
    if (v4 ? prefix.length() >= 2 && prefix.length() <= 29 : prefix.length() == 64) continue;
    return Violation{"/properties/addressPrefix",
                     fmt::format("Subnet '{}' is not valid in virtual network '{}'.",
                                 p.now.id.name(), p.parent().id.name()),
                     v4 ? "An IPv4 subnet is a /2 to a /29." : "An IPv6 subnet is a /64."};
  }
  return std::nullopt;
}

std::optional<Violation> is_outside_the_address_space(const Proposal& p) {
  for (const net::Prefix& prefix : prefixes_of(p.body<Subnet>())) {
    if (inside(p.parent().as<VirtualNetwork>().address_space, prefix)) continue;
    return Violation{"/properties/addressPrefix", outside_text(p.now, p.parent()), ""};
  }
  return std::nullopt;
}

std::optional<Violation> overlaps_a_sibling(const Proposal& p) {
  for (const Resource* sibling : p.after.below(p.parent().id, Kind::Subnet)) {
    if (sibling->serial == p.now.serial) continue;
    if (!first_overlap(prefixes_of(p.body<Subnet>()), prefixes_of(sibling->as<Subnet>()))) continue;
    return Violation{
        "/properties/addressPrefix",
        fmt::format("Subnet '{}' is not valid because its IP address range overlaps with that of "
                    "an existing subnet in virtual network '{}'.",
                    p.now.id.name(), p.parent().id.name()),
        ""};
  }
  return std::nullopt;
}

// Code and text: github.com/Azure-Terraform/terraform-azurerm-virtual-network, issue 18.
std::optional<Violation> guards_a_gateway_subnet(const Proposal& p) {
  const ResourceId& group = p.body<Subnet>().access_control_list;
  if (group.empty() || !is_gateway_subnet(p.now.id)) return std::nullopt;
  return Violation{
      "/properties/networkSecurityGroup/id",
      fmt::format("The operation failed because the network security group {} can not be "
                  "associated to the GatewaySubnet. Please remove the network security group "
                  "associated to the GatewaySubnet. No changes have occurred on the gateway at "
                  "this time. See here for additional details: https://aka.ms/GatewaySubnet.",
                  group.name()),
      ""};
}

std::optional<Violation> leaves_an_allocation_outside(const Proposal& p) {
  if (p.old == nullptr) return std::nullopt;
  for (const auto& [address, user] : p.after.addresses_in(p.now)) {
    if (inside(prefixes_of(p.body<Subnet>()), net::Prefix::host(address))) continue;
    return Violation{"/properties/addressPrefix",
                     fmt::format("IpPrefix {} on Subnet {} has active allocations and cannot be "
                                 "deleted: {} of {}.",
                                 join(prefixes_of(*p.old_body<Subnet>())), p.now.id.name(),
                                 address.to_string(), user->id.path()),
                     ""};
  }
  return std::nullopt;
}

std::optional<Violation> is_one_subnet_too_many(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  const size_t count = p.after.count_below(p.parent().id, Kind::Subnet);
  if (count <= p.limits.subnets_per_network) return std::nullopt;
  return Violation{"",
                   fmt::format("Virtual network {} has {} subnets.", p.parent().id.path(), count),
                   fmt::format("A virtual network has at most {}.", p.limits.subnets_per_network)};
}

// A subnet that a subnet peering names gets another prefix: those of the network that hold what is
// peered are others then, too.
std::optional<Violation> takes_a_peering_over_its_peer(const Proposal& p) {
  for (const Resource* peering : p.after.below(p.parent().id, Kind::Peering)) {
    if (!is_subnet_peering(*peering) || !names_subnet(*peering, PeeringEnd::Local, p.now)) continue;
    const auto overlap = overlap_of_ends(p.after, *peering);
    if (!overlap) continue;
    return Violation{
        "/properties/addressPrefix",
        fmt::format("Subnet {} takes part in peering {}, and address space of its virtual network "
                    "overlaps with address space of virtual network {}. Overlapping address "
                    "prefixes: {}, {}.",
                    p.now.id.path(), peering->id.path(),
                    peering->as<Peering>().remote_virtual_network.path(), overlap->a.to_string(),
                    overlap->b.to_string()),
        ""};
  }
  return std::nullopt;
}

std::optional<Violation> takes_a_peering_over_a_third_network(const Proposal& p) {
  for (const Resource* peering : p.after.referrers(p.parent(), Kind::Peering)) {
    if (!is_subnet_peering(*peering) || !names_subnet(*peering, PeeringEnd::Remote, p.now))
      continue;
    const Resource& shared = network_of(p.after, *peering);
    for (const net::Prefix& prefix : prefixes_of(p.body<Subnet>())) {
      for (const Resource* other : p.after.peerings_overlapping(shared, prefix)) {
        const ResourceId& third = other->as<Peering>().remote_virtual_network;
        if (third == p.parent().id || !leads_into(p.after, *other, prefix)) continue;
        return Violation{
            "/properties/addressPrefix",
            fmt::format("Subnet {} takes part in peering {} and overlaps with address space of "
                        "virtual network {} already peered with virtual network {}. Overlapping "
                        "address prefixes: {}.",
                        p.now.id.path(), peering->id.path(), third.path(), shared.id.path(),
                        prefix.to_string()),
            ""};
      }
    }
  }
  return std::nullopt;
}

constexpr std::array kAzureSubnetRules = {
    Rule{"Azure: a network has no more subnets than the limit", ErrorCode::LimitReached,
         &is_one_subnet_too_many},
    Rule{"Azure: a subnet has a possible size", ErrorCode::NetcfgInvalidSubnet,
         &is_too_small_or_too_large},
    Rule{"Azure: a subnet lies inside the address space", ErrorCode::NetcfgSubnetRangeOutsideVnet,
         &is_outside_the_address_space},
    Rule{"Azure: subnets of a network do not overlap", ErrorCode::NetcfgSubnetRangesOverlap,
         &overlaps_a_sibling},
    Rule{"Azure: what is in a subnet stays inside", ErrorCode::InUsePrefixCannotBeDeleted,
         &leaves_an_allocation_outside},
    Rule{"Azure: a peered subnet does not move over the peer", ErrorCode::VnetAddressSpacesOverlap,
         &takes_a_peering_over_its_peer},
    Rule{"Azure: a peered subnet does not move over a peer of the peer",
         ErrorCode::VnetAddressSpaceOverlapsWithAlreadyPeeredVnet,
         &takes_a_peering_over_a_third_network},
    Rule{"Azure: a GatewaySubnet has no security group",
         ErrorCode::NetworkSecurityGroupCannotBeAttachedToGatewaySubnet, &guards_a_gateway_subnet},
};

}  // namespace

std::span<const Rule> azure_virtual_network_rules() { return kAzureVirtualNetworkRules; }
std::span<const Rule> azure_subnet_rules() { return kAzureSubnetRules; }

}  // namespace isthmus
