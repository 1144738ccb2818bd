// The incremental program against the full one, over random lives of a controller.
#include <gtest/gtest.h>

#include <cstdio>

#include "controller/program/program.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "tests/support/random_changes.h"

namespace isthmus {
namespace {

constexpr int kLives = 40;
constexpr int kChangesPerLife = 400;

Model fresh_model() { return make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {})->model; }

TEST(ProgramDelta, EqualsTheFullProgramAfterEveryChange) {
  size_t accepted = 0;
  size_t policies = 0;
  size_t forwarding_ports = 0;
  size_t appliance_routes = 0;
  for (uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomChanges changes(seed);
    Model model = fresh_model();
    dataplane::ForwardingProgram program = compile(model);
    for (int i = 0; i < kChangesPerLife; ++i) {
      const auto applied = apply(model, changes.next(), {});
      if (!applied) continue;
      ++accepted;
      dataplane::apply(program, delta(model, applied->model, applied->changes).delta);
      ASSERT_EQ(program, compile(applied->model)) << "change " << i;
      model = applied->model;
      policies += program.policies.size();
      for (const auto& [id, port] : program.ports) forwarding_ports += port.may_forward ? 1 : 0;
      for (const auto& [key, routes] : program.tables) {
        for (const auto& [prefix, action] : routes) {
          appliance_routes += action.kind == dataplane::Action::Kind::Appliance ? 1 : 0;
        }
      }
    }
  }
  // A generator whose world never peers or forwards would show nothing.
  EXPECT_GT(accepted, kLives * kChangesPerLife / 5u);
  EXPECT_GT(policies, accepted);
  EXPECT_GT(forwarding_ports, accepted / 4);
  EXPECT_GT(appliance_routes, accepted / 4);
  std::printf("%zu changes, %zu policies, %zu forwarding ports, %zu appliance routes seen\n",
              accepted, policies, forwarding_ports, appliance_routes);
}

TEST(ProgramDelta, OfManyChangesTogetherIsTheSame) {
  for (uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomChanges changes(seed);
    Model model = fresh_model();
    for (int batch = 0; batch < 10; ++batch) {
      const Model before = model;
      std::map<ResourceId, ResourceChange> net;
      for (int i = 0; i < 15; ++i) {
        const auto applied = apply(model, changes.next(), {});
        if (!applied) continue;
        for (const ResourceChange& change : applied->changes) {
          const auto [it, is_first] = net.try_emplace(change.any().id, change);
          if (!is_first) it->second.after = change.after;
        }
        model = applied->model;
      }
      std::vector<ResourceChange> all;
      for (const auto& [id, change] : net) {
        if (change.before || change.after) all.push_back(change);
      }
      dataplane::ForwardingProgram program = compile(before);
      dataplane::apply(program, delta(before, model, all).delta);
      ASSERT_EQ(program, compile(model)) << "batch " << batch;
    }
  }
}

Operation put(ResourceId id, Body body, std::vector<DraftChildren> children = {}) {
  Operation operation;
  operation.draft = {std::move(id), "", {}, nullptr, std::move(body), std::move(children)};
  return operation;
}

// Network i is 10.i/256.i%256.0/24-sized and has one subnet.
Operation network(const std::string& name, uint32_t i) {
  const net::Prefix prefix = net::Prefix::containing(net::IpAddress::v4(10u << 24 | i << 8), 24);
  const ResourceId id = *ResourceId::make(Kind::VirtualNetwork, name);
  Subnet subnet;
  subnet.prefix = prefix;
  VirtualNetwork body;
  body.address_space = {prefix};
  return put(id, body,
             {{Kind::Subnet, {Draft{*id.child(Kind::Subnet, "s"), "", {}, nullptr, subnet, {}}}}});
}

Operation peering(const std::string& from, const std::string& to) {
  Peering body;
  body.remote_virtual_network = *ResourceId::make(Kind::VirtualNetwork, to);
  const ResourceId local = *ResourceId::make(Kind::VirtualNetwork, from);
  return put(*local.child(Kind::Peering, "to-" + to), body);
}

// One spoke more at a hub touches the hub's table at the spoke's prefix and the spoke's at the
// hub's, however many there are.
TEST(ProgramDelta, RecomputesAsMuchAtALargeHubAsAtASmallOne) {
  std::vector<size_t> recomputed;
  for (const uint32_t spokes : {10u, 400u}) {
    Model model = fresh_model();
    Change hub{{network("hub", 0)}, "test"};
    for (uint32_t i = 1; i <= spokes; ++i) {
      const std::string name = fmt::format("spoke{}", i);
      hub.operations.push_back(network(name, i));
      hub.operations.push_back(peering("hub", name));
      hub.operations.push_back(peering(name, "hub"));
    }
    model = apply(model, hub, {})->model;
    const auto applied = apply(
        model, {{network("new", 5000), peering("hub", "new"), peering("new", "hub")}, "test"}, {});
    ASSERT_TRUE(applied.has_value()) << applied.error().text();
    recomputed.push_back(delta(model, applied->model, applied->changes).recomputed_routes);
  }
  EXPECT_EQ(recomputed[0], recomputed[1]);
  EXPECT_LE(recomputed[1], 6u);
}

TEST(Digest, NamesResourcesAndNotTheirSerials) {
  const Model model = apply(fresh_model(), {{network("red", 1)}, "test"}, {})->model;
  Model later = fresh_model();
  for (int i = 0; i < 5; ++i) later.next_serial();
  later = apply(later, {{network("red", 1)}, "test"}, {})->model;
  ASSERT_NE(compile(model), compile(later));
  EXPECT_EQ(digest(compile(model), model), digest(compile(later), later));
}

TEST(Digest, ChangesWithWhatIsForwarded) {
  const Model red = apply(fresh_model(), {{network("red", 1)}, "test"}, {})->model;
  const Model blue = apply(fresh_model(), {{network("blue", 1)}, "test"}, {})->model;
  const Model moved = apply(fresh_model(), {{network("red", 2)}, "test"}, {})->model;
  EXPECT_NE(digest(compile(red), red), digest(compile(blue), blue));
  EXPECT_NE(digest(compile(red), red), digest(compile(moved), moved));
}

}  // namespace
}  // namespace isthmus
