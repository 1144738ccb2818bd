#include "controller/routes/routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "controller/model/networks.h"

namespace isthmus {
namespace {

constexpr std::array<std::string_view, 3> kSourceNames = {"User", "System", "Gateway"};
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

RouteCandidate user_route(const Model& model, const Viewpoint& from, const Resource& resource) {
  const Route& route = resource.as<Route>();
  RouteCandidate candidate{route.prefix,   RouteSource::User, next_hop_of(route.next_hop_type),
                           route.next_hop, &resource,         &from.network};
  if (route.next_hop) candidate.network = network_holding(model, from, *route.next_hop);
  return candidate;
}

// What every subnet in Azure has besides the routes of networks. Source: Azure's virtual network
// traffic routing, default routes.
struct AzureDefault {
  std::string_view prefix;
  NextHop next_hop;
};
constexpr std::array kAzureDefaults = {
    AzureDefault{"0.0.0.0/0", NextHop::Internet}, AzureDefault{"10.0.0.0/8", NextHop::None},
    AzureDefault{"172.16.0.0/12", NextHop::None}, AzureDefault{"192.168.0.0/16", NextHop::None},
    AzureDefault{"100.64.0.0/10", NextHop::None}, AzureDefault{"::/0", NextHop::Internet},
};

// Only a network with IPv6 has defaults of it.
bool has_default(const Resource& network, net::Prefix block) {
  const auto& own = network.as<VirtualNetwork>().address_space;
  return block.family() == net::Family::V4 ||
         std::any_of(own.begin(), own.end(),
                     [](net::Prefix prefix) { return prefix.family() == net::Family::V6; });
}

// A block that a prefix of the network contains loses its route.
bool is_covered(const Resource& network, net::Prefix block) {
  for (const net::Prefix& own : network.as<VirtualNetwork>().address_space) {
    if (own.contains(block)) return true;
  }
  return false;
}

// Inside what the network or a peer of it has: there a gateway's route is not used.
bool is_preferred_over_gateways(const Model& model, const Viewpoint& from, net::Prefix prefix) {
  const auto contains = [prefix](const std::vector<net::Prefix>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [prefix](net::Prefix outer) { return outer.contains(prefix); });
  };
  if (contains(from.network.as<VirtualNetwork>().address_space)) return true;
  const auto peers = connected_peers(model, from.network);
  return std::any_of(peers.begin(), peers.end(), [&](const Peer& peer) {
    return takes_part(model, *peer.local, from.subnet) &&
           contains(peered_prefixes(model, *peer.local, *peer.network));
  });
}

std::optional<net::IpAddress> public_address_of(const Model& model, const Resource& gateway) {
  for (const Resource* ip : model.below(gateway.id, Kind::GatewayIpConfiguration)) {
    const ResourceId& id = ip->as<GatewayIpConfiguration>().public_ip_address;
    const Resource* address = id.empty() ? nullptr : model.find(id);
    if (address != nullptr) return address->as<PublicIpAddress>().address;
  }
  return std::nullopt;
}

// Those that a route table keeps out are none.
void add_gateway_routes(const Model& model, const Viewpoint& from, net::Prefix prefix,
                        std::vector<RouteCandidate>& found) {
  const Resource* table = from.route_table;
  if (table != nullptr && table->as<RouteTable>().disable_bgp_route_propagation) return;
  for (const GatewayRoute& route : gateway_routes(model, from.network)) {
    if (route.prefix != prefix || is_preferred_over_gateways(model, from, prefix)) continue;
    if (route.peering != nullptr && !takes_part(model, *route.peering, from.subnet)) continue;
    found.push_back({prefix, RouteSource::Gateway, NextHop::VirtualNetworkGateway,
                     public_address_of(model, *route.gateway), route.site, &from.network});
  }
}

void add_azure_system_routes(const Model& model, const Viewpoint& from, net::Prefix prefix,
                             std::vector<RouteCandidate>& found) {
  const Resource& network = from.network;
  const auto holds = [prefix](const std::vector<net::Prefix>& prefixes) {
    return std::find(prefixes.begin(), prefixes.end(), prefix) != prefixes.end();
  };
  if (holds(network.as<VirtualNetwork>().address_space))
    found.push_back({prefix, RouteSource::System, NextHop::VnetLocal, {}, &network, &network});
  for (const Resource* peering : model.peerings_with(network, prefix)) {
    const Resource* remote = model.find(peering->as<Peering>().remote_virtual_network);
    if (!holds(peering->as<Peering>().azure.remote_address_space) || remote == nullptr ||
        !connected(model, network, *remote) || !takes_part(model, *peering, from.subnet) ||
        !holds(peered_prefixes(model, *peering, *remote)))
      continue;
    found.push_back(
        {prefix, RouteSource::System, NextHop::VirtualNetworkPeering, {}, peering, remote});
  }
  add_gateway_routes(model, from, prefix, found);
  for (const AzureDefault& row : kAzureDefaults) {
    if (*net::Prefix::parse(row.prefix) != prefix || !has_default(network, prefix) ||
        is_covered(network, prefix))
      continue;
    found.push_back({prefix, RouteSource::System, row.next_hop, {}, nullptr, &network});
  }
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

std::set<net::Prefix> to_set(const std::vector<net::Prefix>& prefixes) {
  return {prefixes.begin(), prefixes.end()};
}

bool reaches(const Model& model, const Viewpoint& from, const Resource& other,
             net::IpAddress address) {
  if (!connected(model, from.network, other)) return false;
  const Resource& peering = *peering_from(model, from.network, other);
  if (!takes_part(model, peering, from.subnet)) return false;
  const auto prefixes = peered_prefixes(model, peering, other);
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [address](net::Prefix prefix) { return prefix.contains(address); });
}

}  // namespace

std::string_view name(RouteSource source) { return kSourceNames[static_cast<size_t>(source)]; }
std::string_view name(NextHop next_hop) { return kNextHopNames[static_cast<size_t>(next_hop)]; }

std::vector<RouteCandidate> candidates(const Model& model, const Viewpoint& from,
                                       net::Prefix prefix) {
  std::vector<RouteCandidate> found;  // in order of precedence
  if (from.route_table != nullptr) {
    for (const Resource* route : model.routes_with(*from.route_table, prefix)) {
      found.push_back(user_route(model, from, *route));
    }
  }
  if (from.network.id.realm() == Realm::Azure) {
    add_azure_system_routes(model, from, prefix, found);
    return found;
  }
  for (const Resource* subnet : model.subnets_with(prefix)) {
    if (auto route = system_route(model, from.network, *subnet)) found.push_back(*route);
  }
  return found;
}

std::vector<RouteCandidate> candidates_for(const Model& model, const Viewpoint& from,
                                           net::IpAddress destination) {
  std::vector<RouteCandidate> found;
  for (int length = net::address_bits(destination.family()); length >= 0; --length) {
    const auto here = candidates(model, from, net::Prefix::containing(destination, length));
    found.insert(found.end(), here.begin(), here.end());
  }
  return found;
}

std::vector<net::Prefix> own_system_prefixes(const Resource& network) {
  if (network.id.realm() != Realm::Azure) return {};
  std::vector<net::Prefix> prefixes = network.as<VirtualNetwork>().address_space;
  for (const AzureDefault& row : kAzureDefaults) {
    const net::Prefix prefix = *net::Prefix::parse(row.prefix);
    if (has_default(network, prefix)) prefixes.push_back(prefix);
  }
  return prefixes;
}

std::vector<net::Prefix> routed_prefixes(const Model& model, const Viewpoint& from) {
  const Resource& network = from.network;
  std::set<net::Prefix> prefixes;
  const auto add_subnets = [&](const Resource& home) {
    for (const Resource* subnet : model.below(home.id, Kind::Subnet))
      prefixes.insert(subnet->as<Subnet>().prefix);
  };
  if (network.id.realm() == Realm::Azure) {
    prefixes.merge(to_set(own_system_prefixes(network)));
    for (const Peer& peer : connected_peers(model, network)) {
      if (takes_part(model, *peer.local, from.subnet))
        prefixes.merge(to_set(peered_prefixes(model, *peer.local, *peer.network)));
    }
    for (const GatewayRoute& route : gateway_routes(model, network)) prefixes.insert(route.prefix);
  } else {
    add_subnets(network);
    for (const Peer& peer : connected_peers(model, network)) add_subnets(*peer.network);
  }
  if (from.route_table != nullptr) {
    for (const Resource* route : model.below(from.route_table->id, Kind::Route)) {
      prefixes.insert(route->as<Route>().prefix);
    }
  }
  return {prefixes.begin(), prefixes.end()};
}

std::vector<EffectiveRoute> effective_routes(const Model& model, const Viewpoint& from) {
  std::vector<EffectiveRoute> routes;
  for (const net::Prefix& prefix : routed_prefixes(model, from)) {
    const auto all = candidates(model, from, prefix);
    if (all.empty()) continue;  // a default route that the network's own prefixes cover
    EffectiveRoute effective{all.front(), all.front().network != nullptr, {}};
    for (size_t i = 1; i < all.size(); ++i)
      effective.losers.push_back({all[i], because(all.front(), all[i])});
    routes.push_back(std::move(effective));
  }
  return routes;
}

const Resource* network_holding(const Model& model, const Viewpoint& from, net::IpAddress address) {
  const Resource* peer = nullptr;
  for (const Resource* subnet : model.subnets_containing(address)) {
    const Resource& home = network_of(model, *subnet);
    if (home.serial == from.network.serial) return &home;
    if (peer == nullptr && reaches(model, from, home, address)) peer = &home;
  }
  return peer;
}

std::string because(const RouteCandidate& winner, const RouteCandidate& loser) {
  if (winner.prefix != loser.prefix) {
    return fmt::format("{} is longer", winner.prefix.to_string());
  }
  if (winner.source == RouteSource::Gateway)
    return "a gateway's route wins over a default route of the same prefix";
  if (winner.source != loser.source)
    return "a user route wins over a system route of the same prefix";
  return "the own network's route wins over a peer's of the same prefix";
}

}  // namespace isthmus
