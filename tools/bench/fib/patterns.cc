#include "tools/bench/fib/patterns.h"

#include <algorithm>

namespace isthmus::bench {
namespace {

constexpr size_t kZipfFlows = 1'000'000;
constexpr uint32_t kSequentialStep = 3571;  // prime: neighbours in time are no neighbours in a line

std::vector<net::IpAddress> routed_flows(const std::vector<Route>& routes, size_t count,
                                         std::mt19937_64& random) {
  std::vector<net::IpAddress> flows(count);
  for (net::IpAddress& flow : flows)
    flow = random_address_in(routes[random() % routes.size()].prefix, random);
  return flows;
}

Packets zipf(const std::vector<Route>& routes, size_t count, std::mt19937_64& random) {
  const std::vector<net::IpAddress> flows = routed_flows(routes, kZipfFlows, random);
  const Zipf rank(flows.size());
  Packets packets;
  while (packets.size() < count) packets.add(0, flows[rank(random)]);
  return packets;
}

Packets deep(const std::vector<Route>& routes, size_t count, std::mt19937_64& random) {
  std::vector<net::Prefix> blocks;  // sorted as the routes are
  for (const Route& route : routes) {
    if (route.prefix.length() <= 24) continue;
    const auto block = net::Prefix::containing(route.prefix.address(), 24);
    if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
  }
  Packets packets;
  while (!blocks.empty() && packets.size() < count)
    packets.add(0, random_address_in(blocks[random() % blocks.size()], random));
  return packets;
}

}  // namespace

Zipf::Zipf(size_t n) : sums_(n) {
  double sum = 0;
  for (size_t k = 0; k < n; ++k) sums_[k] = sum += 1 / static_cast<double>(k + 1);
}

size_t Zipf::operator()(std::mt19937_64& random) const {
  const double at = static_cast<double>(random() >> 11) * 0x1p-53 * sums_.back();
  const auto found = std::upper_bound(sums_.begin(), sums_.end(), at);
  return std::min(static_cast<size_t>(found - sums_.begin()), sums_.size() - 1);
}

net::IpAddress random_address(net::Family family, std::mt19937_64& random) {
  net::Bits128 bits;
  bits.hi = random();
  bits.lo = random();
  if (family == net::Family::V6) bits.hi = bits.hi >> 3 | uint64_t{1} << 61;
  return net::IpAddress::from_bits(family, bits);
}

net::IpAddress random_address_in(const net::Prefix& prefix, std::mt19937_64& random) {
  net::Bits128 host;
  host.hi = random();
  host.lo = random();
  host = host & ~net::Bits128::mask(prefix.length());
  return net::IpAddress::from_bits(prefix.family(), prefix.address().bits() | host);
}

Packets make_packets(Pattern pattern, const RouteSet& set, size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::vector<Route>& routes = set.tables.front();
  switch (pattern) {
    case Pattern::Zipf:
      return zipf(routes, count, random);
    case Pattern::Deep:
      return deep(routes, count, random);
    case Pattern::Uniform:
    case Pattern::Routed:
    case Pattern::Sequential:
      break;
  }
  Packets packets;
  for (uint32_t i = 0; i < count; ++i) {
    if (pattern == Pattern::Uniform)
      packets.add(0, random_address(set.family, random));
    else if (pattern == Pattern::Routed)
      packets.add(0, random_address_in(routes[random() % routes.size()].prefix, random));
    else
      packets.add(0, net::IpAddress::v4(i * kSequentialStep));
  }
  return packets;
}

}  // namespace isthmus::bench
