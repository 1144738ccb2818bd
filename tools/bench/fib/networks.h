// Virtual networks to measure with: a table for each, and the traffic between them.
//
// Every network has own prefixes (/20 to /24) in private space, disjoint from all others. A table
// holds the default route, its network's own prefixes, and those of its peers; in a mix also user
// routes, of which 60 % lie inside peers' prefixes, 30 % are public /16 to /24 and 10 % public
// hosts. What a value means is the same in every table, as it is in the product: network i is
// value i everywhere but at home, where it is delivered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/bench/fib/packets.h"
#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

struct NetworkPlan {
  size_t networks = 1000;
  size_t peers = 0;         // of each network, drawn at random; networks - 1 is a full mesh
  size_t prefixes_max = 1;  // own prefixes of a network: 1 to this many
  size_t user_routes = 0;
  uint32_t appliances = 64;  // next hops of the user routes
};
// 1,000 networks are 1.39 million and 1.0 million routes.
NetworkPlan mix_plan(size_t networks);
NetworkPlan mesh_plan(size_t networks);

struct Networks {
  RouteSet routes;                                 // tables[i] is network i's
  std::vector<std::vector<net::Prefix>> prefixes;  // own ones of each network
  std::vector<std::vector<uint32_t>> peers;        // of each network
};
Networks make_networks(const NetworkPlan& plan, uint64_t seed);

// Senders after Zipf's law (s = 1), mixed from packet to packet; destinations: 50 % a peer, 20 %
// the own network, 20 % any route of the table, 10 % the Internet.
Packets make_traffic(const Networks& networks, size_t count, uint64_t seed);

}  // namespace isthmus::bench
