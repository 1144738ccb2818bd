#include "controller/routes/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "controller/model/networks.h"

namespace isthmus {
namespace {

constexpr std::array<std::string_view, 2> kSourceNames = {"User", "System"};
constexpr std::array<std::string_view, 6> kNextHopNames = {
    "VnetLocal", "VirtualNetworkPeering", "VirtualAppliance", "VirtualNetworkGateway", "Internet",
    "None"};

NextHop next_hop_of(NextHopType type) {
  switch (type) {
    case NextHopType::VnetLocal:
      return NextHop::VnetLocal;
    case NextHopType::VirtualAppliance:
      return NextHop::VirtualAppliance;
    case NextHopType::VirtualNetworkGateway:
      return NextHop::VirtualNetworkGateway;
    case NextHopType::Internet:
      return NextHop::Internet;
    case NextHopType::None:
      return NextHop::None;
  }
  return NextHop::None;
}

RouteCandidate user_route(const Model& model, const Resource& network, const Resource& resource) {
  const Route& route = resource.as<Route>();
  RouteCandidate candidate{route.prefix,   RouteSource::User, next_hop_of(route.next_hop_type),
                           route.next_hop, &resource,         &network};
  if (route.next_hop) candidate.network = network_holding(model, network, *route.next_hop);
  return candidate;
}

// A subnet as the network sees it: its own, or one of a Connected peer. Nothing otherwise.
std::optional<RouteCandidate> system_route(const Model& model, const Resource& network,
                                           const Resource& subnet) {
  const net::Prefix prefix = subnet.as<Subnet>().prefix;
  const Resource& home = network_of(model, subnet);
  if (home.serial == network.serial) {
    return RouteCandidate{prefix, RouteSource::System, NextHop::VnetLocal, {}, &subnet, &network};
  }
  if (!connected(model, network, home)) return std::nullopt;
  return RouteCandidate{prefix,
                        RouteSource::System,
                        NextHop::VirtualNetworkPeering,
                        {},
                        peering_from(model, network, home),
                        &home};
}

}  // namespace

std::string_view name(RouteSource source) { return kSourceNames[static_cast<size_t>(source)]; }
std::string_view name(NextHop next_hop) { return kNextHopNames[static_cast<size_t>(next_hop)]; }

std::vector<RouteCandidate> candidates(const Model& model, const Resource& network,
                                       const Resource* route_table, net::Prefix prefix) {
  std::vector<RouteCandidate> found;  // in order of precedence
  if (route_table != nullptr) {
    for (const Resource* route : model.routes_with(*route_table, prefix)) {
      found.push_back(user_route(model, network, *route));
    }
  }
  for (const Resource* subnet : model.subnets_with(prefix)) {
    if (auto route = system_route(model, network, *subnet)) found.push_back(*route);
  }
  return found;
}

std::vector<RouteCandidate> candidates_for(const Model& model, const Resource& network,
                                           const Resource* route_table,
                                           net::IpAddress destination) {
  std::vector<RouteCandidate> found;
  for (int length = net::address_bits(destination.family()); length >= 0; --length) {
    const auto here =
        candidates(model, network, route_table, net::Prefix::containing(destination, length));
    found.insert(found.end(), here.begin(), here.end());
  }
  return found;
}

std::vector<net::Prefix> routed_prefixes(const Model& model, const Resource& network,
                                         const Resource* route_table) {
  std::set<net::Prefix> prefixes;
  const auto add_subnets = [&](const Resource& home) {
    for (const Resource* subnet : model.below(home.id, Kind::Subnet))
      prefixes.insert(subnet->as<Subnet>().prefix);
  };
  add_subnets(network);
  for (const Peer& peer : connected_peers(model, network)) add_subnets(*peer.network);
  if (route_table != nullptr) {
    for (const Resource* route : model.below(route_table->id, Kind::Route)) {
      prefixes.insert(route->as<Route>().prefix);
    }
  }
  return {prefixes.begin(), prefixes.end()};
}

std::vector<EffectiveRoute> effective_routes(const Model& model, const Resource& network,
                                             const Resource* route_table) {
  std::vector<EffectiveRoute> routes;
  for (const net::Prefix& prefix : routed_prefixes(model, network, route_table)) {
    const auto all = candidates(model, network, route_table, prefix);
    EffectiveRoute effective{all.front(), all.front().network != nullptr, {}};
    for (size_t i = 1; i < all.size(); ++i)
      effective.losers.push_back({all[i], because(all.front(), all[i])});
    routes.push_back(std::move(effective));
  }
  return routes;
}

const Resource* network_holding(const Model& model, const Resource& network,
                                net::IpAddress address) {
  const Resource* peer = nullptr;
  for (const Resource* subnet : model.subnets_containing(address)) {
    const Resource& home = network_of(model, *subnet);
    if (home.serial == network.serial) return &home;
    if (peer == nullptr && connected(model, network, home)) peer = &home;
  }
  return peer;
}

std::string because(const RouteCandidate& winner, const RouteCandidate& loser) {
  if (winner.prefix != loser.prefix) {
    return fmt::format("{} is longer", winner.prefix.to_string());
  }
  if (winner.source != loser.source)
    return "a user route wins over a system route of the same prefix";
  return "the own network's route wins over a peer's of the same prefix";
}

}  // namespace isthmus
