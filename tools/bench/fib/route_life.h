// What happens to the routes of the real tables over a long time: an endless sequence of changes,
// which follows from the seed alone.
//
// Routes are withdrawn and come back, many with another next hop; more specific ones and entirely
// new ones come, and go for good; next hops change in place. At any time all but a few thousand of
// the table's own routes are there, and a few thousand others. One transaction in eight is of
// several changes, of both families. The routes are kept by the plainest means, apart from every
// structure that is judged by them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <unordered_set>
#include <vector>

#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

struct RouteChange {
  net::Prefix prefix;
  std::optional<uint32_t> value;  // none: it is withdrawn
};

class RouteLife {
 public:
  // `share6` of the changes, 0 to 1, are of IPv6.
  RouteLife(const std::vector<Route>& v4, const std::vector<Route>& v6, double share6,
            uint64_t seed);

  // The changes of one transaction, `most` at most, replace what `transaction` held.
  void next(std::vector<RouteChange>& transaction, size_t most);

  // The routes as they are now, in the order of prefixes.
  std::vector<Route> routes(net::Family family) const;
  // Prefixes that the table began with, whether they are there now or not.
  const std::vector<Route>& own(net::Family family) const { return of(family).own; }

 private:
  struct PrefixHash {
    size_t operator()(const net::Prefix& prefix) const noexcept {
      return std::hash<net::IpAddress>()(prefix.address()) * 131 +
             static_cast<size_t>(prefix.length());
    }
  };
  struct Routes {  // of a family
    net::Family family;
    std::vector<Route> own;     // kNoRoute: withdrawn for now
    std::vector<size_t> away;   // those of `own` that are
    std::vector<Route> others;  // that came later
    std::unordered_set<net::Prefix, PrefixHash> known;
  };

  const Routes& of(net::Family family) const { return routes_[static_cast<size_t>(family)]; }
  size_t below(size_t bound) { return static_cast<size_t>(random_() % bound); }
  RouteChange change(Routes& routes);
  RouteChange withdraw(Routes& routes);
  RouteChange announce(Routes& routes);
  RouteChange add(Routes& routes);
  RouteChange drop(Routes& routes);
  RouteChange replace(Routes& routes);
  net::Prefix new_prefix(const Routes& routes);

  std::mt19937_64 random_;
  double share6_;
  Routes routes_[2];
};

}  // namespace isthmus::bench
