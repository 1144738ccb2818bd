// Wide4 against the oracles: every edge, every build of the loops, narrow and wide cells, random
// lives of changes, and a reader beside the writer.
#include "dataplane/fib/wide4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>
#include <vector>

#include "dataplane/fib/wide4_test.h"
#include "tests/support/fib_oracle.h"
#include "tests/support/full_table.h"
#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;
using test::add_edges;
using test::expect_equal;
using test::look_up;
using test::prefix;
using Visible = Wide4::Visible;
using Random = std::mt19937_64;

// Clustered, so that prefixes meet in the same /16 and the same /24; most are of common lengths.
Prefix random_prefix(Random& random) {
  constexpr int kLengths[] = {0, 1, 7, 8, 12, 15, 16, 17, 19, 20, 22, 23, 24, 24, 25, 28, 31, 32};
  const uint32_t near = 0x0A000000 | (random() % 2 == 0 ? 0x01020300u : 0);
  const auto spread =
      static_cast<uint32_t>(random()) & (random() % 2 == 0 ? 0x0003FFFF : 0xFFFFFFFF);
  return Prefix::containing(IpAddress::v4(near ^ spread), kLengths[random() % std::size(kLengths)]);
}

TEST(Wide4, AnEmptyTableDecidesNothing) {
  const Wide4 table{Rib()};
  EXPECT_EQ(look_up(table.view(), {0, 1, 0x0A000001, 0xFFFFFFFF}),
            std::vector<uint32_t>(4, kNoRoute));
}

TEST(Wide4, TakesAnyCountOfAddresses) {
  Rib routes;
  routes.set(prefix("10.0.0.0/8"), 1);
  routes.set(prefix("10.0.0.128/25"), 2);
  const Wide4 table(routes);
  for (size_t count = 0; count < 200; ++count) {
    std::vector<uint32_t> addresses;
    for (size_t i = 0; i < count; ++i)
      addresses.push_back(0x0A000000 + static_cast<uint32_t>(i) * 3);
    expect_equal(table.view(), routes, addresses);
  }
}

TEST(Wide4, LongerPrefixesDecide) {
  Rib routes;
  const char* nested[] = {"0.0.0.0/0",     "10.0.0.0/8",     "10.1.0.0/16",   "10.1.128.0/17",
                          "10.1.200.0/24", "10.1.200.64/26", "10.1.200.65/32"};
  uint32_t value = 0;
  for (const char* text : nested) routes.set(prefix(text), ++value);
  const Wide4 table(routes);
  EXPECT_EQ(look_up(table.view(), {0x01010101, 0x0A000000, 0x0A010000, 0x0A018000, 0x0A01C800,
                                   0x0A01C840, 0x0A01C841, 0x0A01C842}),
            (std::vector<uint32_t>{1, 2, 3, 4, 5, 6, 7, 6}));
}

class Wide4Life : public testing::TestWithParam<uint64_t> {
 protected:
  static constexpr size_t kPrefixesMax = 300;

  // Changes one to four prefixes of `routes_`; answers which.
  std::vector<Prefix> change_routes(uint32_t value_max) {
    std::vector<Prefix> changed;
    for (uint64_t n = random_() % 4 == 0 ? 1 + random_() % 4 : 1; n > 0; --n) {
      const bool known = !known_.empty() && random_() % 2 == 0;
      const Prefix target = known ? known_[random_() % known_.size()] : random_prefix(random_);
      if (random_() % 2 == 0 || known_.size() > kPrefixesMax) {
        routes_.erase(target);
      } else {
        routes_.set(target, static_cast<uint32_t>(random_() % value_max));
        known_.push_back(target);
      }
      changed.push_back(target);
    }
    return changed;
  }
  std::vector<uint32_t> edges_of(const std::vector<Prefix>& prefixes) {
    std::vector<uint32_t> addresses;
    for (const Prefix& one : prefixes) add_edges(addresses, one, random_);
    return addresses;
  }

  // 250 values from `first` on, more than a palette has; answers the prefixes that have them.
  std::vector<Prefix> announce_values(uint32_t first) {
    std::vector<Prefix> announced;
    for (uint32_t i = 0; i < 250; ++i) {
      announced.push_back(Prefix::containing(IpAddress::v4(0xC0000000 + (i << 16)), 16));
      routes_.set(announced.back(), first + i);
    }
    known_.insert(known_.end(), announced.begin(), announced.end());
    return announced;
  }

  void live(Wide4& table, uint32_t value_max, int steps) {
    rcu::GracePeriods grace;
    for (int step = 0; step < steps; ++step) {
      const Rib before = routes_;
      const std::vector<Prefix> changed = change_routes(value_max);
      const std::vector<uint32_t> edges = edges_of(changed);
      const size_t bytes = table.bytes();
      auto update = table.prepare(routes_, changed,
                                  random_() % 2 == 0 ? Visible::InPlace : Visible::InNewView);
      expect_equal(table.view(), before, edges);
      if (random_() % 4 == 0) {
        table.abandon(std::move(update));
        ASSERT_EQ(table.bytes(), bytes);
        expect_equal(table.view(), before, edges);
        routes_ = before;
        continue;
      }
      table.publish(std::move(update), grace);
      expect_equal(table.view(), routes_, edges);
      if (step % 50 == 0) expect_equal(table.view(), routes_, edges_of(known_));
      if (HasFatalFailure()) return;
    }
    expect_equal(table.view(), routes_, edges_of(known_));
    grace.reclaim();
    const Wide4 fresh(routes_);
    if (fresh.view().cell_bits == table.view().cell_bits) {
      EXPECT_EQ(table.bytes(), fresh.bytes());
    }
  }

  Random random_{GetParam()};
  Rib routes_;
  std::vector<Prefix> known_;
};

TEST_P(Wide4Life, EqualsTheRoutesAfterEveryChange) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  Wide4 table(routes_);
  live(table, 40, test::kSanitized ? 100 : 400);
}
TEST_P(Wide4Life, EqualsTheRoutesWithCellsOf16Bits) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  announce_values(0);
  Wide4 table(routes_);
  EXPECT_EQ(table.view().cell_bits, 16u);
  live(table, 40, test::kSanitized ? 50 : 200);
}
TEST_P(Wide4Life, GoesOverToWiderCells) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  Wide4 table(routes_);
  live(table, 40, 30);
  EXPECT_EQ(table.view().cell_bits, 8u);
  rcu::GracePeriods grace;
  const auto go_over = [&](uint32_t first_value, unsigned cell_bits) {
    const std::vector<Prefix> changed = announce_values(first_value);
    table.publish(table.prepare(routes_, changed, Visible::InNewView), grace);
    EXPECT_EQ(table.view().cell_bits, cell_bits);
    live(table, first_value, test::kSanitized ? 20 : 60);
  };
  go_over(1'000, 16);
  go_over(200'000, 32);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Wide4Life, testing::Range<uint64_t>(1, 9));

TEST(Wide4, WithdrawingEverythingLeavesWhatAnEmptyTableTakes) {
  Random random(3);
  Rib routes;
  std::vector<Prefix> prefixes;
  prefixes.reserve(500);
  for (int i = 0; i < 500; ++i) prefixes.push_back(random_prefix(random));
  for (const Prefix& one : prefixes) routes.set(one, 7);
  Wide4 table(routes);
  rcu::GracePeriods grace;
  for (const Prefix& one : prefixes) {
    routes.erase(one);
    table.publish(table.prepare(routes, {&one, 1}, Visible::InPlace), grace);
  }
  grace.reclaim();
  EXPECT_EQ(table.bytes(), Wide4(Rib()).bytes());
}

// As many /24s with longer prefixes as 16-bit cells can name, and one more.
TEST(Wide4, ManyDeepBlocksNeedWideCells) {
  Rib routes;
  std::vector<Prefix> halves;
  for (uint32_t i = 0; i < 32'769; ++i)
    halves.push_back(Prefix::containing(IpAddress::v4(0x0A000000 + (i << 8)), 25));
  for (const Prefix& half : halves) routes.set(half, 1);
  routes.erase(halves.back());
  Wide4 table(routes);
  EXPECT_EQ(table.view().cell_bits, 16u);
  routes.set(halves.back(), 1);
  rcu::GracePeriods grace;
  table.publish(table.prepare(routes, {&halves.back(), 1}, Visible::InPlace), grace);
  EXPECT_EQ(table.view().cell_bits, 32u);
  std::vector<uint32_t> addresses;
  Random random(1);
  for (size_t i = 0; i < halves.size(); i += 100) add_edges(addresses, halves[i], random);
  add_edges(addresses, halves.back(), random);
  expect_equal(table.view(), routes, addresses);
}

TEST(Wide4, RefusesValuesThatNoCellHolds) {
  Rib routes;
  routes.set(prefix("10.0.0.0/8"), 1u << 24);
  EXPECT_THROW(Wide4{routes}, std::length_error);
}

TEST(Wide4, TheInternetsTableEqualsItsOracle) {
  const auto full =
      test::read_full_table(ISTHMUS_SOURCE_DIR "/tools/bench/data/bgp-prefixes-2026-07.txt.gz");
  std::vector<Route> taken = full.of(Family::V4);
  if (test::kSanitized) taken.resize(50'000);
  const Wide4 table(Rib::build(taken));
  const test::IntervalFib oracle(taken);
  std::vector<uint32_t> addresses;
  Random random(20260724);
  for (const Route& route : taken) add_edges(addresses, route.prefix, random);
  for (int i = 0; i < 500'000; ++i) addresses.push_back(static_cast<uint32_t>(random()));
  const std::vector<uint32_t> values = look_up(table.view(), addresses);
  size_t wrong = 0;
  for (size_t i = 0; i < addresses.size(); ++i)
    wrong += values[i] != oracle.lookup(IpAddress::v4(addresses[i])) ? 1 : 0;
  EXPECT_EQ(wrong, 0u) << "of " << addresses.size();
  RecordProperty("bytes_per_prefix", std::to_string(table.bytes() / taken.size()));
}

// Two addresses of one prefix, read in alternating order while its route changes. Each number is
// larger than the one before: the address that is read later may not say an older one.
TEST(Wide4, NoReaderSeesHalfARoute) {
  Rib routes;
  routes.set(prefix("10.0.0.0/8"), 0);
  routes.set(prefix("10.1.0.0/16"), 0);
  routes.set(prefix("10.1.4.0/24"), 0);
  routes.set(prefix("10.1.5.0/25"), 0);
  Wide4 table(routes);
  rcu::GracePeriods grace;
  std::atomic<bool> done{false};
  std::atomic<uint64_t> halves{0};
  std::atomic<uint64_t> seen{0};
  std::thread reader([&] {
    rcu::Reader member(grace);
    const uint32_t pairs[][2] = {{0x0A020000, 0x0AFFFFFF},
                                 {0x0A010000, 0x0A01FF00},
                                 {0x0A010400, 0x0A0104FF},
                                 {0x0A010500, 0x0A01057F}};
    for (uint64_t i = 0; !done.load(std::memory_order_relaxed); ++i) {
      const rcu::Guard guard(member);
      const Wide4::View view = table.view();
      const uint32_t* pair = pairs[i % 4];
      const uint32_t first = lookup_one(view, pair[i / 4 % 2]);
      const uint32_t later = lookup_one(view, pair[1 - i / 4 % 2]);
      if (later < first) halves.fetch_add(1, std::memory_order_relaxed);
      seen.fetch_add(1, std::memory_order_relaxed);
    }
  });
  const Prefix changing[] = {prefix("10.0.0.0/8"), prefix("10.1.0.0/16"), prefix("10.1.4.0/24"),
                             prefix("10.1.5.0/25")};
  const uint32_t changes = test::kSanitized ? 2'000 : 20'000;
  for (uint32_t value = 1; value <= changes; ++value) {
    const Prefix& one = changing[value % 4];
    routes.set(one, value);
    table.publish(table.prepare(routes, {&one, 1}, Visible::InPlace), grace);
  }
  while (seen.load() < 1000) std::this_thread::yield();
  done = true;
  reader.join();
  EXPECT_EQ(halves.load(), 0u);
}

}  // namespace
}  // namespace isthmus::dataplane
