// Forwarding table of the full Internet routing table: building, looking up, changing.

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "dataplane/fib/rib.h"
#include "tests/support/full_table.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;

const test::FullTable& table() {
  static const test::FullTable full =
      test::read_full_table(ISTHMUS_SOURCE_DIR "/tools/bench/data/bgp-prefixes-2026-07.txt.gz");
  return full;
}

const Rib& full_rib(Family family) {
  static const Rib ribs[] = {Rib::build(table().v4), Rib::build(table().v6)};
  return ribs[static_cast<size_t>(family)];
}

void build(benchmark::State& state, Family family) {
  const std::vector<Route>& routes = table().of(family);
  size_t bytes = 0;
  for (auto _ : state) {
    const Rib rib = Rib::build(routes);
    bytes = rib.bytes();
  }
  state.counters["prefixes"] = static_cast<double>(routes.size());
  state.counters["bytes/prefix"] = static_cast<double>(bytes) / static_cast<double>(routes.size());
}

enum class Workload { Random, Routed };

// Bursts of 64 out of 2^20 addresses: more than the caches keep of the table.
void lookup(benchmark::State& state, Family family, Workload workload) {
  constexpr size_t kAddresses = 1 << 20;
  constexpr size_t kBurst = 64;
  std::mt19937_64 random(1);
  std::vector<IpAddress> addresses(kAddresses);
  for (IpAddress& address : addresses) {
    address = workload == Workload::Random ? test::random_address(family, random)
                                           : test::routed_address(table().of(family), random);
  }
  const Rib& rib = full_rib(family);
  std::vector<uint32_t> values(kBurst);
  size_t at = 0;
  for (auto _ : state) {
    rib.lookup({&addresses[at], kBurst}, values);
    benchmark::DoNotOptimize(values.data());
    benchmark::ClobberMemory();
    at = (at + kBurst) % kAddresses;
  }
  state.counters["each"] = benchmark::Counter(
      kBurst, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

// One route withdrawn and announced again, each time in a new version.
void change(benchmark::State& state, Family family) {
  const std::vector<Route>& routes = table().of(family);
  std::mt19937_64 random(1);
  Rib rib = full_rib(family);
  for (auto _ : state) {
    const Route& route = routes[random() % routes.size()];
    rib = rib.without(route.prefix);
    rib = rib.with(route.prefix, route.value);
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * 2);
}

BENCHMARK_CAPTURE(build, full_table_ipv4, Family::V4)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build, full_table_ipv6, Family::V6)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(lookup, full_table_ipv4_random, Family::V4, Workload::Random);
BENCHMARK_CAPTURE(lookup, full_table_ipv4_routed, Family::V4, Workload::Routed);
BENCHMARK_CAPTURE(lookup, full_table_ipv6_random, Family::V6, Workload::Random);
BENCHMARK_CAPTURE(lookup, full_table_ipv6_routed, Family::V6, Workload::Routed);
BENCHMARK_CAPTURE(change, full_table_ipv4, Family::V4);
BENCHMARK_CAPTURE(change, full_table_ipv6, Family::V6);

}  // namespace
}  // namespace isthmus::dataplane
