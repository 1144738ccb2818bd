// Packets and networks: the sizes that were asked for, what they are made of, the same for the same
// seed.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tools/bench/fib/networks.h"
#include "tools/bench/fib/patterns.h"

namespace isthmus::bench {
namespace {

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }

RouteSet small_table() {
  RouteSet set;
  set.name = "small";
  set.tables = {{{prefix("10.0.0.0/8"), 1},
                 {prefix("10.1.2.0/24"), 2},
                 {prefix("10.1.2.128/25"), 3},
                 {prefix("192.0.2.7/32"), 4}}};
  return set;
}

bool equal(const Packets& a, const Packets& b) {
  return a.tables == b.tables && a.v4 == b.v4 && a.v6 == b.v6;
}

constexpr Pattern kPatterns[] = {Pattern::Uniform, Pattern::Routed, Pattern::Zipf,
                                 Pattern::Sequential, Pattern::Deep};

TEST(Patterns, HaveTheSizeAskedForAndRepeatWithTheSeed) {
  const RouteSet routes = small_table();
  for (const Pattern pattern : kPatterns) {
    const Packets packets = make_packets(pattern, routes, 1000, 5);
    EXPECT_EQ(packets.size(), 1000u);
    EXPECT_TRUE(equal(packets, make_packets(pattern, routes, 1000, 5)));
    const bool drawn = pattern != Pattern::Sequential;
    EXPECT_EQ(equal(packets, make_packets(pattern, routes, 1000, 6)), !drawn);
  }
}

TEST(Patterns, RoutedAndZipfStayInsideRoutes) {
  const RouteSet routes = small_table();
  for (const Pattern pattern : {Pattern::Routed, Pattern::Zipf}) {
    const Packets packets = make_packets(pattern, routes, 1000, 1);
    for (size_t i = 0; i < packets.size(); ++i) {
      const net::IpAddress address = packets.view().address(i);
      EXPECT_TRUE(prefix("10.0.0.0/8").contains(address) ||
                  prefix("192.0.2.7/32").contains(address))
          << address.to_string();
    }
  }
}

TEST(Patterns, DeepStaysInTheBlocksThatHoldLongerPrefixes) {
  const Packets packets = make_packets(Pattern::Deep, small_table(), 1000, 1);
  std::set<uint32_t> blocks;
  for (const uint32_t address : packets.v4) blocks.insert(address >> 8);
  EXPECT_EQ(blocks, (std::set<uint32_t>{0x0A0102, 0xC00002}));
}

TEST(Patterns, DeepIsEmptyWithoutLongPrefixes) {
  RouteSet routes;
  routes.tables = {{{prefix("10.0.0.0/8"), 1}}};
  EXPECT_EQ(make_packets(Pattern::Deep, routes, 1000, 1).size(), 0u);
}

TEST(Patterns, SequentialStepsBy3571) {
  const Packets packets = make_packets(Pattern::Sequential, small_table(), 3, 1);
  EXPECT_EQ(packets.v4, (std::vector<uint32_t>{0, 3571, 7142}));
}

TEST(Patterns, Ipv6IsInNetworkOrderWithin2000Slash3) {
  RouteSet routes;
  routes.family = net::Family::V6;
  routes.tables = {{{prefix("2001:db8::/32"), 1}}};
  const Packets uniform = make_packets(Pattern::Uniform, routes, 500, 1);
  EXPECT_TRUE(uniform.v4.empty());
  for (const auto& bytes : uniform.v6) EXPECT_EQ(bytes[0] >> 5, 1);
  const Packets routed = make_packets(Pattern::Routed, routes, 500, 1);
  for (size_t i = 0; i < routed.size(); ++i)
    EXPECT_TRUE(prefix("2001:db8::/32").contains(routed.view().address(i)));
}

TEST(ZipfLaw, TheFirstIsDrawnTwiceAsOftenAsTheSecond) {
  std::mt19937_64 random(3);
  const Zipf zipf(1000);
  std::map<size_t, int> drawn;
  constexpr int kDraws = 200'000;
  for (int i = 0; i < kDraws; ++i) ++drawn[zipf(random)];
  EXPECT_LT(drawn.rbegin()->first, 1000u);
  // 1 / H(1000) is 0.1336.
  EXPECT_NEAR(drawn[0], kDraws * 0.1336, kDraws * 0.005);
  EXPECT_NEAR(drawn[1] * 2, drawn[0], kDraws * 0.01);
}

TEST(Networks, AMeshHasARouteToEachPeerTheOwnAndTheDefaultOne) {
  const Networks mesh = make_networks(mesh_plan(20), 1);
  ASSERT_EQ(mesh.routes.tables.size(), 20u);
  for (size_t i = 0; i < 20; ++i) {
    const auto& table = mesh.routes.tables[i];
    ASSERT_EQ(table.size(), 21u);
    EXPECT_EQ(table[0].prefix, prefix("0.0.0.0/0"));
    EXPECT_EQ(mesh.peers[i].size(), 19u);
    EXPECT_TRUE(std::is_sorted(table.begin(), table.end(),
                               [](const auto& a, const auto& b) { return a.prefix < b.prefix; }));
  }
}

TEST(Networks, WhatAValueMeansIsTheSameInEveryTableButAtHome) {
  const Networks mesh = make_networks(mesh_plan(10), 1);
  const net::Prefix of_three = mesh.prefixes[3].front();
  for (size_t i = 0; i < 10; ++i) {
    const auto& table = mesh.routes.tables[i];
    const auto route = std::find_if(table.begin(), table.end(),
                                    [&](const Route& each) { return each.prefix == of_three; });
    ASSERT_NE(route, table.end());
    EXPECT_EQ(route->value, i == 3 ? 10u : 3u);
  }
}

TEST(Networks, AMixHasTheRoutesOfItsPlan) {
  const Networks mix = make_networks(mix_plan(100), 1);
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(mix.peers[i].size(), 50u);
    EXPECT_EQ(std::count(mix.peers[i].begin(), mix.peers[i].end(), i), 0);
    size_t expected = 1 + 400 + mix.prefixes[i].size();
    for (const uint32_t peer : mix.peers[i]) expected += mix.prefixes[peer].size();
    EXPECT_LE(mix.routes.tables[i].size(), expected);
    EXPECT_GE(mix.routes.tables[i].size(), expected - 10);  // drawn twice
  }
}

TEST(Networks, OwnPrefixesAreDisjoint) {
  const Networks mix = make_networks(mix_plan(300), 9);
  std::vector<net::Prefix> all;
  for (const auto& own : mix.prefixes) all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  for (size_t i = 1; i < all.size(); ++i) EXPECT_FALSE(all[i - 1].overlaps(all[i]));
}

TEST(Networks, RepeatWithTheSeed) {
  const Networks a = make_networks(mix_plan(30), 4);
  EXPECT_EQ(a.routes.tables, make_networks(mix_plan(30), 4).routes.tables);
  EXPECT_NE(a.routes.tables, make_networks(mix_plan(30), 5).routes.tables);
  EXPECT_TRUE(equal(make_traffic(a, 1000, 2), make_traffic(a, 1000, 2)));
  EXPECT_FALSE(equal(make_traffic(a, 1000, 2), make_traffic(a, 1000, 3)));
}

TEST(Networks, HalfOfTheTrafficAndMoreGoesToPeersAndAFifthStaysAtHome) {
  const Networks mesh = make_networks(mesh_plan(50), 1);
  const Packets traffic = make_traffic(mesh, 20'000, 1);
  ASSERT_EQ(traffic.size(), 20'000u);
  size_t home = 0, peers = 0;
  for (size_t i = 0; i < traffic.size(); ++i) {
    const net::IpAddress to = traffic.view().address(i);
    const auto holds = [&](const net::Prefix& own) { return own.contains(to); };
    for (size_t network = 0; network < 50; ++network) {
      const auto& own = mesh.prefixes[network];
      if (!std::any_of(own.begin(), own.end(), holds)) continue;
      ++(network == traffic.tables[i] ? home : peers);
    }
  }
  // 20 % any route: 49 of 51 lead to a peer, 1 home, 1 anywhere.
  EXPECT_NEAR(static_cast<double>(home), 20'000 * (0.2 + 0.2 / 51), 400);
  EXPECT_NEAR(static_cast<double>(peers), 20'000 * (0.5 + 0.2 * 49 / 51), 400);
}

}  // namespace
}  // namespace isthmus::bench
