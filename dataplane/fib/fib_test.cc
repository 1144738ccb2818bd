// Fib: whichever layout a table has, it says what its routes say, and so do the versions before it.
#include "dataplane/fib/fib.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;
using Random = std::mt19937_64;

Prefix random_prefix(Family family, Random& random) {
  const bool v4 = family == Family::V4;
  const auto length = static_cast<int>((v4 ? 8 : 20) + random() % (v4 ? 25 : 45));
  return Prefix::containing(IpAddress::from_bits(family, {random(), random()}), length);
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

}  // namespace
}  // namespace isthmus::dataplane
