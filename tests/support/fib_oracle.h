// Longest-prefix match in two ways that are too plain to be wrong, to hold the fast one against.
//
// LinearFib looks at every route. IntervalFib cuts the address space of one family into the
// elementary intervals between the first and last addresses of all prefixes, decides each interval
// once, and then answers by binary search: fast enough for millions of lookups in a full table.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/fib/rib.h"

namespace isthmus::test {

// The address before this one; before the first of its family, the last one.
inline net::IpAddress address_before(const net::IpAddress& address) {
  const net::Bits128 bits = address.bits();
  if (address.is_v4()) return net::IpAddress::v4(address.v4_host_order() - 1);
  return net::IpAddress::v6({bits.lo == 0 ? bits.hi - 1 : bits.hi, bits.lo - 1});
}

class LinearFib {
 public:
  void set(const net::Prefix& prefix, uint32_t value) { routes_[prefix] = value; }
  bool erase(const net::Prefix& prefix) { return routes_.erase(prefix) == 1; }
  uint32_t lookup(const net::IpAddress& address) const {
    uint32_t value = dataplane::kNoRoute;
    int longest = -1;
    for (const auto& [prefix, candidate] : routes_) {
      if (prefix.length() <= longest || !prefix.contains(address)) continue;
      longest = prefix.length();
      value = candidate;
    }
    return value;
  }
  const std::map<net::Prefix, uint32_t>& routes() const { return routes_; }

 private:
  std::map<net::Prefix, uint32_t> routes_;
};

class IntervalFib {
 public:
  // Sorted routes of one family, each prefix once.
  explicit IntervalFib(std::span<const dataplane::Route> routes) {
    // Sorted prefixes nest like brackets: a stack of the prefixes that are open at this address
    // tells who decides from here on.
    std::vector<const dataplane::Route*> open;
    for (const dataplane::Route& route : routes) {
      close_until(open, route.prefix);
      open.push_back(&route);
      begin(route.prefix.address(), route.value);
    }
    close_until(open, std::nullopt);
  }

  uint32_t lookup(const net::IpAddress& address) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), address.bits());
    if (after == starts_.begin()) return dataplane::kNoRoute;
    return values_[static_cast<size_t>(after - starts_.begin() - 1)];
  }
  size_t intervals() const { return starts_.size(); }

 private:
  // Ends the open prefixes that do not contain `next`; the one around each decides after it.
  void close_until(std::vector<const dataplane::Route*>& open,
                   const std::optional<net::Prefix>& next) {
    while (!open.empty() && !(next && open.back()->prefix.contains(*next))) {
      const net::IpAddress last = open.back()->prefix.last();
      open.pop_back();
      const net::IpAddress after = last.plus(1);
      if (after > last) begin(after, open.empty() ? dataplane::kNoRoute : open.back()->value);
    }
  }
  void begin(const net::IpAddress& start, uint32_t value) {
    if (!starts_.empty() && starts_.back() == start.bits()) {
      values_.back() = value;
      return;
    }
    starts_.push_back(start.bits());
    values_.push_back(value);
  }

  std::vector<net::Bits128> starts_;
  std::vector<uint32_t> values_;
};

}  // namespace isthmus::test
