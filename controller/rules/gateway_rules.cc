// Gateways of virtual networks, and the connections that lead out of them.
//
// A virtual network has one gateway at most, its own or a peer's (decisions: documented rule 6), so
// that these rules and those of peerings guard the same from both sides.
#include <fmt/format.h>

#include <array>

#include "controller/model/networks.h"
#include "controller/model/text.h"
#include "controller/rules/rule.h"

namespace isthmus {
namespace {

constexpr std::string_view kSubnets = "/properties/gatewaySubnets";

const Resource* network_of_gateway(const Model& model, const Resource& gateway) {
  const std::vector<ResourceId>& subnets = gateway.as<VirtualGateway>().subnets;
  return subnets.empty() ? nullptr : model.find(subnets.front().ancestor(Kind::VirtualNetwork));
}

std::optional<Violation> gateway_without_subnet(const Proposal& p) {
  if (!p.body<VirtualGateway>().subnets.empty()) return std::nullopt;
  return Violation{
      std::string(kSubnets),
      fmt::format("Virtual gateway '{}' stands in no virtual network.", p.now.id.name()),
      "Name the subnet between the gateway and its network."};
}

std::optional<Violation> gateway_in_two_networks(const Proposal& p) {
  const std::vector<ResourceId>& subnets = p.body<VirtualGateway>().subnets;
  for (size_t i = 1; i < subnets.size(); ++i) {
    if (subnets[i].parent() == subnets[0].parent()) continue;
    return Violation{fmt::format("{}/{}", kSubnets, i),
                     fmt::format("{} and {} are of different virtual networks.", subnets[0].path(),
                                 subnets[i].path()),
                     "A gateway serves one network; its peers may use it."};
  }
  return std::nullopt;
}

std::optional<Violation> network_has_a_gateway(const Proposal& p) {
  const Resource& network = *network_of_gateway(p.after, p.now);
  for (const Resource* other : gateways_of(p.after, network)) {
    if (other->serial == p.now.serial) continue;
    return Violation{std::string(kSubnets),
                     fmt::format("Virtual network '{}' already has the gateway '{}'.",
                                 network.id.name(), other->id.name()),
                     "Change that gateway, or delete it first."};
  }
  return std::nullopt;
}

std::optional<Violation> network_uses_a_remote_gateway(const Proposal& p) {
  const Resource& network = *network_of_gateway(p.after, p.now);
  for (const Resource* peering : p.after.below(network.id, Kind::Peering)) {
    if (!peering->as<Peering>().use_remote_gateways) continue;
    return Violation{
        std::string(kSubnets),
        fmt::format("Virtual network '{}' uses the gateway of '{}', by peering '{}'.",
                    network.id.name(), peering->as<Peering>().remote_virtual_network.name(),
                    peering->id.name()),
        "Set useRemoteGateways of that peering to false first."};
  }
  return std::nullopt;
}

std::optional<Violation> leaves_its_users(const Model& after, const Resource& gateway,
                                          const Resource* network, std::string pointer) {
  if (network == nullptr || !gateways_of(after, *network).empty()) return std::nullopt;
  const Resource* user = user_of_gateway(after, *network);
  if (user == nullptr) return std::nullopt;
  return Violation{
      std::move(pointer),
      fmt::format("Virtual gateway '{}' is used by {}.", gateway.id.name(), user->id.path()),
      "Set useRemoteGateways of that peering to false first."};
}

std::optional<Violation> moves_away_from_its_users(const Proposal& p) {
  if (p.old == nullptr) return std::nullopt;
  const Resource* was = network_of_gateway(p.before, *p.old);
  return leaves_its_users(p.after, p.now, was == nullptr ? nullptr : p.after.find(was->id),
                          std::string(kSubnets));
}

std::optional<Violation> goes_from_its_users(const Proposal& p) {
  return leaves_its_users(p.after, p.now, network_of_gateway(p.after, p.now), "");
}

constexpr std::array kVirtualGatewayRules = {
    Rule{"a gateway stands in a network", ErrorCode::InvalidParameterValue,
         &gateway_without_subnet},
    Rule{"a gateway stands in one network", ErrorCode::InvalidParameterValue,
         &gateway_in_two_networks},
    Rule{"a network has one gateway", ErrorCode::GatewayConflict, &network_has_a_gateway},
    Rule{"a network that uses a remote gateway gets none of its own", ErrorCode::GatewayConflict,
         &network_uses_a_remote_gateway},
    Rule{"a gateway that peers use stays in its network", ErrorCode::ResourceInUse,
         &moves_away_from_its_users},
};
constexpr std::array kVirtualGatewayDeletionRules = {
    Rule{"a gateway that peers use is not deleted", ErrorCode::ResourceInUse, &goes_from_its_users},
};

// What each type of connection cannot do without.
std::optional<Violation> connection_is_incomplete(const Proposal& p) {
  const NetworkConnection& b = p.body<NetworkConnection>();
  const auto needs = [&](std::string_view member) {
    return Violation{fmt::format("/properties/{}", member),
                     fmt::format("Network connection '{}' of type {} needs {}.", p.now.id.name(),
                                 Text<ConnectionType>::print(b.type), member),
                     ""};
  };
  switch (b.type) {
    case ConnectionType::IpSec:
      if (!b.ipsec) return needs("ipSecConfiguration");
      if (b.ipsec->authentication == AuthenticationMethod::Psk && !b.ipsec->has_shared_secret)
        return needs("ipSecConfiguration/sharedSecret");
      if (!b.destination) return needs("destinationIPAddress");
      break;
    case ConnectionType::Gre:
      if (!b.destination) return needs("destinationIPAddress");
      break;
    case ConnectionType::L3:
      if (b.vlan_subnet.empty()) return needs("l3Configuration/vlanSubnet");
      break;
  }
  return std::nullopt;
}

constexpr std::array kNetworkConnectionRules = {
    Rule{"a connection has what its type needs", ErrorCode::InvalidParameterValue,
         &connection_is_incomplete},
};

std::optional<Violation> policy_of_another_gateway(const Proposal& p) {
  const BgpPeer& peer = p.body<BgpPeer>();
  const ResourceId gateway = p.now.id.ancestor(Kind::VirtualGateway);
  for (const auto& [member, map] : {std::pair("policyMapIn", &peer.policy_map_in),
                                    std::pair("policyMapOut", &peer.policy_map_out)}) {
    if (map->empty() || gateway.contains(*map)) continue;
    return Violation{fmt::format("/properties/{}", member),
                     fmt::format("{} belongs to another gateway than BGP peer '{}'.", map->path(),
                                 p.now.id.name()),
                     ""};
  }
  return std::nullopt;
}

constexpr std::array kBgpPeerRules = {
    Rule{"a BGP peer's policies are of its gateway", ErrorCode::InvalidParameterValue,
         &policy_of_another_gateway},
};

}  // namespace

std::span<const Rule> virtual_gateway_rules() { return kVirtualGatewayRules; }
std::span<const Rule> virtual_gateway_deletion_rules() { return kVirtualGatewayDeletionRules; }
std::span<const Rule> network_connection_rules() { return kNetworkConnectionRules; }
std::span<const Rule> bgp_peer_rules() { return kBgpPeerRules; }

}  // namespace isthmus
