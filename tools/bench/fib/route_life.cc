#include "tools/bench/fib/route_life.h"

#include <algorithm>
#include <utility>

namespace isthmus::bench {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;

constexpr size_t kAwayMax = 5'000;
constexpr size_t kOthersMax = 20'000;
constexpr uint32_t kNextHops = 5'000;
constexpr size_t kChangesMax = 16;  // of one transaction

}  // namespace

RouteLife::RouteLife(const std::vector<Route>& v4, const std::vector<Route>& v6, double share6,
                     uint64_t seed)
    : random_(seed), share6_(share6) {
  for (const Family family : {Family::V4, Family::V6}) {
    Routes& routes = routes_[static_cast<size_t>(family)];
    routes.family = family;
    routes.own = family == Family::V4 ? v4 : v6;
    routes.known.reserve(routes.own.size() + kOthersMax);
    for (const Route& route : routes.own) routes.known.insert(route.prefix);
  }
}

void RouteLife::next(std::vector<RouteChange>& transaction, size_t most) {
  transaction.clear();
  const size_t count = below(8) == 0 ? 2 + below(kChangesMax - 1) : 1;
  for (size_t i = 0; i < std::min(count, most); ++i) {
    const bool is_v6 = std::uniform_real_distribution<>()(random_) < share6_;
    Routes& routes = routes_[is_v6 ? 1 : 0];
    transaction.push_back(change(routes.own.empty() ? routes_[is_v6 ? 0 : 1] : routes));
  }
}

RouteChange RouteLife::change(Routes& routes) {
  switch (below(8)) {
    case 0:
    case 1:
      return withdraw(routes);
    case 2:
    case 3:
      return announce(routes);
    case 4:
    case 5:
      return add(routes);
    case 6:
      return drop(routes);
    default:
      return replace(routes);
  }
}

RouteChange RouteLife::withdraw(Routes& routes) {
  if (routes.away.size() >= std::min(kAwayMax, routes.own.size() / 2)) return announce(routes);
  const size_t i = below(routes.own.size());
  if (routes.own[i].value == kNoRoute) return announce(routes);
  routes.own[i].value = kNoRoute;
  routes.away.push_back(i);
  return {routes.own[i].prefix, std::nullopt};
}

RouteChange RouteLife::announce(Routes& routes) {
  if (routes.away.empty()) return replace(routes);
  std::swap(routes.away[below(routes.away.size())], routes.away.back());
  Route& route = routes.own[routes.away.back()];
  routes.away.pop_back();
  route.value = static_cast<uint32_t>(below(kNextHops));
  return {route.prefix, route.value};
}

// Half of them inside a route; the others anywhere, as long as prefixes mostly are.
Prefix RouteLife::new_prefix(const Routes& routes) {
  const Prefix& outer = routes.own[below(routes.own.size())].prefix;
  const bool is_v4 = routes.family == Family::V4;
  const int bits = net::address_bits(routes.family);
  const int kept = below(2) == 0 ? outer.length() : (is_v4 ? 4 : 16);
  const int longer = 1 + static_cast<int>(below(below(8) == 0 ? 64 : 8));
  const int length =
      std::min(bits, kept == outer.length() ? outer.length() + longer : (is_v4 ? 16 : 28) + longer);
  const net::Bits128 host = net::Bits128{random_(), random_()} & ~net::Bits128::mask(kept);
  return Prefix::containing(
      IpAddress::from_bits(routes.family,
                           (outer.address().bits() & net::Bits128::mask(kept)) | host),
      length);
}

RouteChange RouteLife::add(Routes& routes) {
  if (routes.others.size() >= kOthersMax) return drop(routes);
  const Prefix prefix = new_prefix(routes);
  if (!routes.known.insert(prefix).second) return replace(routes);
  routes.others.push_back({prefix, static_cast<uint32_t>(below(kNextHops))});
  return {prefix, routes.others.back().value};
}

RouteChange RouteLife::drop(Routes& routes) {
  if (routes.others.empty()) return replace(routes);
  std::swap(routes.others[below(routes.others.size())], routes.others.back());
  const Prefix prefix = routes.others.back().prefix;
  routes.others.pop_back();
  routes.known.erase(prefix);
  return {prefix, std::nullopt};
}

RouteChange RouteLife::replace(Routes& routes) {
  const size_t i = below(routes.own.size());
  Route& route = routes.own[i];
  if (route.value == kNoRoute) return {route.prefix, std::nullopt};  // withdrawn once more
  route.value = static_cast<uint32_t>(below(kNextHops));
  return {route.prefix, route.value};
}

std::vector<Route> RouteLife::routes(Family family) const {
  const Routes& all = of(family);
  std::vector<Route> out = all.others;
  std::copy_if(all.own.begin(), all.own.end(), std::back_inserter(out),
               [](const Route& route) { return route.value != kNoRoute; });
  std::sort(out.begin(), out.end(),
            [](const Route& a, const Route& b) { return a.prefix < b.prefix; });
  return out;
}

}  // namespace isthmus::bench
