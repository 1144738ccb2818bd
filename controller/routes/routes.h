// Which routes a network has, who won, and why the others lost. Asked from a model; nothing of it
// is stored.
//
// Route selection: the longest prefix wins (that is the forwarding table's work); among routes of
// one prefix, a user route wins over a system route (decisions: N25 and the pipeline, stage 3), and
// in Azure the own network's and a peer's over one of a gateway, which wins over a default. A
// gateway's route inside a prefix of the own network or of a peer is not used, longer or not.
// On-prem, the system routes of a network are its own subnets, and the subnets of networks whose
// peering with it is Connected on both sides (N14). In Azure they are its own prefixes, those of
// peers as they were synchronised last, and the defaults that Azure gives every subnet. Of a peer
// with which subnets are peered, a subnet has routes when it takes part.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/model/networks.h"

namespace isthmus {

enum class RouteSource : uint8_t { User, System, Gateway };
std::string_view name(RouteSource source);

// Names as our own API prints them (decisions: N14).
enum class NextHop : uint8_t {
  VnetLocal,
  VirtualNetworkPeering,
  VirtualAppliance,
  VirtualNetworkGateway,
  Internet,
  None,
};
std::string_view name(NextHop next_hop);

struct RouteCandidate {
  net::Prefix prefix;
  RouteSource source = RouteSource::System;
  NextHop next_hop = NextHop::None;
  std::optional<net::IpAddress> next_hop_address;  // of an appliance; the public one of a gateway
  const Resource* via = nullptr;  // the user route, the own subnet, the own network's peering
                                  // object, or the local network gateway
  const Resource* network =
      nullptr;  // where packets go on; null for an appliance that nothing reaches
};

// Every candidate for exactly this prefix, best first.
std::vector<RouteCandidate> candidates(const Model& model, const Viewpoint& from,
                                       net::Prefix prefix);

// The candidates of every prefix that contains the address: the longest prefix first, the best
// first within one.
std::vector<RouteCandidate> candidates_for(const Model& model, const Viewpoint& from,
                                           net::IpAddress destination);

// The prefixes of the system routes that follow from the network alone: in Azure its own and the
// defaults, on-prem none.
std::vector<net::Prefix> own_system_prefixes(const Resource& network);

// Every prefix for which there is a candidate, each once, sorted.
std::vector<net::Prefix> routed_prefixes(const Model& model, const Viewpoint& from);

struct LostRoute {
  RouteCandidate route;
  std::string because;
};
struct EffectiveRoute {
  RouteCandidate route;
  bool is_reachable =
      true;  // false: an appliance whose address is in neither the own nor a peered network
  std::vector<LostRoute> losers;
};
// Sorted by prefix.
std::vector<EffectiveRoute> effective_routes(const Model& model, const Viewpoint& from);

// The network that holds the address, as seen from there: itself or a directly peered one. Null
// where there is none.
const Resource* network_holding(const Model& model, const Viewpoint& from, net::IpAddress address);

// Why `loser` lost to `winner`.
std::string because(const RouteCandidate& winner, const RouteCandidate& loser);

}  // namespace isthmus
