// The full Internet routing table, held against the elementary-interval oracle: every prefix at its
// edges, and ten million random and routed addresses of each family. Prints what it took.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "dataplane/fib/rib.h"
#include "tests/support/fib_oracle.h"
#include "tests/support/full_table.h"
#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using std::chrono::steady_clock;

constexpr size_t kLookups = test::kSanitized ? 200'000 : 10'000'000;  // of each family
constexpr size_t kRoutesMax = test::kSanitized ? 50'000 : SIZE_MAX;   // of each family
constexpr size_t kBatch = 1'000'000;

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

class FullTableTest : public testing::TestWithParam<Family> {
 protected:
  static const test::FullTable& table() {
    static const test::FullTable full =
        test::read_full_table(ISTHMUS_SOURCE_DIR "/tools/bench/data/bgp-prefixes-2026-07.txt.gz");
    return full;
  }
  // Spread over the whole table where not all are taken.
  std::vector<Route> routes() const {
    const std::vector<Route>& all = table().of(GetParam());
    const size_t step = (all.size() - 1) / kRoutesMax + 1;
    std::vector<Route> taken;
    for (size_t i = 0; i < all.size(); i += step) taken.push_back(all[i]);
    return taken;
  }

  // Sorted first: the oracle's binary search then finds its path in the cache.
  void expect_equal(const Rib& rib, const test::IntervalFib& oracle,
                    std::vector<IpAddress>& addresses) {
    std::vector<uint32_t> values(addresses.size());
    const auto start = steady_clock::now();
    rib.lookup(addresses, values);
    lookup_seconds_ += seconds_since(start);
    lookups_ += addresses.size();
    std::vector<uint32_t> order(addresses.size());
    for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](uint32_t a, uint32_t b) { return addresses[a] < addresses[b]; });
    size_t wrong = 0;
    for (const uint32_t i : order) wrong += values[i] != oracle.lookup(addresses[i]) ? 1 : 0;
    EXPECT_EQ(wrong, 0u);
  }

  double lookup_seconds_ = 0;
  size_t lookups_ = 0;
};

TEST_P(FullTableTest, LookupsEqualTheOracle) {
  constexpr uint64_t kSeed = 20260724;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const std::vector<Route> taken = routes();
  const auto start = steady_clock::now();
  const Rib rib = Rib::build(taken);
  const double build_seconds = seconds_since(start);
  const test::IntervalFib oracle(taken);
  ASSERT_EQ(rib.size(), taken.size());

  std::vector<IpAddress> addresses;
  for (const Route& route : taken) {
    const IpAddress first = route.prefix.address();
    const IpAddress last = route.prefix.last();
    for (const IpAddress& edge : {first, last, last.plus(1)}) addresses.push_back(edge);
  }
  expect_equal(rib, oracle, addresses);
  const size_t edges = addresses.size();
  lookup_seconds_ = 0;
  lookups_ = 0;
  for (size_t done = 0; done < kLookups; done += addresses.size()) {
    addresses.resize(std::min(kBatch, kLookups - done));
    for (size_t i = 0; i < addresses.size(); ++i) {
      addresses[i] = i % 2 == 0 ? test::random_address(GetParam(), random)
                                : test::routed_address(taken, random);
    }
    expect_equal(rib, oracle, addresses);
  }
  ASSERT_EQ(lookups_, kLookups);
  std::printf(
      "IPv%d: %zu prefixes in %.0f ms, %.1f bytes a prefix; %zu random and routed lookups (%.1f ns "
      "each) and %zu at the edges of prefixes equal the oracle of %zu intervals\n",
      GetParam() == Family::V4 ? 4 : 6, taken.size(), build_seconds * 1e3,
      static_cast<double>(rib.bytes()) / static_cast<double>(taken.size()), lookups_,
      lookup_seconds_ * 1e9 / static_cast<double>(lookups_), edges, oracle.intervals());
}

TEST_P(FullTableTest, WalksInTheOrderOfPrefixes) {
  const std::vector<Route> taken = routes();
  const Rib rib = Rib::build(taken);
  size_t next = 0;
  size_t wrong = 0;
  rib.for_each([&](const Route& route) { wrong += route == taken[next++] ? 0 : 1; });
  EXPECT_EQ(next, taken.size());
  EXPECT_EQ(wrong, 0u);
}

INSTANTIATE_TEST_SUITE_P(Families, FullTableTest, testing::Values(Family::V4, Family::V6),
                         [](const auto& test) {
                           return test.param == Family::V4 ? "IPv4" : "IPv6";
                         });

}  // namespace
}  // namespace isthmus::dataplane
