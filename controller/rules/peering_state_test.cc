// The peering state machine: the table against the rules it stands for, and the real objects
// against the table.
#include "controller/rules/peering_state.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "controller/model/networks.h"
#include "tests/support/small_world.h"

namespace isthmus {
namespace {

constexpr Side kSides[] = {Side::Absent, Side::Initiated, Side::Connected, Side::Disconnected};

TEST(PeeringState, ARowIsReachableExactlyWhenItStandsInTheTable) {
  std::set<std::pair<Side, Side>> reached = {{Side::Absent, Side::Absent}};
  std::vector<std::pair<Side, Side>> to_visit(reached.begin(), reached.end());
  size_t rows_used = 0;
  std::set<const void*> used;
  while (!to_visit.empty()) {
    const auto [here, there] = to_visit.back();
    to_visit.pop_back();
    for (const auto& [a, b] : {std::pair(here, there), std::pair(there, here)}) {
      for (const PeeringEvent event : {PeeringEvent::Put, PeeringEvent::Delete}) {
        if (event == PeeringEvent::Delete && a == Side::Absent) continue;
        const auto row = peering_transition(a, b, event);
        ASSERT_TRUE(row) << static_cast<int>(a) << " " << static_cast<int>(b);
        const std::pair next{row->here_after, row->there_after};
        if (reached.insert(next).second) to_visit.push_back(next);
      }
    }
  }
  for (const PeeringTransition& row : kPeeringTransitions) {
    const bool is_reached =
        reached.contains({row.here, row.there}) || reached.contains({row.there, row.here});
    EXPECT_TRUE(is_reached);
    rows_used += is_reached ? 1 : 0;
  }
  EXPECT_EQ(rows_used, kPeeringTransitions.size());
}

TEST(PeeringState, BothSidesAreConnectedOrNeitherIs) {
  for (const PeeringTransition& row : kPeeringTransitions) {
    EXPECT_EQ(row.here_after == Side::Connected, row.there_after == Side::Connected);
  }
}

TEST(PeeringState, DeletionNeverConnectsAndNeverRevives) {
  for (const PeeringTransition& row : kPeeringTransitions) {
    if (row.event != PeeringEvent::Delete) continue;
    EXPECT_EQ(row.here_after, Side::Absent);
    EXPECT_NE(row.there_after, Side::Connected);
  }
}

TEST(PeeringState, HasOneRowForEachCombination) {
  for (const Side here : kSides) {
    for (const Side there : kSides) {
      for (const PeeringEvent event : {PeeringEvent::Put, PeeringEvent::Delete}) {
        int rows = 0;
        for (const PeeringTransition& row : kPeeringTransitions) {
          rows += row.here == here && row.there == there && row.event == event ? 1 : 0;
        }
        EXPECT_LE(rows, 1);
      }
    }
  }
}

Side side_in(const Model& model, const std::string& from, const std::string& to) {
  const Resource* peering = model.find(testing::SmallWorld::id(
      fmt::format("/virtualNetworks/{0}/virtualNetworkPeerings/{0}-to-{1}", from, to)));
  return peering == nullptr ? Side::Absent : side_of(peering->as<Peering>().state);
}

// Random puts and deletes of both sides: the objects do what the table says, step by step.
TEST(PeeringState, TheObjectsFollowTheTable) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    std::mt19937_64 random(seed);
    testing::SmallWorld world;
    world.network("a", "10.1.0.0/16");
    world.network("b", "10.2.0.0/16");
    for (int i = 0; i < 60; ++i) {
      const bool from_a = random() % 2 == 0;
      const std::string from = from_a ? "a" : "b";
      const std::string to = from_a ? "b" : "a";
      const Side here = side_in(world.model(), from, to);
      const Side there = side_in(world.model(), to, from);
      const PeeringEvent event =
          here != Side::Absent && random() % 2 == 0 ? PeeringEvent::Delete : PeeringEvent::Put;
      if (event == PeeringEvent::Put) {
        world.peering(from, to);
      } else {
        world.unpeer(from, to);
      }
      const auto row = peering_transition(here, there, event);
      ASSERT_TRUE(row);
      ASSERT_EQ(side_in(world.model(), from, to), row->here_after);
      ASSERT_EQ(side_in(world.model(), to, from), row->there_after);
    }
  }
}

}  // namespace
}  // namespace isthmus
