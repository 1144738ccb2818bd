#include "dataplane/fib/wide6.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>
#include <vector>

#include "tests/support/fib_oracle.h"
#include "tests/support/wide6_check.h"

namespace isthmus::dataplane {
namespace {

using namespace test::wide6;

TEST(Wide6, AnEmptyTableHasNoRoute) {
  const Wide6 table{Rib()};
  EXPECT_EQ(look_up(table.view(), {IpAddress::v6({}), IpAddress::v6({~uint64_t{0}, 1})}),
            std::vector<uint32_t>(2, kNoRoute));
}

TEST(Wide6, EveryLengthOfOneAddress) {
  const Bits128 deep{0x20010DB8'12345678, 0x9ABCDEF0'12345678};
  for (const uint32_t first_value : {0u, 100'000u}) {  // cells of 16 and of 32 bits
    std::vector<Route> routes;
    std::vector<IpAddress> addresses;
    for (int length = 0; length <= 128; ++length) {
      const Prefix prefix = Prefix::containing(IpAddress::v6(deep), length);
      routes.push_back({prefix, first_value + static_cast<uint32_t>(length)});
      add_edges(prefix, addresses);
    }
    const Rib rib = Rib::build(routes);
    expect_equal(Wide6(rib).view(), rib, addresses);
  }
}

TEST(Wide6, AnyNumberOfAddresses) {
  Crowd crowd(5, 100);
  Rib rib;
  for (int i = 0; i < 200; ++i) rib.set(crowd.prefix(), crowd.value());
  const Wide6 table(rib);
  for (size_t count = 0; count <= 200; ++count) {
    std::vector<IpAddress> addresses;
    for (size_t i = 0; i < count; ++i) addresses.push_back(crowd.address());
    expect_equal(table.view(), rib, addresses);
  }
}

// More and more /48s of one /32: a line, pieces, lines of lines, pieces of those.
TEST(Wide6, EverySizeOfOneBlock) {
  for (const uint64_t spread : {0xFFFFull, 0xFFFull, 0xFF00ull, 0xF0FFull}) {
    std::mt19937_64 random(spread);
    Rib rib;
    for (size_t count : {1, 15, 16, 17, 100, 400, 900, 3000}) {
      std::vector<IpAddress> addresses;
      const size_t possible = size_t{1} << std::popcount(spread);
      while (rib.size() < std::min(count, possible / 2)) {
        const uint64_t number = random() & spread;
        const Prefix prefix =
            Prefix::containing(IpAddress::v6({0x20010DB8ull << 32 | number << 16, 0}), 48);
        rib.set(prefix, static_cast<uint32_t>(random() % 50));
      }
      rib.for_each([&](const Route& route) { add_edges(route.prefix, addresses); });
      expect_equal(Wide6(rib).view(), rib, addresses);
    }
  }
}

TEST_F(Wide6FullTable, EqualsTheOracle) {
  for (const uint32_t values : {64u, 200'000u}) {
    const std::vector<Route> taken = routes(values);
    const Rib rib = Rib::build(taken);
    const Wide6 table(rib);
    const test::IntervalFib oracle(taken);
    constexpr uint64_t kSeed = 20261121;
    SCOPED_TRACE(testing::Message() << values << " values, seed " << kSeed);
    std::mt19937_64 random(kSeed);
    std::vector<IpAddress> addresses;
    for (const Route& route : taken) {
      add_edges(route.prefix, addresses);
      addresses.push_back(test::routed_address(taken, random));
      addresses.push_back(test::random_address(net::Family::V6, random));
    }
    const std::vector<uint32_t> found = look_up(table.view(), addresses);
    size_t wrong = 0;
    for (size_t i = 0; i < addresses.size(); ++i)
      wrong += found[i] != oracle.lookup(addresses[i]) ? 1 : 0;
    EXPECT_EQ(wrong, 0u);
    RecordProperty("bytes_per_prefix", static_cast<int>(table.bytes() / taken.size()));
  }
}

}  // namespace
}  // namespace isthmus::dataplane
