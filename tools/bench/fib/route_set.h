// The routes that a group of workloads is measured with: one table, or one per virtual network.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "dataplane/fib/rib.h"

namespace isthmus::bench {

using dataplane::kNoRoute;
using dataplane::Route;

struct RouteSet {
  std::string name;  // as the report has it
  net::Family family = net::Family::V4;
  std::vector<std::vector<Route>> tables;  // each in the order of prefixes, each prefix once

  size_t routes() const {
    size_t count = 0;
    for (const auto& table : tables) count += table.size();
    return count;
  }
};

// Puts routes into the order that RouteSet wants; of equal prefixes the last one stays.
void sort_routes(std::vector<Route>& routes);

}  // namespace isthmus::bench
