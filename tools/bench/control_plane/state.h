// What the daemon holds and has counted, as a client reads it.
#pragma once

#include <cstddef>
#include <string>

#include "tools/bench/control_plane/client.h"

namespace isthmus::bench::control_plane {

// All virtual networks and interfaces, read page by page.
struct Inventory {
  size_t networks = 0;
  size_t interfaces = 0;
  size_t peerings = 0;   // objects: each side is one
  size_t connected = 0;  // of them
  friend bool operator==(const Inventory&, const Inventory&) = default;
};
Inventory read_inventory(Client& client);
std::string to_string(const Inventory& inventory);

// Every page of a collection, and nothing done with it.
void read_collection(Client& client, const std::string& target);

// Counters since the daemon's start.
struct Counters {
  double changes = 0;
  double transactions = 0;
  double commit_seconds = 0;
  double recomputed_routes = 0;
};
Counters read_counters(Client& client);

// Of everything that the dataplane forwards.
std::string read_digest(Client& client);

}  // namespace isthmus::bench::control_plane
