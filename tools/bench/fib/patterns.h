// Which addresses of one table are asked for, and in which order. The same seed gives the same
// packets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "tools/bench/fib/packets.h"
#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

enum class Pattern {
  Uniform,     // any address; IPv6 within 2000::/3, where all assigned addresses are
  Routed,      // any route, any address in it
  Zipf,        // a million routed flows, the k-th of which is asked for in proportion to 1/k
  Sequential,  // each address is the one before + 3571; IPv4
  Deep,        // only /24s that hold longer prefixes, each as likely; IPv4
};

// Empty where the table has no such addresses: deep in a table without prefixes beyond /24.
Packets make_packets(Pattern pattern, const RouteSet& routes, size_t count, uint64_t seed);

// Draws k of 0 .. n-1 in proportion to 1 / (k + 1): Zipf's law with s = 1.
class Zipf {
 public:
  explicit Zipf(size_t n);
  size_t operator()(std::mt19937_64& random) const;

 private:
  std::vector<double> sums_;  // [k]: of 1 / (i + 1) for i = 0 .. k
};

// Any address of the family that may be in use, and any address that the prefix contains.
net::IpAddress random_address(net::Family family, std::mt19937_64& random);
net::IpAddress random_address_in(const net::Prefix& prefix, std::mt19937_64& random);

}  // namespace isthmus::bench
