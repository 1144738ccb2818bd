// Fib: whichever layout a table has, it says what its routes say, and so do the versions before it.
#include "dataplane/fib/fib.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;
using Random = std::mt19937_64;

// Of IPv6 in 16 of the 65,536 /16s: each that has routes takes 16 KB of a wide table.
Prefix random_prefix(Family family, Random& random) {
  const bool v4 = family == Family::V4;
  const auto length = static_cast<int>((v4 ? 8 : 20) + random() % (v4 ? 25 : 45));
  const uint64_t top = v4 ? random() : uint64_t{0x2000} << 48 | random() >> 12;
  return Prefix::containing(IpAddress::from_bits(family, {top, random()}), length);
}

void expect_equal(const Fib& fib, const std::vector<Prefix>& prefixes, Random& random) {
  for (int i = 0; i < 300; ++i) {
    const Prefix& prefix = prefixes[random() % prefixes.size()];
    const IpAddress last = prefix.last();
    for (const IpAddress& address : {prefix.address(), last, last.plus(1)})
      ASSERT_EQ(fib.lookup(address), fib.routes().lookup(address)) << address.to_string();
  }
}

class FibLayouts : public testing::TestWithParam<Family> {
 protected:
  // The next version, published as a Dataplane does it.
  Fib next(const Fib& fib, const Rib& routes, std::vector<Prefix> changed) {
    std::vector<WideUpdate> updates;
    Fib after = fib.updated(routes, changed, updates);
    for (WideUpdate& update : updates) std::move(update).publish(grace_);
    return after;
  }

  Random random_{1};
  VrfNodes nodes_;
  rcu::GracePeriods grace_;
};

TEST_P(FibLayouts, FollowTheCountOfRoutes) {
  std::vector<Prefix> prefixes;
  Rib routes;
  while (routes.size() <= Fib::kWideRoutes) {
    prefixes.push_back(random_prefix(GetParam(), random_));
    routes.set(prefixes.back(), static_cast<uint32_t>(random_() % 50));
  }
  Rib fewer = routes;
  fewer.erase(prefixes.back());

  const Fib empty(nodes_);
  const Fib narrow = next(empty, fewer, prefixes);
  EXPECT_FALSE(narrow.is_wide(GetParam()));
  expect_equal(narrow, prefixes, random_);
  const size_t narrow_bytes = nodes_.bytes_used();
  EXPECT_GT(narrow_bytes, 0u);

  const Fib wide = next(narrow, routes, {prefixes.back()});
  EXPECT_TRUE(wide.is_wide(GetParam()));
  expect_equal(wide, prefixes, random_);
  expect_equal(narrow, prefixes, random_);

  // It stays wide while routes come and go, and shows each version what it had.
  const Fib still_wide = next(wide, fewer, {prefixes.back()});
  EXPECT_TRUE(still_wide.is_wide(GetParam()));
  expect_equal(still_wide, {prefixes.back()}, random_);
  expect_equal(wide, {prefixes.back()}, random_);

  Rib few;
  for (size_t i = 0; i < Fib::kWideRoutes / 2; ++i) few.set(prefixes[i], 3);
  const Fib narrow_again = next(still_wide, few, prefixes);
  EXPECT_FALSE(narrow_again.is_wide(GetParam()));
  expect_equal(narrow_again, prefixes, random_);
}

INSTANTIATE_TEST_SUITE_P(Families, FibLayouts, testing::Values(Family::V4, Family::V6),
                         [](const auto& test) {
                           return test.param == Family::V4 ? "IPv4" : "IPv6";
                         });

TEST(Fib, TwoFamiliesHaveLayoutsOfTheirOwn) {
  VrfNodes nodes;
  Rib routes;
  Random random(2);
  while (routes.size() <= Fib::kWideRoutes)
    routes.set(random_prefix(Family::V4, random), static_cast<uint32_t>(random() % 50));
  const Prefix v6 = *Prefix::parse("2001:db8::/32");
  routes.set(v6, 7);
  std::vector<Prefix> all;
  routes.for_each([&](const Route& route) { all.push_back(route.prefix); });
  std::vector<WideUpdate> updates;
  const Fib fib = Fib(nodes).updated(routes, all, updates);
  EXPECT_TRUE(fib.is_wide(Family::V4));
  EXPECT_FALSE(fib.is_wide(Family::V6));
  EXPECT_EQ(fib.lookup(*IpAddress::parse("2001:db8::1")), 7u);
  EXPECT_EQ(fib.lookup(*IpAddress::parse("2001:db9::1")), kNoRoute);
  expect_equal(fib, all, random);

  updates.clear();
  Rib changed = routes;
  changed.set(v6, 8);
  const Fib later = fib.updated(changed, {&v6, 1}, updates);
  EXPECT_EQ(later.lookup(*IpAddress::parse("2001:db8::1")), 8u);
  EXPECT_EQ(fib.lookup(*IpAddress::parse("2001:db8::1")), 7u);
}

// Routes that are spread over all of IPv6 share nodes however many they are.
TEST(Fib, SparseRoutesGetNoTableOfTheirOwn) {
  constexpr size_t kRoutes = 2000;
  VrfNodes nodes;
  Random random(4);
  Rib routes;
  std::vector<Prefix> prefixes;
  while (routes.size() <= kRoutes) {
    prefixes.push_back(
        Prefix::containing(IpAddress::from_bits(Family::V6, {random(), random()}), 48));
    routes.set(prefixes.back(), static_cast<uint32_t>(random() % 50));
  }
  std::vector<WideUpdate> updates;
  const Fib fib = Fib(nodes, kRoutes).updated(routes, prefixes, updates);
  EXPECT_FALSE(fib.is_wide(Family::V6));
  EXPECT_TRUE(updates.empty());
  expect_equal(fib, prefixes, random);
}

// Narrow and wide tables and tables without routes in one burst, of any size and in any order.
TEST(Fib, BurstsGoToTablesInAnyMixture) {
  VrfNodes nodes;
  rcu::GracePeriods grace;
  Random random(3);
  std::vector<Prefix> prefixes[2];  // of all tables, by family: every other address is a route's
  const auto make = [&](size_t routes_v4, size_t routes_v6) {
    Rib routes;
    while (routes.size(Family::V4) < routes_v4)
      routes.set(random_prefix(Family::V4, random), static_cast<uint32_t>(random() % 50));
    while (routes.size(Family::V6) < routes_v6)
      routes.set(random_prefix(Family::V6, random), static_cast<uint32_t>(random() % 50));
    std::vector<Prefix> all;
    routes.for_each([&](const Route& route) {
      all.push_back(route.prefix);
      prefixes[route.prefix.family() == Family::V4 ? 0 : 1].push_back(route.prefix);
    });
    std::vector<WideUpdate> updates;
    Fib fib = Fib(nodes).updated(routes, all, updates);
    for (WideUpdate& update : updates) std::move(update).publish(grace);
    return fib;
  };
  const auto some_address = [&](Family family) {
    const auto& known = prefixes[family == Family::V4 ? 0 : 1];
    if (random() % 2 == 0) return IpAddress::from_bits(family, {random(), random()});
    return known[random() % known.size()].last();
  };
  std::vector<Fib> fibs;
  for (const size_t count : {size_t{0}, size_t{5}, size_t{3000}})
    fibs.push_back(make(count, count));
  fibs.push_back(make(Fib::kWideRoutes + 1, 40));
  fibs.push_back(make(40, Fib::kWideRoutes + 1));
  ASSERT_TRUE(fibs[3].is_wide(Family::V4));
  ASSERT_TRUE(fibs[4].is_wide(Family::V6));

  for (const size_t n : {0, 1, 63, 64, 65, 200, 5000}) {
    std::vector<const Fib*> tables;
    std::vector<IpAddress> at4;
    std::vector<IpAddress> at6;
    std::vector<uint32_t> raw4;
    std::vector<std::array<uint8_t, 16>> raw6;
    for (size_t i = 0; i < n; ++i) {
      tables.push_back(i % 7 < 3 && i > 0 ? tables.back() : &fibs[random() % fibs.size()]);
      at4.push_back(some_address(Family::V4));
      at6.push_back(some_address(Family::V6));
      raw4.push_back(at4.back().v4_host_order());
      raw6.push_back(at6.back().bytes());
    }
    std::vector<uint32_t> values4(n);
    std::vector<uint32_t> values6(n);
    Fib::lookup4(tables.data(), raw4.data(), values4.data(), n);
    Fib::lookup6(tables.data(), reinterpret_cast<const uint8_t(*)[16]>(raw6.data()), values6.data(),
                 n);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_EQ(values4[i], tables[i]->routes().lookup(at4[i])) << at4[i].to_string();
      ASSERT_EQ(values6[i], tables[i]->routes().lookup(at6[i])) << at6[i].to_string();
    }
  }
}

}  // namespace
}  // namespace isthmus::dataplane
