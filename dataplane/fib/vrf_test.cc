#include "dataplane/fib/vrf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "dataplane/rcu.h"
#include "tests/support/fib_oracle.h"
#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;
using test::IntervalFib;
using Random = std::mt19937_64;

Prefix prefix(const char* text) { return Prefix::parse(text).value(); }
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

std::vector<Route> routes_of(const Rib& rib, Family family) {
  std::vector<Route> routes;
  rib.for_each([&](const Route& route) {
    if (route.prefix.family() == family) routes.push_back(route);
  });
  return routes;
}

IpAddress random_address(Random& random, Family family) {
  return IpAddress::from_bits(family, {random(), random()});
}

// Half of them inside few others, so that they nest, meet and fill nodes; any length.
Prefix random_prefix(Random& random, Family family) {
  IpAddress base = random_address(random, family);
  if (random() % 2 == 0) {
    const uint64_t low = random() % 2 == 0 ? base.bits().hi & 0xFF : base.bits().hi & 0xFFFF;
    const uint64_t middle = random() % 2 == 0 ? 0x0A01020300000000 : 0x0A01000000000000;
    base = IpAddress::from_bits(family, {middle | low << 32 | low, base.bits().lo & 0xFF00FF});
  }
  const auto length = random() % (net::address_bits(family) + 1u);
  return Prefix::containing(base, static_cast<int>(length));
}

// One family's addresses with the roots to look them up at, on every path and one by one.
struct Burst {
  std::vector<IpAddress> addresses;
  std::vector<vrf::Entry> roots;

  void add(const IpAddress& at, const VrfTable& table) {
    addresses.push_back(at);
    roots.push_back(at.is_v4() ? table.roots().v4 : table.roots().v6);
  }
  std::vector<uint32_t> lookup(const VrfNodes& nodes, CpuPath path) const {
    const VrfView view(nodes);
    const size_t n = addresses.size();
    std::vector<uint32_t> values(n);
    if (n == 0) return values;
    if (addresses.front().is_v4()) {
      std::vector<uint32_t> v4;
      v4.reserve(n);
      for (const IpAddress& at : addresses) v4.push_back(at.v4_host_order());
      lookup4(view, roots.data(), v4.data(), values.data(), n, path);
    } else {
      std::vector<std::array<uint8_t, 16>> v6;
      v6.reserve(n);
      for (const IpAddress& at : addresses) v6.push_back(at.bytes());
      lookup6(view, roots.data(), reinterpret_cast<const uint8_t(*)[16]>(v6.data()), values.data(),
              n, path);
    }
    return values;
  }
};

uint32_t lookup_one(const VrfNodes& nodes, const VrfTable& table, const IpAddress& at) {
  const VrfView view(nodes);
  if (at.is_v4()) return lookup4_one(view, table.roots().v4, at.v4_host_order());
  const std::array<uint8_t, 16> bytes = at.bytes();
  uint8_t raw[16];
  std::memcpy(raw, bytes.data(), sizeof raw);
  return lookup6_one(view, table.roots().v6, raw);
}

void expect_equal(const VrfNodes& nodes, const VrfTable& table, const Rib& rib, Family family,
                  Random& random) {
  const std::vector<Route> routes = routes_of(rib, family);
  const IntervalFib oracle(routes);
  Burst burst;
  for (const Route& route : routes) {
    const IpAddress first = route.prefix.address();
    const IpAddress last = route.prefix.last();
    for (const IpAddress& edge : {first, last, last.plus(1), test::address_before(first)}) {
      burst.add(edge, table);
    }
    const net::Bits128 host =
        net::Bits128{random(), random()} & ~net::Bits128::mask(route.prefix.length());
    burst.add(IpAddress::from_bits(family, first.bits() | host), table);
  }
  for (int i = 0; i < 70; ++i) burst.add(random_address(random, family), table);
  for (const CpuPath path : cpu_paths()) {
    const std::vector<uint32_t> values = burst.lookup(nodes, path);
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_EQ(values[i], oracle.lookup(burst.addresses[i]))
          << burst.addresses[i].to_string() << " " << to_string(path);
    }
  }
  for (const IpAddress& at : burst.addresses) {
    ASSERT_EQ(lookup_one(nodes, table, at), oracle.lookup(at)) << at.to_string();
  }
}

void expect_equal(const VrfNodes& nodes, const VrfTable& table, const Rib& rib, Random& random) {
  expect_equal(nodes, table, rib, Family::V4, random);
  expect_equal(nodes, table, rib, Family::V6, random);
}

TEST(Vrf, TableWithoutRoutesHasNone) {
  VrfNodes nodes;
  const VrfTable empty(nodes);
  const VrfTable built(nodes, Rib());
  EXPECT_EQ(lookup_one(nodes, empty, address("10.0.0.1")), kNoRoute);
  EXPECT_EQ(lookup_one(nodes, built, address("2001:db8::1")), kNoRoute);
  EXPECT_EQ(nodes.bytes_used(), 0u);
}

TEST(Vrf, FewRoutesAreOneLineOfEachFamily) {
  VrfNodes nodes;
  const std::vector<Route> routes = {{prefix("0.0.0.0/0"), 1},
                                     {prefix("10.0.0.0/24"), 2},
                                     {prefix("10.7.0.0/16"), 3},
                                     {prefix("::/0"), 1},
                                     {prefix("2001:db8:0:1::/64"), 2}};
  const VrfTable table(nodes, Rib::build(routes));
  EXPECT_EQ(nodes.bytes_used(), 128u);
  EXPECT_EQ(lookup_one(nodes, table, address("10.0.0.255")), 2u);
  EXPECT_EQ(lookup_one(nodes, table, address("10.0.1.0")), 1u);
  EXPECT_EQ(lookup_one(nodes, table, address("2001:db8:0:1::5")), 2u);
}

TEST(Vrf, EqualContentIsSharedAndGoesWithItsLastTable) {
  VrfNodes nodes;
  Rib rib;
  for (uint32_t i = 0; i < 1000; ++i) {
    rib.set(Prefix::containing(IpAddress::v4(0x0A000000 + (i << 10)), 22), i);
  }
  auto one = std::make_unique<VrfTable>(nodes, rib);
  const size_t bytes = nodes.bytes_used();
  const auto same = std::make_unique<VrfTable>(nodes, rib);
  EXPECT_EQ(nodes.bytes_used(), bytes);
  EXPECT_EQ(one->roots().v4, same->roots().v4);
  {
    const VrfTable other(nodes, rib.with(prefix("10.0.4.0/22"), 5000));
    EXPECT_LT(nodes.bytes_used() - bytes, 2048u);  // one table of 1 KB and a path of lines
  }
  EXPECT_EQ(nodes.bytes_used(), bytes);
  one.reset();
  EXPECT_EQ(nodes.bytes_used(), bytes);
  EXPECT_EQ(lookup_one(nodes, *same, address("10.0.8.1")), 2u);
}

TEST(Vrf, BurstsOfAnySizeAndMixture) {
  VrfNodes nodes;
  Random random(1);
  std::vector<Rib> ribs(20);
  std::vector<VrfTable> tables;
  std::vector<vrf::Entry> directory;
  for (Rib& rib : ribs) {
    for (int i = 0; i < 50; ++i) rib.set(random_prefix(random, Family::V4), random() % 1000);
    tables.emplace_back(nodes, rib);
    directory.push_back(tables.back().roots().v4);
  }
  for (const CpuPath path : cpu_paths()) {
    for (size_t n = 0; n < 200; n += n < 3 ? 1 : 31) {
      std::vector<uint32_t> ids(n), addresses(n), values(n + 1, 77);
      for (size_t i = 0; i < n; ++i) {
        ids[i] = static_cast<uint32_t>(random() % ribs.size());
        addresses[i] = random_prefix(random, Family::V4).last().v4_host_order();
      }
      lookup4(VrfView(nodes), directory.data(), ids.data(), addresses.data(), values.data(), n,
              path);
      for (size_t i = 0; i < n; ++i) {
        ASSERT_EQ(values[i], ribs[ids[i]].lookup(IpAddress::v4(addresses[i])));
      }
      EXPECT_EQ(values[n], 77u);
    }
  }
}

struct Shape {
  const char* name;
  int routes;
  uint32_t values;       // different ones
  uint32_t first_value;  // wide ones need other nodes
};

class VrfSequence : public testing::TestWithParam<Shape> {};

TEST_P(VrfSequence, RandomChangesEqualTheOracleAndAFreshBuild) {
  const Shape& shape = GetParam();
  const int seeds = test::kSanitized ? 1 : shape.routes < 400 ? 10 : 3;
  for (int seed = 1; seed <= seeds; ++seed) {
    SCOPED_TRACE(testing::Message() << shape.name << ", seed " << seed);
    Random random(static_cast<uint64_t>(seed));
    const auto any_value = [&] {
      return static_cast<uint32_t>(shape.first_value + random() % shape.values);
    };
    const auto any_family = [&] { return random() % 2 == 0 ? Family::V4 : Family::V6; };
    VrfNodes nodes;
    Rib rib;
    std::vector<Prefix> known;
    for (int i = 0; i < shape.routes; ++i) {
      known.push_back(random_prefix(random, any_family()));
      rib.set(known.back(), any_value());
    }
    VrfTable table(nodes, rib);
    ASSERT_NO_FATAL_FAILURE(expect_equal(nodes, table, rib, random));
    for (int step = 0; step < 120; ++step) {
      Rib after = rib;
      std::vector<Prefix> changed;
      for (uint64_t i = random() % 4; i <= 3; ++i) {
        const bool is_known = random() % 2 == 0;
        changed.push_back(is_known ? known[random() % known.size()]
                                   : random_prefix(random, any_family()));
        known.push_back(changed.back());
        if (random() % 2 == 0) {
          after.erase(changed.back());
        } else {
          after.set(changed.back(), any_value());
        }
      }
      const size_t bytes = nodes.bytes_used();
      VrfTable next = table.updated(after, changed);
      if (random() % 4 == 0) {  // abandoned: no trace
        next = table;
        ASSERT_EQ(nodes.bytes_used(), bytes);
        continue;
      }
      const VrfTable fresh(nodes, after);  // the shape depends on the content only
      ASSERT_EQ(fresh.roots().v4, next.roots().v4) << "step " << step;
      ASSERT_EQ(fresh.roots().v6, next.roots().v6) << "step " << step;
      rib = after;
      table = next;
      if (step % 30 != 0) continue;
      ASSERT_NO_FATAL_FAILURE(expect_equal(nodes, table, rib, random));
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(nodes, table, rib, random));
    VrfNodes other;
    const VrfTable fresh(other, rib);
    EXPECT_EQ(nodes.bytes_used(), other.bytes_used());
    table = VrfTable(nodes);
    EXPECT_EQ(nodes.bytes_used(), 0u);
    EXPECT_EQ(nodes.nodes(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, VrfSequence,
                         testing::Values(Shape{"tiny", 4, 3, 0}, Shape{"small", 40, 1000, 0},
                                         Shape{"large", 1000, 1000, 0},
                                         Shape{"few values", 1000, 2, 0},
                                         Shape{"mixed widths", 400, 20, 0xFFF4},
                                         Shape{"wide", 1000, 200'000, 50'000},
                                         Shape{"widest", 300, 1u << 30, 0xBFFFFFFE}),
                         [](const auto& shape) {
                           std::string name = shape.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// Every address of a dense /24 decides for itself: all kinds of node at the end of the address.
TEST(Vrf, HostRoutesSideBySide) {
  Random random(1);
  for (const Family family : {Family::V4, Family::V6}) {
    VrfNodes nodes;
    Rib rib;
    const IpAddress base = family == Family::V4 ? address("10.1.2.0") : address("fd00::1:0");
    for (uint32_t i = 0; i < 700; ++i) rib.set(Prefix::host(base.plus(i)), i % 300);
    expect_equal(nodes, VrfTable(nodes, rib), rib, family, random);
  }
}

// A version as its owner publishes it; retired, it goes when no reader can hold its root.
struct Version : rcu::Retired {
  explicit Version(VrfTable made) : table(std::move(made)) {}
  VrfTable table;
};

// All routes of a version have the version's number: a reader that ever sees two numbers in one
// burst, or none, has seen a node that was not its version's.
TEST(Vrf, ReadersSeeWholeVersionsWhileTheWriterChangesThem) {
  constexpr uint32_t kVersions = test::kSanitized ? 150 : 1500;
  constexpr uint32_t kRoutes = 100;
  VrfNodes nodes;
  rcu::GracePeriods grace;
  std::atomic<Version*> published{nullptr};
  const auto make = [&](const Version* last, uint32_t number) {
    Rib rib;
    std::vector<Prefix> changed;
    for (uint32_t i = 0; i < kRoutes; ++i) {
      changed.push_back(Prefix::containing(IpAddress::v4(0x0A000000 + (i << 13)), 19));
      rib.set(changed.back(), number);
    }
    return std::make_unique<Version>(last == nullptr ? VrfTable(nodes, rib)
                                                     : last->table.updated(rib, changed));
  };
  std::unique_ptr<Version> current = make(nullptr, 0);
  published.store(current.get());
  std::atomic<bool> is_done{false};
  std::atomic<uint64_t> wrong{0};
  std::thread thread([&] {
    rcu::Reader reader(grace);
    Random random(1);
    std::vector<uint32_t> addresses(64), values(64);
    while (!is_done.load()) {
      const rcu::Guard guard(reader);
      const std::vector<vrf::Entry> roots(64, published.load()->table.roots().v4);
      for (uint32_t& at : addresses) {
        at = 0x0A000000 + static_cast<uint32_t>(random() % (kRoutes << 13));
      }
      lookup4(VrfView(nodes), roots.data(), addresses.data(), values.data(), 64, CpuPath::Scalar);
      for (const uint32_t value : values) wrong += value != values[0] || value > kVersions ? 1 : 0;
    }
  });
  for (uint32_t number = 1; number <= kVersions; ++number) {
    std::unique_ptr<Version> next = make(current.get(), number);
    published.store(next.get());
    grace.retire(std::move(current));
    current = std::move(next);
    grace.reclaim();
  }
  is_done = true;
  thread.join();
  EXPECT_EQ(wrong.load(), 0u);
  grace.reclaim();
  EXPECT_EQ(grace.pending(), 0u);
  current.reset();
  EXPECT_EQ(nodes.bytes_used(), 0u);
}

}  // namespace
}  // namespace isthmus::dataplane
