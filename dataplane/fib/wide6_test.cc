#include "dataplane/fib/wide6.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstring>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/fib_oracle.h"
#include "tests/support/full_table.h"
#include "tests/support/sanitizers.h"

namespace isthmus::dataplane {
namespace {

using net::Bits128;
using net::IpAddress;
using net::Prefix;
using Visible = Wide6::Visible;

using WireAddress = std::array<uint8_t, 16>;
static_assert(sizeof(WireAddress) == 16);

// By each build of the loops that this processor runs, all of which agree.
std::vector<uint32_t> look_up(const Wide6::View& view, const std::vector<IpAddress>& addresses) {
  std::vector<WireAddress> wire;
  wire.reserve(addresses.size());
  for (const IpAddress& address : addresses) wire.push_back(address.bytes());
  const auto* first = reinterpret_cast<const uint8_t(*)[16]>(wire.data());
  std::vector<uint32_t> values(wire.size());
  for (size_t i = 0; i < wire.size(); ++i) values[i] = lookup_one(view, wire[i].data());
  for (const CpuPath path : cpu_paths()) {
    std::vector<uint32_t> same(wire.size());
    wide6::lookup(path, view, first, same.data(), same.size());
    EXPECT_EQ(same, values) << to_string(path);
  }
  return values;
}

void expect_equal(const Wide6::View& view, const Rib& rib,
                  const std::vector<IpAddress>& addresses) {
  const std::vector<uint32_t> values = look_up(view, addresses);
  size_t wrong = 0;
  for (size_t i = 0; i < addresses.size(); ++i) {
    if (values[i] == rib.lookup(addresses[i])) continue;
    if (wrong++ == 0) {
      ADD_FAILURE() << addresses[i].to_string() << ": " << values[i] << ", not "
                    << rib.lookup(addresses[i]);
    }
  }
  EXPECT_EQ(wrong, 0u) << "of " << addresses.size();
}

// The first and the last address of a prefix, and their neighbours outside.
void add_edges(const Prefix& prefix, std::vector<IpAddress>& addresses) {
  const Bits128 first = prefix.address().bits();
  const Bits128 before{first.lo == 0 ? first.hi - 1 : first.hi, first.lo - 1};
  for (const IpAddress edge :
       {prefix.address(), prefix.last(), prefix.last().plus(1), IpAddress::v6(before)})
    addresses.push_back(edge);
}

// Routes crowd around a few addresses, so that they nest, touch and share every kind of node.
class Crowd {
 public:
  Crowd(uint64_t seed, uint32_t values) : random_(seed), values_(values) {
    for (Bits128& centre : centres_) centre = {random_() >> 3 | uint64_t{1} << 61, random_()};
    centres_[1] = {centres_[0].hi ^ 0x1234'5678, centres_[0].lo};        // in the same /32
    centres_[2] = {centres_[0].hi ^ uint64_t{9} << 32, centres_[0].lo};  // in the same word
  }
  uint64_t number(uint64_t below) { return random_() % below; }
  uint32_t value() { return static_cast<uint32_t>(random_() % values_); }
  // Any length, those around the edges of nodes more often; a few bits differ from a centre.
  Prefix prefix() {
    static constexpr int kLengths[] = {0,  3,  12, 15, 16, 17, 26, 27, 28,  31,  32,  33,  40, 44,
                                       47, 48, 49, 63, 64, 65, 80, 81, 111, 112, 113, 127, 128};
    const int length = random_() % 2 == 0 ? kLengths[random_() % std::size(kLengths)]
                                          : static_cast<int>(random_() % 129);
    return Prefix::containing(address_near(length), length);
  }
  IpAddress address() { return address_near(static_cast<int>(random_() % 129)); }

 private:
  IpAddress address_near(int length) {
    const Bits128 host = Bits128{random_(), random_()} & ~Bits128::mask(length);
    Bits128 bits = (centres_[random_() % std::size(centres_)] & Bits128::mask(length)) | host;
    const int flip = std::max(0, length - 1 - static_cast<int>(random_() % 10));
    if (random_() % 2 == 0) (flip < 64 ? bits.hi : bits.lo) ^= uint64_t{1} << (63 - flip % 64);
    return IpAddress::v6(bits);
  }

  std::mt19937_64 random_;
  uint32_t values_;
  Bits128 centres_[5];
};

std::vector<IpAddress> probes(const Rib& rib, Crowd& crowd, size_t random_count) {
  std::vector<IpAddress> addresses;
  rib.for_each([&](const Route& route) {
    if (route.prefix.family() == net::Family::V6) add_edges(route.prefix, addresses);
  });
  for (size_t i = 0; i < random_count; ++i) addresses.push_back(crowd.address());
  return addresses;
}

void change(Wide6& table, const Rib& after, std::vector<Prefix> changed, Visible visible,
            rcu::GracePeriods& grace) {
  table.publish(table.prepare(after, changed, visible), grace);
}

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

class Wide6FullTable : public testing::Test {
 protected:
  static std::vector<Route> routes(uint32_t values) {
    static const test::FullTable full =
        test::read_full_table(ISTHMUS_SOURCE_DIR "/tools/bench/data/bgp-prefixes-2026-07.txt.gz");
    std::vector<Route> taken;
    for (size_t i = 0; i < full.v6.size(); i += test::kSanitized ? 20 : 1)
      taken.push_back({full.v6[i].prefix, full.v6[i].value * 2'654'435'761u % values});
    return taken;
  }
};

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
TEST_F(Wide6FullTable, AMillionChanges) {
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
  for (int i = 0; i < (test::kSanitized ? 5'000 : 1'000'000); ++i) {
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
