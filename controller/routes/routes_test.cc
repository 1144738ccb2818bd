#include "controller/routes/routes.h"

#include <gtest/gtest.h>

#include "tests/support/small_world.h"

namespace isthmus {
namespace {

using testing::SmallWorld;

struct Row {
  std::string prefix;
  NextHop next_hop;
  std::string via;
  std::vector<std::string> losers;  // by what they would have used
  bool operator==(const Row&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Row& row) {
  out << row.prefix << " " << name(row.next_hop) << " via " << row.via << ", not";
  for (const std::string& loser : row.losers) out << " " << loser;
  return out;
}

std::vector<Row> routes_of(const Model& model, const std::string& network,
                           const std::string& route_table = "") {
  const Resource* table =
      route_table.empty() ? nullptr : model.find(SmallWorld::id("/routeTables/" + route_table));
  std::vector<Row> rows;
  for (const auto& effective : effective_routes(
           model, {*model.find(SmallWorld::id("/virtualNetworks/" + network)), table})) {
    Row row{effective.route.prefix.to_string(),
            effective.route.next_hop,
            std::string(effective.route.via->id.name()),
            {}};
    for (const LostRoute& lost : effective.losers)
      row.losers.push_back(std::string(lost.route.via->id.name()));
    rows.push_back(row);
  }
  return rows;
}

struct TwoNetworks : SmallWorld {
  TwoNetworks() {
    network("red", "10.1.0.0/16");
    network("blue", "10.2.0.0/16");
    subnet("red", "web", "10.1.0.0/24");
    subnet("blue", "db", "10.2.0.0/24");
    subnet("blue", "log", "10.2.1.0/24");
  }
};

TEST(EffectiveRoutes, AreTheOwnSubnetsWhileNothingIsConnected) {
  TwoNetworks world;
  const std::vector<Row> own = {{"10.1.0.0/24", NextHop::VnetLocal, "web", {}}};
  EXPECT_EQ(routes_of(world.model(), "red"), own);
  world.peering("red", "blue");  // Initiated
  EXPECT_EQ(routes_of(world.model(), "red"), own);
}

TEST(EffectiveRoutes, HoldEachSubnetOfAConnectedPeer) {
  TwoNetworks world;
  world.peer("red", "blue");
  const std::vector<Row> expected = {
      {"10.1.0.0/24", NextHop::VnetLocal, "web", {}},
      {"10.2.0.0/24", NextHop::VirtualNetworkPeering, "red-to-blue", {}},
      {"10.2.1.0/24", NextHop::VirtualNetworkPeering, "red-to-blue", {}}};
  EXPECT_EQ(routes_of(world.model(), "red"), expected);
  world.unpeer("blue", "red");  // Disconnected
  EXPECT_EQ(routes_of(world.model(), "red").size(), 1u);
}

TEST(EffectiveRoutes, AUserRouteWinsAtTheSameLengthAndTheLoserSaysWhy) {
  TwoNetworks world;
  world.peer("red", "blue");
  world.route("r", "to-db", "10.2.0.0/24", "10.1.0.9");
  world.route("r", "everything", "0.0.0.0/0", "");
  const std::vector<Row> expected = {
      {"0.0.0.0/0", NextHop::None, "everything", {}},
      {"10.1.0.0/24", NextHop::VnetLocal, "web", {}},
      {"10.2.0.0/24", NextHop::VirtualAppliance, "to-db", {"red-to-blue"}},
      {"10.2.1.0/24", NextHop::VirtualNetworkPeering, "red-to-blue", {}}};
  EXPECT_EQ(routes_of(world.model(), "red", "r"), expected);
  const Resource& red = *world.model().find(SmallWorld::id("/virtualNetworks/red"));
  const auto routes =
      effective_routes(world.model(), {red, world.model().find(SmallWorld::id("/routeTables/r"))});
  EXPECT_EQ(routes[2].losers[0].because,
            "a user route wins over a system route of the same prefix");
}

TEST(EffectiveRoutes, AnApplianceThatNothingHoldsIsUnreachable) {
  TwoNetworks world;
  world.route("r", "to-db", "10.9.0.0/24", "10.2.0.9");
  const auto is_reachable = [&] {
    const Resource& red = *world.model().find(SmallWorld::id("/virtualNetworks/red"));
    const auto routes = effective_routes(
        world.model(), {red, world.model().find(SmallWorld::id("/routeTables/r"))});
    return routes.back().is_reachable;
  };
  EXPECT_FALSE(is_reachable());
  world.peer("red", "blue");
  EXPECT_TRUE(is_reachable());
}

// Law: for any destination, the forwarding table and the ordered candidates agree.
TEST(EffectiveRoutes, TheFirstCandidateForAnAddressIsTheLongestEffectiveRoute) {
  TwoNetworks world;
  world.peer("red", "blue");
  world.route("r", "half", "10.2.0.0/25", "10.1.0.9");
  world.route("r", "wide", "10.0.0.0/8", "");
  const Resource& red = *world.model().find(SmallWorld::id("/virtualNetworks/red"));
  const Resource* table = world.model().find(SmallWorld::id("/routeTables/r"));
  const auto routes = effective_routes(world.model(), {red, table});
  for (const char* text :
       {"10.2.0.1", "10.2.0.129", "10.2.1.1", "10.3.0.1", "10.1.0.1", "11.0.0.1"}) {
    const net::IpAddress address = *net::IpAddress::parse(text);
    const EffectiveRoute* longest = nullptr;
    for (const auto& route : routes) {
      if (route.route.prefix.contains(address)) longest = &route;  // sorted: longer ones come later
    }
    const auto found = candidates_for(world.model(), {red, table}, address);
    ASSERT_EQ(found.empty(), longest == nullptr) << text;
    if (longest != nullptr) {
      EXPECT_EQ(found.front().via, longest->route.via) << text;
    }
  }
}

}  // namespace
}  // namespace isthmus
