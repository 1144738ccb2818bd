#include "dataplane/fib/rib.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/support/fib_oracle.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::IpAddress;
using net::Prefix;
using test::LinearFib;

Prefix prefix(const char* text) { return Prefix::parse(text).value(); }
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

std::vector<Route> routes_of(const Rib& rib) {
  std::vector<Route> routes;
  rib.for_each([&](const Route& route) { routes.push_back(route); });
  return routes;
}

std::vector<Route> routes_of(const LinearFib& oracle) {
  std::vector<Route> routes;
  for (const auto& [route, value] : oracle.routes()) routes.push_back({route, value});
  return routes;
}

using Random = std::mt19937_64;

IpAddress random_address(Random& random, Family family) {
  return IpAddress::from_bits(family, {random(), random()});
}

// Clustered: half of the prefixes lie inside few of the others, so that they nest and meet.
Prefix random_prefix(Random& random, Family family) {
  IpAddress base = random_address(random, family);
  if (random() % 2 == 0) {
    const net::Bits128 cluster{(random() % 3) << 56 | (base.bits().hi & 0xFFFF), base.bits().lo};
    base = IpAddress::from_bits(family, cluster);
  }
  const auto length = random() % (net::address_bits(family) + 1u);
  return Prefix::containing(base, static_cast<int>(length));
}

// The addresses where a mistake would show: both ends of a prefix and their neighbours.
std::vector<IpAddress> edges(const Prefix& prefix) {
  const IpAddress first = prefix.address();
  const IpAddress last = prefix.last();
  return {first, last, last.plus(1), first.plus(~uint64_t{0})};
}

void expect_equal(const Rib& rib, const LinearFib& oracle, Random& random) {
  ASSERT_EQ(rib.size(), oracle.routes().size());
  ASSERT_EQ(routes_of(rib), routes_of(oracle));
  std::vector<IpAddress> addresses;
  for (const auto& [route, value] : oracle.routes()) {
    ASSERT_EQ(rib.find(route), value) << route.to_string();
    for (const IpAddress& edge : edges(route)) addresses.push_back(edge);
  }
  for (int i = 0; i < 50; ++i) {
    addresses.push_back(random_address(random, i % 2 == 0 ? Family::V4 : Family::V6));
  }
  std::vector<uint32_t> values(addresses.size());
  rib.lookup(addresses, values);
  for (size_t i = 0; i < addresses.size(); ++i) {
    const uint32_t expected = oracle.lookup(addresses[i]);
    ASSERT_EQ(values[i], expected) << addresses[i].to_string();
    ASSERT_EQ(rib.lookup(addresses[i]), expected) << addresses[i].to_string();
  }
}

TEST(Rib, EmptyTableHasNoRoute) {
  const Rib rib;
  EXPECT_EQ(rib.lookup(address("10.0.0.1")), kNoRoute);
  EXPECT_EQ(rib.lookup(address("2001:db8::1")), kNoRoute);
  EXPECT_EQ(rib.match(address("10.0.0.1")), std::nullopt);
  EXPECT_EQ(rib.bytes(), 0u);
}

TEST(Rib, LongestPrefixDecides) {
  const std::vector<Route> routes = {{prefix("0.0.0.0/0"), 1},      {prefix("10.0.0.0/8"), 2},
                                     {prefix("10.1.0.0/16"), 3},    {prefix("10.1.2.0/24"), 4},
                                     {prefix("10.1.2.3/32"), 5},    {prefix("2001:db8::/32"), 6},
                                     {prefix("2001:db8::1/128"), 7}};
  const Rib rib = Rib::build(routes);
  struct Case {
    const char* address;
    uint32_t value;
    const char* matched;
  };
  constexpr Case kCases[] = {
      {"9.255.255.255", 1, "0.0.0.0/0"},   {"10.0.0.0", 2, "10.0.0.0/8"},
      {"10.1.255.255", 3, "10.1.0.0/16"},  {"10.1.2.2", 4, "10.1.2.0/24"},
      {"10.1.2.3", 5, "10.1.2.3/32"},      {"10.1.2.4", 4, "10.1.2.0/24"},
      {"2001:db8::2", 6, "2001:db8::/32"}, {"2001:db8::1", 7, "2001:db8::1/128"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(rib.lookup(address(c.address)), c.value) << c.address;
    EXPECT_EQ(rib.match(address(c.address)), (Route{prefix(c.matched), c.value})) << c.address;
  }
  EXPECT_EQ(rib.lookup(address("2001:db9::")), kNoRoute);  // families are apart
}

TEST(Rib, WithAndWithoutLeaveTheOriginal) {
  const Rib one = Rib().with(prefix("10.0.0.0/8"), 1);
  const Rib two = one.with(prefix("10.1.0.0/16"), 2);
  const Rib back = two.without(prefix("10.1.0.0/16"));
  EXPECT_EQ(one.lookup(address("10.1.0.1")), 1u);
  EXPECT_EQ(two.lookup(address("10.1.0.1")), 2u);
  EXPECT_EQ(back.lookup(address("10.1.0.1")), 1u);
  EXPECT_EQ(back.bytes(), one.bytes());
  EXPECT_EQ(one.without(prefix("10.0.0.0/8")).bytes(), 0u);
  EXPECT_EQ(one.without(prefix("11.0.0.0/8")).size(), 1u);
}

TEST(Rib, BatchAnswersLikeSingleLookups) {
  const Rib a = Rib().with(prefix("10.0.0.0/8"), 1);
  const Rib b = Rib().with(prefix("10.0.0.0/8"), 2);
  const std::vector<IpAddress> addresses = {address("10.0.0.1"), address("11.0.0.1"),
                                            address("10.9.9.9")};
  std::vector<uint32_t> values(3);
  a.lookup(addresses, values);
  EXPECT_EQ(values, (std::vector<uint32_t>{1, kNoRoute, 1}));
  const std::vector<const Rib*> tables = {&a, &b, &b};
  Rib::lookup(tables, addresses, values);
  EXPECT_EQ(values, (std::vector<uint32_t>{1, kNoRoute, 2}));
}

// Every set of prefixes of at most 3 bits, placed at each alignment to a node of six bits, against
// every address of a space of 6 bits around it.
TEST(Rib, ToyUniverseIsExhaustivelyRight) {
  std::vector<std::pair<int, uint64_t>> toy;  // length, bits: the 15 prefixes of up to 3 bits
  for (int length = 0; length <= 3; ++length) {
    for (uint64_t bits = 0; bits < uint64_t{1} << length; ++bits) toy.emplace_back(length, bits);
  }
  for (const int base : {0, 3, 4, 5, 26}) {
    const auto address_of = [&](uint64_t bits, int length) {
      return IpAddress::from_bits(Family::V4, {bits << (64 - base - length), 0});
    };
    for (uint32_t set = 0; set < 1u << toy.size(); set += base == 3 ? 1 : 7) {
      Rib rib;
      LinearFib oracle;
      for (size_t i = 0; i < toy.size(); ++i) {
        if ((set >> i & 1) == 0) continue;
        const auto [length, bits] = toy[i];
        const Prefix placed =
            Prefix::containing(length == 0 ? IpAddress() : address_of(bits, length), base + length);
        rib.set(placed, static_cast<uint32_t>(i));
        oracle.set(placed, static_cast<uint32_t>(i));
      }
      const uint64_t step = base == 3 ? 8 : 1;  // all the sets, or all the addresses
      for (uint64_t bits = set % step; bits < 64; bits += step) {
        const IpAddress any = address_of(bits, 6);
        ASSERT_EQ(rib.lookup(any), oracle.lookup(any)) << base << " " << set << " " << bits;
      }
    }
  }
}

class RibSequence : public testing::TestWithParam<uint64_t> {};

TEST_P(RibSequence, RandomChangesEqualTheOracleAndOldVersionsStay) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  Random random(GetParam());
  Rib rib;
  LinearFib oracle;
  std::vector<std::pair<Rib, LinearFib>> versions;
  std::vector<Prefix> known;
  for (int step = 0; step < 400; ++step) {
    const Family family = random() % 2 == 0 ? Family::V4 : Family::V6;
    const bool is_known = !known.empty() && random() % 2 == 0;
    const Prefix target = is_known ? known[random() % known.size()] : random_prefix(random, family);
    if (random() % 3 == 0) {
      ASSERT_EQ(rib.erase(target), oracle.erase(target));
    } else {
      const auto value = static_cast<uint32_t>(random() % 1000);
      rib.set(target, value);
      oracle.set(target, value);
      known.push_back(target);
    }
    if (step % 20 == 0) versions.emplace_back(rib, oracle);
    if (step % 50 == 0) expect_equal(rib, oracle, random);
  }
  for (const auto& [old_rib, old_oracle] : versions) expect_equal(old_rib, old_oracle, random);
  // The shape depends on the content only: building it anew takes as many bytes.
  EXPECT_EQ(Rib::build(routes_of(rib)).bytes(), rib.bytes());
  for (const Route& route : routes_of(rib)) EXPECT_TRUE(rib.erase(route.prefix));
  EXPECT_EQ(rib.bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RibSequence, testing::Range<uint64_t>(1, 21));

// ---- ranges

// The value that ranges() gives an address.
uint32_t value_at(const std::vector<ValueRange>& ranges, net::Bits128 address) {
  uint32_t value = kNoRoute;
  for (const ValueRange& range : ranges) {
    if (range.first <= address) value = range.value;
  }
  return value;
}

void expect_ranges_decide(const Rib& rib, const net::Prefix& region, int length_min,
                          Random& random) {
  Rib counted;
  rib.for_each([&](const Route& route) {
    if (route.prefix.length() >= length_min) counted.set(route.prefix, route.value);
  });
  std::vector<ValueRange> ranges;
  rib.ranges(region, ranges, length_min);
  ASSERT_EQ(ranges.front().first, region.address().bits());
  for (size_t i = 0; i < ranges.size(); ++i) {
    const IpAddress first = IpAddress::from_bits(region.family(), ranges[i].first);
    ASSERT_TRUE(region.contains(first));
    ASSERT_EQ(ranges[i].value, counted.lookup(first)) << region.to_string();
    if (i == 0) continue;
    ASSERT_LT(ranges[i - 1].first, ranges[i].first);
    ASSERT_NE(ranges[i - 1].value, ranges[i].value);
  }
  for (int i = 0; i < 50; ++i) {
    const uint64_t hi = random();
    const net::Bits128 host = net::Bits128{hi, random()} & ~net::Bits128::mask(region.length());
    const IpAddress address = IpAddress::from_bits(region.family(), region.address().bits() | host);
    ASSERT_EQ(value_at(ranges, address.bits()), counted.lookup(address)) << region.to_string();
  }
}

TEST_P(RibSequence, RangesOfAnyRegionEqualTheLookups) {
  Random random(GetParam());
  Rib rib;
  std::vector<net::Prefix> prefixes;
  for (int i = 0; i < 120; ++i) {
    prefixes.push_back(random_prefix(random, i % 2 == 0 ? Family::V4 : Family::V6));
    rib.set(prefixes.back(), static_cast<uint32_t>(random() % 4));
  }
  for (int i = 0; i < 100; ++i) {
    const net::Prefix& near = prefixes[random() % prefixes.size()];
    const int length = static_cast<int>(random() % (net::address_bits(near.family()) + 1));
    expect_ranges_decide(rib, net::Prefix::containing(near.address(), length),
                         static_cast<int>(random() % 3), random);
  }
}

}  // namespace
}  // namespace isthmus::dataplane
