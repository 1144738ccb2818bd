// Virtual network peerings as Azure judges them. The messages are Azure's own, with the ids filled
// in; facts that both realms look at are asked from model/networks.h and the model's indexes.
#include <fmt/format.h>

#include <array>

#include "controller/model/networks.h"
#include "controller/rules/azure_limits.h"
#include "controller/rules/peering_facts.h"

namespace isthmus {
namespace {

using peering_facts::remote_network;

constexpr std::string_view kRemote = "/properties/remoteVirtualNetwork/id";
constexpr std::string_view kUseGateways = "/properties/useRemoteGateways";

const std::vector<net::Prefix>& space(const Resource& network) {
  return network.as<VirtualNetwork>().address_space;
}
constexpr std::array kEnds = {PeeringEnd::Local, PeeringEnd::Remote};
std::string names_member(PeeringEnd end) {
  return end == PeeringEnd::Local ? "localSubnetNames" : "remoteSubnetNames";
}
std::string names_pointer(PeeringEnd end) { return "/properties/" + names_member(end); }
const std::vector<std::string>& names(const Resource& peering, PeeringEnd end) {
  static const std::vector<std::string> none;
  const AzurePeeringSettings& azure = peering.as<Peering>().azure;
  const auto& list =
      end == PeeringEnd::Local ? azure.local_subnet_names : azure.remote_subnet_names;
  return list ? *list : none;
}

std::optional<Violation> peers_with_itself(const Proposal& p) {
  if (remote_network(p).serial != p.parent().serial) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Cannot create or update peering {}. Virtual network {} cannot be peered with "
                  "itself.",
                  p.now.id.path(), p.parent().id.path()),
      ""};
}

std::optional<Violation> changes_its_remote_network(const Proposal& p) {
  if (!peering_facts::changes_its_remote_network(p)) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Cannot change the remote virtual network of peering {} from {} to {}.",
                  p.now.id.path(), p.old_body<Peering>()->remote_virtual_network.path(),
                  p.body<Peering>().remote_virtual_network.path()),
      "Delete the peering and create another."};
}

std::optional<Violation> is_the_second_to_its_remote(const Proposal& p) {
  const Resource* other = peering_facts::another_to_its_remote(p);
  if (other == nullptr) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Peering {} already references remote virtual network {}. Cannot add another "
                  "peering referencing the same remote virtual network.",
                  other->id.path(), remote_network(p).id.path()),
      ""};
}

std::optional<Violation> exceeds_the_limit(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  const size_t count = p.after.count_below(p.parent().id, Kind::Peering);
  if (count <= p.limits.peerings_per_network) return std::nullopt;
  return Violation{"",
                   fmt::format("Cannot create more than {} peerings for virtual network {}.",
                               p.limits.peerings_per_network, p.parent().id.path()),
                   ""};
}

// Only the way back is closed: the side that is left has to be updated or created again first.
std::optional<Violation> meets_a_disconnected_side(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  const Resource* there = peering_from(p.before, remote_network(p), p.parent());
  if (there == nullptr || there->as<Peering>().state != PeeringState::Disconnected)
    return std::nullopt;
  return Violation{
      "",
      fmt::format("Cannot create or update peering {} because remote peering {} referencing parent "
                  "virtual network {} is in Disconnected state. Update or re-create the remote "
                  "peering to get it back to Initiated state. Peering gets Disconnected when "
                  "remote vnet or remote peering is deleted and re-created.",
                  p.now.id.path(), there->id.path(), p.parent().id.path()),
      ""};
}

// "of subnets, of IPv6 alone"
std::string type_of(const Resource& peering) {
  if (!is_subnet_peering(peering)) return "of complete virtual networks";
  const bool only_ipv6 = peering.as<Peering>().azure.only_ipv6.value_or(false);
  return only_ipv6 ? "of the IPv6 prefixes of subnets" : "of subnets";
}
std::string type_pointer(const Resource& a, const Resource& b) {
  return is_subnet_peering(a) == is_subnet_peering(b) ? "/properties/enableOnlyIPv6Peering"
                                                      : "/properties/peerCompleteVnets";
}

std::optional<Violation> changes_its_type(const Proposal& p) {
  if (p.old == nullptr || type_of(*p.old) == type_of(p.now)) return std::nullopt;
  return Violation{type_pointer(*p.old, p.now),
                   fmt::format("Cannot change peering {} from one {} to one {}.", p.now.id.path(),
                               type_of(*p.old), type_of(p.now)),
                   "Delete the peering and create another."};
}

std::optional<Violation> is_of_another_type_than_the_remote(const Proposal& p) {
  const Resource* there = peering_from(p.after, remote_network(p), p.parent());
  if (there == nullptr || type_of(*there) == type_of(p.now)) return std::nullopt;
  return Violation{type_pointer(*there, p.now),
                   fmt::format("Cannot create or update peering {} as one {} because remote "
                               "peering {} is one {}.",
                               p.now.id.path(), type_of(p.now), there->id.path(), type_of(*there)),
                   "Both sides of a peering are of the same type."};
}

std::optional<Violation> is_of_ipv6_without_subnets(const Proposal& p) {
  if (is_subnet_peering(p.now) || !p.body<Peering>().azure.only_ipv6.value_or(false))
    return std::nullopt;
  return Violation{"/properties/enableOnlyIPv6Peering",
                   fmt::format("Peering {} is of complete virtual networks, and only a subnet "
                               "peering can be of IPv6 alone.",
                               p.now.id.path()),
                   "Set peerCompleteVnets to false and name the subnets."};
}

std::optional<Violation> names_no_subnets(const Proposal& p) {
  if (!is_subnet_peering(p.now)) return std::nullopt;
  for (const PeeringEnd end : kEnds) {
    if (!names(p.now, end).empty()) continue;
    return Violation{names_pointer(end),
                     fmt::format("Peering {} is of subnets, and its {} is empty.", p.now.id.path(),
                                 names_member(end)),
                     "Name the subnets of both virtual networks that take part."};
  }
  return std::nullopt;
}

std::optional<Violation> names_too_many_subnets(const Proposal& p) {
  if (!is_subnet_peering(p.now)) return std::nullopt;
  for (const PeeringEnd end : kEnds) {
    if (names(p.now, end).size() <= p.limits.subnets_per_peering) continue;
    return Violation{
        names_pointer(end),
        fmt::format("Peering {} names {} subnets.", p.now.id.path(), names(p.now, end).size()),
        fmt::format("Each side of a peering has at most {}.", p.limits.subnets_per_peering)};
  }
  return std::nullopt;
}

std::optional<Violation> peers_with_too_many_subnets(const Proposal& p) {
  if (!is_subnet_peering(p.now)) return std::nullopt;
  size_t count = 0;
  p.after.each_below(p.parent().id, Kind::Peering, [&](const Resource& peering) {
    if (is_subnet_peering(peering)) count += names(peering, PeeringEnd::Remote).size();
    return true;
  });
  if (count <= p.limits.peered_subnets_per_network) return std::nullopt;
  return Violation{
      names_pointer(PeeringEnd::Remote),
      fmt::format("Virtual network {} is peered with {} subnets of other networks.",
                  p.parent().id.path(), count),
      fmt::format("Its peerings name at most {}.", p.limits.peered_subnets_per_network)};
}

// The subnet of that name; null where there is none.
const Resource* subnet_named(const Proposal& p, PeeringEnd end, const std::string& name) {
  const auto id = network_at(p.after, p.now, end)->id.child(Kind::Subnet, name);
  return id ? p.after.find(*id) : nullptr;
}

std::optional<Violation> names_an_unknown_subnet(const Proposal& p) {
  if (!is_subnet_peering(p.now)) return std::nullopt;
  for (const PeeringEnd end : kEnds) {
    for (size_t i = 0; i < names(p.now, end).size(); ++i) {
      const std::string& name = names(p.now, end)[i];
      if (subnet_named(p, end, name) != nullptr) continue;
      return Violation{
          fmt::format("{}/{}", names_pointer(end), i),
          fmt::format("Resource {}/subnets/{} referenced by resource {} was not found. Please make "
                      "sure that the referenced resource exists, and that both resources are in "
                      "the same region.",
                      network_at(p.after, p.now, end)->id.path(), name, p.now.id.path()),
          ""};
    }
  }
  return std::nullopt;
}

std::optional<Violation> names_a_subnet_without_ipv6(const Proposal& p) {
  if (!is_subnet_peering(p.now) || !p.body<Peering>().azure.only_ipv6.value_or(false))
    return std::nullopt;
  const auto is_v6 = [](net::Prefix prefix) { return prefix.family() == net::Family::V6; };
  for (const PeeringEnd end : kEnds) {
    for (size_t i = 0; i < names(p.now, end).size(); ++i) {
      const Resource& subnet = *subnet_named(p, end, names(p.now, end)[i]);
      const auto prefixes = prefixes_of(subnet.as<Subnet>());
      if (std::any_of(prefixes.begin(), prefixes.end(), is_v6)) continue;
      return Violation{fmt::format("{}/{}", names_pointer(end), i),
                       fmt::format("Peering {} is of IPv6 alone, and subnet {} has no IPv6 prefix.",
                                   p.now.id.path(), subnet.id.path()),
                       "Give the subnet one, or leave it out."};
    }
  }
  return std::nullopt;
}

// "172.16.0.0/16, 172.16.0.0/16": each pair that overlaps, one of the first and one of the second.
std::string overlapping(const std::vector<net::Prefix>& a, const std::vector<net::Prefix>& b) {
  std::string text;
  for (const net::Prefix& here : a) {
    for (const net::Prefix& there : b) {
      if (!here.overlaps(there)) continue;
      text +=
          fmt::format("{}{}, {}", text.empty() ? "" : ", ", here.to_string(), there.to_string());
    }
  }
  return text;
}

// Of subnet peerings, the prefixes that hold the subnets stand in the other network nowhere:
// "the participating subnets must be unique and must belong to unique address spaces".
std::optional<Violation> overlaps_the_remote(const Proposal& p) {
  const Resource& remote = remote_network(p);
  std::string pairs = overlapping(spaces_at(p.after, p.now, PeeringEnd::Local), space(remote));
  if (pairs.empty())
    pairs = overlapping(space(p.parent()), spaces_at(p.after, p.now, PeeringEnd::Remote));
  if (pairs.empty()) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Cannot create or update peering {}. Virtual networks {} and {} cannot be peered "
                  "because their address spaces overlap. Overlapping address prefixes: {}",
                  p.now.id.path(), p.parent().id.path(), remote.id.path(), pairs),
      ""};
}

std::optional<Violation> overlap_with_a_third(const Proposal& p, PeeringEnd at,
                                              const Resource& shared) {
  const Resource& end = *network_at(p.after, p.now, at);
  for (const net::Prefix& prefix : prefixes_at(p.after, p.now, at)) {
    for (const Resource* peering : p.after.peerings_overlapping(shared, prefix)) {
      const Peering& there = peering->as<Peering>();
      if (there.remote_virtual_network == end.id || !leads_into(p.after, *peering, prefix))
        continue;
      return Violation{
          std::string(kRemote),
          fmt::format("Cannot create or update peering {}. Virtual networks {} and {} cannot be "
                      "peered because address space of the first virtual network overlaps with "
                      "address space of virtual network {} already peered with the second virtual "
                      "network. Overlapping address prefixes: {}. For more information please "
                      "refer to https://aka.ms/VnetPeeringInfo",
                      p.now.id.path(), end.id.path(), shared.id.path(),
                      there.remote_virtual_network.path(), prefix.to_string()),
          ""};
    }
  }
  return std::nullopt;
}

std::optional<Violation> overlaps_a_third_network(const Proposal& p) {
  if (auto found = overlap_with_a_third(p, PeeringEnd::Local, remote_network(p))) return found;
  return overlap_with_a_third(p, PeeringEnd::Remote, p.parent());
}

// The words of Azure: "UseRemoteGateway" stands in one text alone.
std::string cannot_use_gateways(const Proposal& p) {
  return fmt::format("Peering {} cannot have UseRemoteGateways flag set to true, because",
                     p.now.id.path());
}

std::optional<Violation> uses_gateways_of_a_second_peer(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  for (const Resource* other : p.after.below(p.parent().id, Kind::Peering)) {
    if (other->serial == p.now.serial || !other->as<Peering>().use_remote_gateways) continue;
    return Violation{
        std::string(kUseGateways),
        fmt::format("{} another peering {} already has UseRemoteGateways flag set to true.",
                    cannot_use_gateways(p), other->id.path()),
        ""};
  }
  return std::nullopt;
}

std::optional<Violation> has_gateways_of_its_own(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  const auto own = gateways_of(p.after, p.parent());
  if (own.empty()) return std::nullopt;
  return Violation{
      std::string(kUseGateways),
      fmt::format("{} virtual network {} has a gateway of its own: {}.", cannot_use_gateways(p),
                  p.parent().id.path(), own.front()->id.path()),
      ""};
}

// doNotVerifyRemoteGateways does not help: it is about the state of gateways that are there.
std::optional<Violation> finds_no_remote_gateways(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  if (!gateways_of(p.after, remote_network(p)).empty()) return std::nullopt;
  return Violation{
      std::string(kUseGateways),
      fmt::format("Peering {} cannot have UseRemoteGateway flag set to true because remote virtual "
                  "network {} referenced by the peering does not have any gateways.",
                  p.now.id.path(), remote_network(p).id.path()),
      ""};
}

std::optional<Violation> is_lent_no_gateways(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  const Resource* there = peering_from(p.after, remote_network(p), p.parent());
  if (there == nullptr || there->as<Peering>().allow_gateway_transit) return std::nullopt;
  return Violation{
      std::string(kUseGateways),
      fmt::format("{} corresponding remote peering has AllowGatewayTransit flag set to "
                  "false.",
                  cannot_use_gateways(p)),
      ""};
}

constexpr std::array kAzurePeeringRules = {
    Rule{"Azure: a network does not peer with itself", ErrorCode::CannotPeerVnetWithItself,
         &peers_with_itself},
    Rule{"Azure: the remote network of a peering never changes",
         ErrorCode::ChangingRemoteVirtualNetworkNotAllowed, &changes_its_remote_network},
    Rule{"Azure: a network peers once with another",
         ErrorCode::AnotherPeeringAlreadyReferencesRemoteVnet, &is_the_second_to_its_remote},
    Rule{"Azure: a network has no more peerings than the limit",
         ErrorCode::VirtualNetworkPeeringLimitReached, &exceeds_the_limit},
    Rule{"Azure: no more addresses are peered than the limit", ErrorCode::LimitReached,
         &joins_too_many_addresses},
    Rule{"Azure: a disconnected side comes back first", ErrorCode::RemotePeeringIsDisconnected,
         &meets_a_disconnected_side},
    Rule{"Azure: a peering stays of its type", ErrorCode::ChangingPeeringTypeNotAllowed,
         &changes_its_type},
    Rule{"Azure: both sides of a peering are of the same type",
         ErrorCode::RemotePeeringIsOfAnotherType, &is_of_another_type_than_the_remote},
    Rule{"Azure: a peering of IPv6 alone is one of subnets", ErrorCode::InvalidParameterValue,
         &is_of_ipv6_without_subnets},
    Rule{"Azure: a subnet peering names subnets of both networks", ErrorCode::InvalidParameterValue,
         &names_no_subnets},
    Rule{"Azure: a peering names no more subnets than the limit", ErrorCode::LimitReached,
         &names_too_many_subnets},
    Rule{"Azure: a network is peered with no more subnets than the limit", ErrorCode::LimitReached,
         &peers_with_too_many_subnets},
    Rule{"Azure: the subnets that a peering names exist", ErrorCode::InvalidResourceReference,
         &names_an_unknown_subnet},
    Rule{"Azure: the subnets of a peering of IPv6 alone have IPv6",
         ErrorCode::InvalidParameterValue, &names_a_subnet_without_ipv6},
    Rule{"Azure: address spaces of peers do not overlap", ErrorCode::VnetAddressSpacesOverlap,
         &overlaps_the_remote},
    Rule{"Azure: networks peered with the same network do not overlap",
         ErrorCode::VnetAddressSpaceOverlapsWithAlreadyPeeredVnet, &overlaps_a_third_network},
    Rule{"Azure: a network uses the gateways of one peer",
         ErrorCode::PeeringMultipleUseRemoteGateways, &uses_gateways_of_a_second_peer},
    Rule{"Azure: a network with gateways uses no others", ErrorCode::VnetHasOwnGateway,
         &has_gateways_of_its_own},
    Rule{"Azure: remote gateways exist", ErrorCode::RemoteVnetHasNoGateways,
         &finds_no_remote_gateways},
    Rule{"Azure: remote gateways are lent", ErrorCode::PeeringAllowGatewayTransitDisabled,
         &is_lent_no_gateways},
};

}  // namespace

std::span<const Rule> azure_peering_rules() { return kAzurePeeringRules; }

}  // namespace isthmus
