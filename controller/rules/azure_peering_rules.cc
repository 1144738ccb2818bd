// Virtual network peerings as Azure judges them. The messages are Azure's own, with the ids filled
// in; facts that both realms look at are asked from model/networks.h and the model's indexes.
#include <fmt/format.h>

#include <array>

#include "controller/model/networks.h"
#include "controller/rules/azure_limits.h"

namespace isthmus {
namespace {

constexpr std::string_view kRemote = "/properties/remoteVirtualNetwork/id";
constexpr std::string_view kUseGateways = "/properties/useRemoteGateways";

const Resource& remote_network(const Proposal& p) {
  return *p.after.find(p.body<Peering>().remote_virtual_network);
}
const std::vector<net::Prefix>& space(const Resource& network) {
  return network.as<VirtualNetwork>().address_space;
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
  if (p.old == nullptr ||
      p.old_body<Peering>()->remote_virtual_network == p.body<Peering>().remote_virtual_network)
    return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Cannot change the remote virtual network of peering {} from {} to {}.",
                  p.now.id.path(), p.old_body<Peering>()->remote_virtual_network.path(),
                  p.body<Peering>().remote_virtual_network.path()),
      "Delete the peering and create another."};
}

std::optional<Violation> is_the_second_to_its_remote(const Proposal& p) {
  for (const Resource* other : p.after.referrers_below(remote_network(p), p.parent())) {
    if (other->kind() != Kind::Peering || other->serial == p.now.serial) continue;
    return Violation{
        std::string(kRemote),
        fmt::format("Peering {} already references remote virtual network {}. Cannot add another "
                    "peering referencing the same remote virtual network.",
                    other->id.path(), remote_network(p).id.path()),
        ""};
  }
  return std::nullopt;
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

std::optional<Violation> overlaps_the_remote(const Proposal& p) {
  const Resource& remote = remote_network(p);
  if (!first_overlap(space(p.parent()), space(remote))) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Cannot create or update peering {}. Virtual networks {} and {} cannot be peered "
                  "because their address spaces overlap. Overlapping address prefixes: {}",
                  p.now.id.path(), p.parent().id.path(), remote.id.path(),
                  overlapping(space(p.parent()), space(remote))),
      ""};
}

std::optional<Violation> overlap_with_a_third(const Proposal& p, const Resource& end,
                                              const Resource& shared) {
  for (const net::Prefix& prefix : space(end)) {
    for (const Resource* peering : p.after.peerings_overlapping(shared, prefix)) {
      const Peering& there = peering->as<Peering>();
      if (there.remote_virtual_network == end.id) continue;
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
  if (auto found = overlap_with_a_third(p, p.parent(), remote_network(p))) return found;
  return overlap_with_a_third(p, remote_network(p), p.parent());
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
