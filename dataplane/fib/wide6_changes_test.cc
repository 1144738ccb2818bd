// Changes of the wide IPv6 table.
#include "dataplane/fib/wide6.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/wide6_check.h"

namespace isthmus::dataplane {
namespace {

using namespace test::wide6;

TEST_F(Wide6FullTable, WithdrawnAndAnnouncedAgain) {
  constexpr uint64_t kSeed = 7;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const std::vector<Route> taken = routes(64);
  Rib rib = Rib::build(taken);
  Wide6 table(rib);
  const size_t bytes = table.bytes();
  rcu::GracePeriods grace;
  std::vector<Route> away;
  std::vector<IpAddress> addresses;
  for (int i = 0; i < (test::kSanitized ? 500 : 5000); ++i) {
    away.push_back(taken[random() % taken.size()]);
    add_edges(away.back().prefix, addresses);
    rib.erase(away.back().prefix);
    change(table, rib, {away.back().prefix}, Visible::InPlace, grace);
    grace.reclaim();
  }
  expect_equal(table.view(), rib, addresses);
  std::ranges::shuffle(away, random);
  for (const Route& route : away) {
    rib.set(route.prefix, route.value);
    change(table, rib, {route.prefix}, Visible::InPlace, grace);
    grace.reclaim();
  }
  expect_equal(table.view(), rib, addresses);
  EXPECT_EQ(table.bytes(), bytes);
}

// Routes of one /32 come one by one, until its pieces overflow again and again, and go.
TEST(Wide6, EveryFormOfOneBlockByChanges) {
  struct Row {
    uint64_t spread;  // bits of the address behind the /32 that differ
    int length;
    uint32_t first_value;
    size_t routes;
  };
  for (const Row& row : {Row{0xFFFF'0000, 48, 0, 3000}, Row{0x0FFF'0000, 48, 0, 2500},
                         Row{0xFF00'0000, 40, 0, 200}, Row{0xF0FF'0000, 48, 100'000, 1500},
                         Row{0x0000'FFFF, 64, 0, 2000}, Row{0x0101'FF00, 56, 100'000, 600}}) {
    SCOPED_TRACE(testing::Message() << std::hex << row.spread);
    std::mt19937_64 random(row.spread);
    rcu::GracePeriods grace;
    Rib rib;  // a value for the cells' width
    rib.set(Prefix::containing(IpAddress::v6({uint64_t{0x2002} << 48, 0}), 32), row.first_value);
    Wide6 table(rib);
    std::vector<Prefix> routes;
    const auto check = [&](size_t step) {
      if (step % (test::kSanitized ? 500 : 100) != 0) return;
      std::vector<IpAddress> addresses;
      rib.for_each([&](const Route& route) { add_edges(route.prefix, addresses); });
      expect_equal(table.view(), rib, addresses);
      EXPECT_EQ(table.bytes(), Wide6(rib).bytes()) << rib.size() << " routes";
    };
    for (size_t i = 0; i < row.routes; ++i) {
      const Bits128 bits{uint64_t{0x20010DB8} << 32 | (random() & row.spread), 0};
      const int shorter = random() % 4 == 0 ? static_cast<int>(random() % 8) : 0;
      routes.push_back(Prefix::containing(IpAddress::v6(bits), row.length - shorter));
      const Rib after = rib.with(routes.back(), row.first_value + i % 50);
      const size_t bytes = table.bytes();
      table.abandon(table.prepare(after, {&routes.back(), 1}, Visible::InPlace));
      ASSERT_EQ(table.bytes(), bytes);
      rib = after;
      change(table, rib, {routes.back()}, Visible::InPlace, grace);
      grace.reclaim();
      check(i);
    }
    std::ranges::shuffle(routes, random);
    for (size_t i = 0; i < routes.size(); ++i) {
      rib.erase(routes[i]);
      change(table, rib, {routes[i]}, Visible::InPlace, grace);
      grace.reclaim();
      check(i + 1);
    }
    EXPECT_EQ(table.bytes(), Wide6(rib).bytes());
  }
}

TEST(Wide6, ManyRoutesOfOneBlockAtOnce) {
  Rib rib;
  Wide6 table(rib);
  rcu::GracePeriods grace;
  for (const size_t count : {2, 16, 17, 300}) {  // some one by one, more as a whole
    std::vector<Prefix> changed;
    std::vector<IpAddress> addresses;
    for (uint64_t i = 0; i < count; ++i) {
      const Bits128 bits{uint64_t{0x20010DB8} << 32 | (i * 7919 & 0xFFFF) << 16 | i % 3, 0};
      changed.push_back(Prefix::containing(IpAddress::v6(bits), i % 3 == 0 ? 48 : 64));
      rib.set(changed.back(), static_cast<uint32_t>(count + i % 5));
      add_edges(changed.back(), addresses);
    }
    change(table, rib, changed, Visible::InPlace, grace);
    grace.reclaim();
    expect_equal(table.view(), rib, addresses);
    EXPECT_EQ(table.bytes(), Wide6(rib).bytes());
  }
}

// Routes of the table and around them come, go and change; then all is as it was.
TEST_F(Wide6FullTable, ManyChanges) {
  constexpr uint64_t kSeed = 11;
  SCOPED_TRACE(testing::Message() << "seed " << kSeed);
  std::mt19937_64 random(kSeed);
  const std::vector<Route> taken = routes(64);
  const Rib original = Rib::build(taken);
  Rib rib = original;
  Wide6 table(rib);
  const size_t bytes = table.bytes();
  rcu::GracePeriods grace;
  std::vector<Prefix> changed;
  const auto set = [&](const Prefix& prefix, std::optional<uint32_t> value) {
    if (value) {
      rib.set(prefix, *value);
    } else {
      rib.erase(prefix);
    }
    change(table, rib, {prefix}, Visible::InPlace, grace);
    grace.reclaim();
  };
  for (int i = 0; i < (test::kSanitized ? 5'000 : 250'000); ++i) {
    if (changed.size() > 3000 || (!changed.empty() && random() % 2 == 0)) {
      std::swap(changed[random() % changed.size()], changed.back());
      set(changed.back(), original.find(changed.back()));
      changed.pop_back();
      continue;
    }
    const Prefix& known = taken[random() % taken.size()].prefix;
    const int length = std::min(128, known.length() + static_cast<int>(random() % 4));
    const Bits128 more = Bits128{random(), random()} & ~Bits128::mask(known.length());
    changed.push_back(Prefix::containing(IpAddress::v6(known.address().bits() | more), length));
    const bool goes = random() % 2 == 0;
    set(changed.back(), goes ? std::nullopt : std::optional(static_cast<uint32_t>(random() % 64)));
  }
  std::vector<IpAddress> addresses;
  for (const Route& route : taken) addresses.push_back(route.prefix.address());
  for (const Prefix& prefix : changed) add_edges(prefix, addresses);
  expect_equal(table.view(), rib, addresses);
  EXPECT_EQ(table.bytes(), Wide6(rib).bytes());
  for (; !changed.empty(); changed.pop_back()) set(changed.back(), original.find(changed.back()));
  expect_equal(table.view(), original, addresses);
  EXPECT_EQ(table.bytes(), bytes);
}

struct ChangesCase {
  uint64_t seed;
  uint32_t values;
  Visible visible;
};
class Wide6Changes : public testing::TestWithParam<ChangesCase> {};

TEST_P(Wide6Changes, EqualTheRibAndAFreshBuild) {
  const auto [seed, values, visible] = GetParam();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Crowd crowd(seed, values);
  Rib rib;
  Wide6 table(rib);
  rcu::GracePeriods grace;
  const int rounds = test::kSanitized ? 60 : 400;
  for (int round = 0; round < rounds; ++round) {
    Rib after = rib;
    std::vector<Prefix> changed;
    for (uint64_t count = 1 + crowd.number(4); count > 0; --count) {
      const Prefix prefix = crowd.prefix();
      changed.push_back(prefix);
      after.set(prefix, crowd.value());
      const auto known = after.match(crowd.address());
      if (!known || crowd.number(2) == 0) continue;
      changed.push_back(known->prefix);
      after.erase(known->prefix);
    }
    const std::vector<IpAddress> addresses = probes(after, crowd, 50);
    const size_t bytes = table.bytes();
    const Wide6::View before = table.view();
    Wide6::Update update = table.prepare(after, changed, visible);
    expect_equal(table.view(), rib, addresses);
    if (visible == Visible::InNewView) expect_equal(update.view(), after, addresses);
    if (crowd.number(4) == 0) {
      table.abandon(std::move(update));
      ASSERT_EQ(table.bytes(), bytes);
      expect_equal(table.view(), rib, addresses);
      continue;
    }
    table.publish(std::move(update), grace);
    if (visible == Visible::InNewView) expect_equal(before, rib, addresses);  // not yet reclaimed
    rib = after;
    expect_equal(table.view(), rib, addresses);
    grace.reclaim();
    ASSERT_EQ(grace.pending(), 0u);
    if (round % 8 == 0 && values < 0x7FFF) {
      ASSERT_EQ(table.bytes(), Wide6(rib).bytes());
    }
  }
  std::vector<Prefix> all;
  rib.for_each([&](const Route& route) { all.push_back(route.prefix); });
  change(table, Rib(), all, visible, grace);
  grace.reclaim();
  expect_equal(table.view(), Rib(), probes(rib, crowd, 50));
  if (values < 0x7FFF) {
    EXPECT_EQ(table.bytes(), Wide6(Rib()).bytes());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Wide6Changes,
                         testing::Values(ChangesCase{1, 5, Visible::InPlace},
                                         ChangesCase{2, 5, Visible::InNewView},
                                         ChangesCase{3, 30'000, Visible::InPlace},
                                         ChangesCase{4, 200'000, Visible::InPlace},
                                         ChangesCase{5, 200'000, Visible::InNewView}));

TEST(Wide6, TheDefaultRouteIsOneStore) {
  const Prefix everything = Prefix::containing(IpAddress::v6({}), 0);
  const Prefix some = Prefix::containing(IpAddress::v6({uint64_t{0x20010DB8} << 32, 0}), 32);
  const std::vector<IpAddress> addresses = {some.address(), IpAddress::v6({5, 5})};
  Rib rib;
  rib.set(some, 3);
  Wide6 table(rib);
  rcu::GracePeriods grace;
  const Wide6::View first = table.view();
  const size_t bytes = table.bytes();
  rib.set(everything, 8);
  change(table, rib, {everything}, Visible::InPlace, grace);
  EXPECT_EQ(look_up(table.view(), addresses), (std::vector<uint32_t>{3, 8}));
  EXPECT_EQ(table.view().root, first.root);
  EXPECT_EQ(grace.pending(), 0u);

  rib.set(everything, 9);
  const Wide6::View before = table.view();
  change(table, rib, {everything}, Visible::InNewView, grace);
  EXPECT_EQ(look_up(before, addresses), (std::vector<uint32_t>{3, 8}));
  EXPECT_EQ(look_up(table.view(), addresses), (std::vector<uint32_t>{3, 9}));
  EXPECT_EQ(table.view().root, first.root);
  EXPECT_EQ(table.bytes(), bytes);
}

TEST(Wide6, AValueThatIsTooLargeForItsCellsChangesThemAll) {
  Crowd crowd(11, 1000);
  Rib rib;
  for (int i = 0; i < 300; ++i) rib.set(crowd.prefix(), crowd.value());
  Wide6 table(rib);
  rcu::GracePeriods grace;
  const Wide6::View before = table.view();
  const Prefix prefix = crowd.prefix();
  for (const uint32_t value : {0x7FFEu, 0x7FFFu, 0x8000u, Wide6::kValueEnd - 1}) {
    Rib after = rib.with(prefix, value);
    change(table, after, {prefix}, Visible::InPlace, grace);
    EXPECT_EQ(table.view().high != nullptr, value > 0x7FFE);
    expect_equal(table.view(), after, probes(after, crowd, 1000));
  }
  const size_t bytes = table.bytes();
  EXPECT_THROW(change(table, rib.with(prefix, Wide6::kValueEnd), {prefix}, Visible::InPlace, grace),
               std::length_error);
  EXPECT_EQ(table.bytes(), bytes);
  EXPECT_EQ(before.high, nullptr);
}

// A reader takes bursts of four addresses: three under one prefix, which all change at once, and
// one beside it that never does. In a view that shows changes only when it is new, a burst is never
// mixed.
TEST(Wide6, AReaderNeverSeesHalfAChange) {
  using Case = std::pair<Visible, int>;  // and the length of what changes
  for (const auto& [shown, length] : {Case{Visible::InPlace, 32}, Case{Visible::InNewView, 32},
                                      Case{Visible::InPlace, 36}, Case{Visible::InNewView, 36}}) {
    const Visible visible = shown;
    const Prefix outer = Prefix::containing(IpAddress::v6({uint64_t{0x20010DB8} << 32, 0}), length);
    const Prefix inner = Prefix::containing(outer.address(), 48);
    const Prefix deep = Prefix::containing(outer.address().plus(1u << 20), 120);
    const Prefix beside = Prefix::containing(outer.last().plus(1), length);
    Rib rib;
    for (const Prefix& prefix : {outer, inner, deep}) rib.set(prefix, 0);
    rib.set(beside, 77);
    Wide6 table(rib);
    rcu::GracePeriods grace;
    std::atomic<bool> done = false;
    size_t wrong = 0;
    std::thread reader([&] {
      rcu::Reader membership(grace);
      WireAddress wire[4] = {outer.last().bytes(), inner.address().bytes(), deep.address().bytes(),
                             beside.address().bytes()};
      for (int i = 0; i < 1'000'000 && !done.load(); ++i) {
        const rcu::Guard guard(membership);
        uint32_t values[4];
        lookup(table.view(), reinterpret_cast<const uint8_t(*)[16]>(wire), values, 4);
        const bool mixed = values[0] != values[1] || values[1] != values[2];
        if (values[3] != 77 || (mixed && visible == Visible::InNewView)) ++wrong;
        if (i % 64 == 0) std::this_thread::yield();
      }
    });
    for (uint32_t value = 1; value <= (test::kSanitized ? 300 : 3000); ++value) {
      for (const Prefix& prefix : {outer, inner, deep}) rib.set(prefix, value % 7);
      change(table, rib, {outer, inner, deep}, visible, grace);
      grace.reclaim();
    }
    done.store(true);
    reader.join();
    EXPECT_EQ(wrong, 0u);
    grace.reclaim();
    EXPECT_EQ(grace.pending(), 0u);
    EXPECT_EQ(table.bytes(), Wide6(rib).bytes());
  }
}

}  // namespace
}  // namespace isthmus::dataplane
