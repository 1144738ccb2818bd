// Virtual network peerings. Whether the remote network exists and belongs to this controller is
// judged before, with the other references (references.cc in this folder).
#include <fmt/format.h>

#include <array>

#include "controller/model/networks.h"
#include "controller/rules/peering_facts.h"

namespace isthmus {
namespace {

using peering_facts::remote_network;

constexpr std::string_view kRemote = "/properties/remoteVirtualNetwork";

std::optional<Violation> peers_with_itself(const Proposal& p) {
  if (remote_network(p).serial != p.parent().serial) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Virtual network '{}' cannot peer with itself.", p.parent().id.name()),
      "Name another network."};
}

std::optional<Violation> changes_its_remote_network(const Proposal& p) {
  if (!peering_facts::changes_its_remote_network(p)) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("Peering '{}' leads to '{}' and cannot be turned to '{}'.", p.now.id.name(),
                  p.old_body<Peering>()->remote_virtual_network.name(),
                  p.body<Peering>().remote_virtual_network.name()),
      "Delete the peering and create another."};
}

std::optional<Violation> is_the_second_to_its_remote(const Proposal& p) {
  const Resource* other = peering_facts::another_to_its_remote(p);
  if (other == nullptr) return std::nullopt;
  return Violation{std::string(kRemote),
                   fmt::format("Virtual network '{}' is already peered with '{}', by '{}'.",
                               p.parent().id.name(), remote_network(p).id.name(), other->id.name()),
                   "Change that peering, or delete it first."};
}

std::optional<Violation> exceeds_the_limit(const Proposal& p) {
  if (p.old != nullptr) return std::nullopt;
  const size_t count = p.after.count_below(p.parent().id, Kind::Peering);
  if (count <= p.limits.peerings_per_network) return std::nullopt;
  return Violation{
      "",
      fmt::format("Virtual network '{}' already has {} peerings.", p.parent().id.name(), count - 1),
      "The limit is the setting peerings-per-network."};
}

const std::vector<net::Prefix>& space(const Resource& network) {
  return network.as<VirtualNetwork>().address_space;
}

std::optional<Violation> overlaps_the_remote(const Proposal& p) {
  const auto overlap = first_overlap(space(p.parent()), space(remote_network(p)));
  if (!overlap) return std::nullopt;
  return Violation{
      std::string(kRemote),
      fmt::format("{} of '{}' overlaps {} of '{}'.", overlap->a.to_string(), p.parent().id.name(),
                  overlap->b.to_string(), remote_network(p).id.name()),
      "Peered networks need address spaces that do not overlap."};
}

// One of the ends would reach the same addresses in two networks.
std::optional<Violation> overlap_with_a_third(const Model& model, const Resource& end,
                                              const Resource& shared) {
  for (const net::Prefix& prefix : space(end)) {
    for (const Resource* peering : model.peerings_overlapping(shared, prefix)) {
      const Resource& third = *model.find(peering->as<Peering>().remote_virtual_network);
      if (third.serial == end.serial) continue;
      const auto overlap = first_overlap(space(end), space(third));
      return Violation{
          std::string(kRemote),
          fmt::format("{} of '{}' overlaps {} of '{}', which is already peered with '{}' by {}.",
                      overlap->a.to_string(), end.id.name(), overlap->b.to_string(),
                      third.id.name(), shared.id.name(), peering->id.path()),
          "All networks peered with one network need address spaces that do not overlap."};
    }
  }
  return std::nullopt;
}

std::optional<Violation> overlaps_a_third_network(const Proposal& p) {
  if (auto found = overlap_with_a_third(p.after, p.parent(), remote_network(p))) return found;
  return overlap_with_a_third(p.after, remote_network(p), p.parent());
}

constexpr std::string_view kUseRemoteGateways = "/properties/useRemoteGateways";

std::optional<Violation> has_a_gateway_of_its_own(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  const auto own = gateways_of(p.after, p.parent());
  if (own.empty()) return std::nullopt;
  return Violation{std::string(kUseRemoteGateways),
                   fmt::format("Virtual network '{}' has a gateway of its own, '{}'.",
                               p.parent().id.name(), own.front()->id.name()),
                   "Delete that gateway, or set useRemoteGateways to false."};
}

std::optional<Violation> uses_two_remote_gateways(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  for (const Resource* other : p.after.below(p.parent().id, Kind::Peering)) {
    if (other->serial == p.now.serial || !other->as<Peering>().use_remote_gateways) continue;
    return Violation{
        std::string(kUseRemoteGateways),
        fmt::format("Virtual network '{}' already uses the gateway of '{}', by '{}'.",
                    p.parent().id.name(), other->as<Peering>().remote_virtual_network.name(),
                    other->id.name()),
        "One gateway serves a network: set useRemoteGateways of one of them to false."};
  }
  return std::nullopt;
}

std::optional<Violation> uses_a_gateway_that_is_not_there(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  if (!gateways_of(p.after, remote_network(p)).empty()) return std::nullopt;
  return Violation{std::string(kUseRemoteGateways),
                   fmt::format("Virtual network '{}' has no gateway that '{}' could use.",
                               remote_network(p).id.name(), p.parent().id.name()),
                   "Set useRemoteGateways to false, or create the gateway first."};
}

std::optional<Violation> uses_a_gateway_that_is_not_lent(const Proposal& p) {
  if (!p.body<Peering>().use_remote_gateways) return std::nullopt;
  const Resource* back = peering_from(p.after, remote_network(p), p.parent());
  if (back != nullptr && back->as<Peering>().allow_gateway_transit) return std::nullopt;
  return Violation{std::string(kUseRemoteGateways),
                   fmt::format("Virtual network '{}' does not lend its gateway to '{}'.",
                               remote_network(p).id.name(), p.parent().id.name()),
                   back == nullptr
                       ? "Create the peering of that network first, with allowGatewayTransit."
                       : fmt::format("Set allowGatewayTransit of {} first.", back->id.path())};
}

std::optional<Violation> takes_back_a_gateway_in_use(const Proposal& p) {
  if (p.body<Peering>().allow_gateway_transit) return std::nullopt;
  const Resource* there = peering_from(p.after, remote_network(p), p.parent());
  if (there == nullptr || !there->as<Peering>().use_remote_gateways) return std::nullopt;
  return Violation{
      "/properties/allowGatewayTransit",
      fmt::format("{} uses the gateway of '{}'.", there->id.path(), p.parent().id.name()),
      "Set useRemoteGateways of that peering to false first."};
}

constexpr std::array kPeeringRules = {
    Rule{"a network does not peer with itself", ErrorCode::PeeringToSelf, &peers_with_itself},
    Rule{"the remote network of a peering never changes", ErrorCode::RemoteVirtualNetworkImmutable,
         &changes_its_remote_network},
    Rule{"a network peers once with another", ErrorCode::PeeringAlreadyExists,
         &is_the_second_to_its_remote},
    Rule{"a network has no more peerings than the limit", ErrorCode::LimitReached,
         &exceeds_the_limit},
    Rule{"address spaces of peers do not overlap", ErrorCode::AddressSpaceOverlap,
         &overlaps_the_remote},
    Rule{"networks peered with the same network do not overlap", ErrorCode::AddressSpaceOverlap,
         &overlaps_a_third_network},
    Rule{"a network with a gateway uses no remote one", ErrorCode::GatewayConflict,
         &has_a_gateway_of_its_own},
    Rule{"a network uses one remote gateway", ErrorCode::GatewayConflict,
         &uses_two_remote_gateways},
    Rule{"a remote gateway exists", ErrorCode::PeerHasNoGateway, &uses_a_gateway_that_is_not_there},
    Rule{"a remote gateway is lent", ErrorCode::GatewayTransitNotAllowed,
         &uses_a_gateway_that_is_not_lent},
    Rule{"a gateway in use stays lent", ErrorCode::GatewayConflict, &takes_back_a_gateway_in_use},
};

}  // namespace

std::span<const Rule> peering_rules() { return kPeeringRules; }

}  // namespace isthmus
