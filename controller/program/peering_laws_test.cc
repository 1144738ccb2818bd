// What holds of peerings whatever happens to them: laws over random lives in both realms.
#include <gtest/gtest.h>

#include <cstdio>

#include "controller/model/networks.h"
#include "controller/program/program.h"
#include "controller/program/values.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "controller/rules/peering_state.h"
#include "tests/support/random_azure_changes.h"
#include "tests/support/random_changes.h"

namespace isthmus {
namespace {

constexpr int kLives = 40;
constexpr int kChangesPerLife = 300;

Model fresh_model() { return make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {})->model; }

// Lives a life and shows the model to `see` after each change that was accepted.
template <class Next, class See>
void live(Model model, const Next& next, const See& see) {
  for (int i = 0; i < kChangesPerLife; ++i) {
    auto applied = apply(model, next(), {});
    if (!applied) continue;
    model = std::move(applied->model);
    see(model);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

template <class See>
void live_everywhere(const See& see) {
  for (uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomChanges onprem(seed);
    live(
        fresh_model(), [&] { return onprem.next(); }, see);
    testing::RandomAzureChanges azure(seed);
    const Model begun =
        apply(fresh_model(), testing::RandomAzureChanges::beginning(), {}).value().model;
    live(
        begun, [&] { return azure.next(); }, see);
    testing::RandomAzureChanges peerings(seed);
    live(
        begun, [&] { return peerings.next_of_peerings(); }, see);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

// What security_rules.cc rests on, which looks at one side alone.
TEST(PeeringLaws, ASideIsConnectedExactlyWhenTheOtherIs) {
  size_t connected_sides = 0;
  size_t other_sides = 0;
  live_everywhere([&](const Model& model) {
    for (const ResourcePtr& peering : model.collection(Kind::Peering)) {
      if (peering->as<Peering>().state != PeeringState::Connected) {
        ++other_sides;
        continue;
      }
      ++connected_sides;
      const Resource* there = other_side(model, *peering);
      ASSERT_NE(there, nullptr) << peering->id.path();
      ASSERT_EQ(there->as<Peering>().state, PeeringState::Connected) << there->id.path();
      ASSERT_EQ(other_side(model, *there), peering.get()) << there->id.path();
    }
  });
  EXPECT_GT(connected_sides, size_t{kLives} * kChangesPerLife);
  EXPECT_GT(other_sides, size_t{kLives} * kChangesPerLife);
  std::printf("%zu connected sides, %zu others seen\n", connected_sides, other_sides);
}

TEST(PeeringLaws, InAzureBothSidesAreOfOneType) {
  size_t pairs = 0;
  live_everywhere([&](const Model& model) {
    for (const ResourcePtr& peering : model.collection(Kind::Peering)) {
      const Resource* there = other_side(model, *peering);
      if (there == nullptr || peering->id.realm() != Realm::Azure) continue;
      ASSERT_EQ(is_subnet_peering(*peering), is_subnet_peering(*there)) << there->id.path();
      ASSERT_EQ(peering->as<Peering>().azure.only_ipv6.value_or(false),
                there->as<Peering>().azure.only_ipv6.value_or(false))
          << there->id.path();
      ++pairs;
    }
  });
  EXPECT_GT(pairs, size_t{kLives} * kChangesPerLife / 2);
}

// Read off the peering objects as plainly as possible, to hold the programmed routes against.
bool names(const std::optional<std::vector<std::string>>& list, const Resource& subnet) {
  return list && std::find(list->begin(), list->end(), subnet.id.name()) != list->end();
}
bool holds(const std::vector<net::Prefix>& prefixes, net::Prefix prefix) {
  return std::find(prefixes.begin(), prefixes.end(), prefix) != prefixes.end();
}
bool is_peered(const Resource& from, const Peering& here, const Resource& to, const Peering& there,
               net::Prefix prefix_of_to) {
  if (here.state != PeeringState::Connected || there.state != PeeringState::Connected) return false;
  if (!names(here.azure.local_subnet_names, from) || !names(there.azure.local_subnet_names, to))
    return false;
  bool is_known = false;  // to the other network, which synchronised one of its prefixes
  for (const net::Prefix& prefix : prefixes_of(from.as<Subnet>())) {
    for (const net::Prefix& synced : there.azure.remote_address_space)
      is_known = is_known || synced.overlaps(prefix);
  }
  return is_known && holds(here.azure.remote_address_space, prefix_of_to);
}

// Every subnet of the network that has the peering, to every subnet of the remote one: there is a
// route exactly where both take part. Counts the routes that there are, and are not.
struct Seen {
  size_t routed = 0;
  size_t unrouted = 0;
};
void compare_routes(const Model& model, const dataplane::ForwardingProgram& program,
                    const Resource& peering, Seen& seen) {
  const Resource* there = other_side(model, peering);
  const Resource* remote = model.find(peering.as<Peering>().remote_virtual_network);
  if (there == nullptr || remote == nullptr) return;
  for (const Resource* from : model.below(peering.id.parent(), Kind::Subnet)) {
    const auto& routes = program.tables.at(program::table_of_subnet(model, *from));
    for (const Resource* to : model.below(remote->id, Kind::Subnet)) {
      for (const net::Prefix& prefix : prefixes_of(to->as<Subnet>())) {
        const auto& user_table = from->as<Subnet>().route_table;
        const Resource* table = user_table.empty() ? nullptr : model.find(user_table);
        if (table != nullptr && !model.routes_with(*table, prefix).empty()) continue;
        const auto found = routes.find(prefix);
        const bool is_routed = found != routes.end() &&
                               found->second.kind == dataplane::Action::Kind::Deliver &&
                               found->second.domain == program::domain_of(*remote);
        ASSERT_EQ(is_routed,
                  is_peered(*from, peering.as<Peering>(), *to, there->as<Peering>(), prefix))
            << from->id.path() << " to " << prefix.to_string() << " of " << to->id.path();
        ++(is_routed ? seen.routed : seen.unrouted);
      }
    }
  }
}

TEST(PeeringLaws, OfASubnetPeeringTheSubnetsThatBothSidesNameHaveRoutes) {
  Seen seen;
  for (uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomAzureChanges changes(seed);
    const Model begun =
        apply(fresh_model(), testing::RandomAzureChanges::beginning(), {}).value().model;
    live(
        begun, [&] { return changes.next(); },
        [&](const Model& model) {
          const dataplane::ForwardingProgram program = compile(model);
          for (const ResourcePtr& peering : model.collection(Kind::Peering)) {
            if (is_subnet_peering(*peering)) compare_routes(model, program, *peering, seen);
          }
        });
    ASSERT_FALSE(::testing::Test::HasFatalFailure());
  }
  EXPECT_GT(seen.routed, size_t{kLives} * 20);
  EXPECT_GT(seen.unrouted, size_t{kLives} * 20);
  std::printf("%zu pairs of a subnet and a prefix with a route, %zu without\n", seen.routed,
              seen.unrouted);
}

}  // namespace
}  // namespace isthmus
