// The incremental program against the full one, over random lives of a controller.
#include <gtest/gtest.h>

#include <cstdio>

#include "controller/program/program.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "tests/support/random_azure_changes.h"
#include "tests/support/random_changes.h"

namespace isthmus {
namespace {

constexpr int kLives = 40;
constexpr int kChangesPerLife = 400;

Model fresh_model() { return make_fresh(Model(Uuid{1, 2}), FreshContents::Seeded, {})->model; }
Model begun_in_azure() {
  return apply(fresh_model(), testing::RandomAzureChanges::beginning(), {})->model;
}

// What of the full program the incremental one lacks, in short.
std::string lacking(const dataplane::ForwardingProgram& incremental,
                    const dataplane::ForwardingProgram& full, const Model& model) {
  const dataplane::ProgramDelta lacks = dataplane::diff(incremental, full);
  const auto name = [&model](auto serial) {
    const Resource* resource = model.find(static_cast<Serial>(serial));
    return resource == nullptr ? fmt::format("{}", static_cast<Serial>(serial))
                               : resource->id.path();
  };
  std::string text;
  for (const auto& [table, exists] : lacks.tables)
    text += fmt::format("table {} {} {}\n", name(table.domain), name(table.route_table), exists);
  for (const auto& route : lacks.routes)
    text += fmt::format("route {} {} {}\n", name(route.table.domain), name(route.table.route_table),
                        route.prefix.to_string());
  for (const auto& [key, policy] : lacks.policies)
    text += fmt::format("policy {} {}\n", name(key.from), name(key.to));
  for (const auto& [key, port] : lacks.endpoints)
    text += fmt::format("endpoint {} {}\n", name(key.domain), key.address.to_string());
  for (const auto& [id, port] : lacks.ports) text += fmt::format("port {}\n", name(id));
  for (const auto& [id, list] : lacks.access_lists) text += fmt::format("list {}\n", name(id));
  for (const auto& [table, range] : lacks.ranges)
    text += fmt::format("range {} {}\n", name(table.domain), name(table.route_table));
  for (const auto& [key, member] : lacks.members)
    text += fmt::format("member {} {}\n", name(key.router), name(key.member));
  return text;
}

TEST(ProgramDelta, EqualsTheFullProgramAfterEveryChange) {
  size_t accepted = 0;
  size_t policies = 0;
  size_t forwarding_ports = 0;
  size_t appliance_routes = 0;
  size_t links = 0;
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
      ASSERT_EQ(lacking(program, compile(applied->model), applied->model), "") << "change " << i;
      model = applied->model;
      policies += program.policies.size();
      for (const auto& [key, policy] : program.policies) links += policy.link ? 1 : 0;
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
  EXPECT_GT(links, accepted / 4);
  std::printf("%zu changes, %zu policies, %zu forwarding ports, %zu appliance routes seen\n",
              accepted, policies, forwarding_ports, appliance_routes);
}

// The same in the Azure realm, with peerings of networks and of subnets.
TEST(ProgramDelta, EqualsTheFullProgramInAzureToo) {
  size_t accepted = 0;
  size_t policies = 0;
  size_t tables_of_subnets = 0;
  for (uint64_t seed = 1; seed <= kLives / 2; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    testing::RandomAzureChanges changes(seed);
    Model model = begun_in_azure();
    dataplane::ForwardingProgram program = compile(model);
    for (int i = 0; i < kChangesPerLife; ++i) {
      const auto applied = apply(model, changes.next(), {});
      if (!applied) continue;
      ++accepted;
      dataplane::apply(program, delta(model, applied->model, applied->changes).delta);
      ASSERT_EQ(lacking(program, compile(applied->model), applied->model), "") << "change " << i;
      model = applied->model;
      policies += program.policies.size();
      for (const auto& [key, routes] : program.tables) {
        const Resource* named = key.route_table == 0 ? nullptr : model.find(key.route_table);
        tables_of_subnets += named != nullptr && named->kind() == Kind::Subnet ? 1 : 0;
      }
    }
  }
  EXPECT_GT(accepted, kLives / 2 * kChangesPerLife / 5u);
  EXPECT_GT(policies, accepted / 4);
  EXPECT_GT(tables_of_subnets, accepted / 4);
  std::printf("%zu changes, %zu policies, %zu tables of subnets seen\n", accepted, policies,
              tables_of_subnets);
}

// Batches of changes, taken for one.
template <class Changes>
void expect_the_same_of_many_changes(Model model, Changes changes) {
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
    ASSERT_EQ(lacking(program, compile(model), model), "") << "batch " << batch;
  }
}

TEST(ProgramDelta, OfManyChangesTogetherIsTheSame) {
  for (uint64_t seed = 1; seed <= kLives; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    expect_the_same_of_many_changes(fresh_model(), testing::RandomChanges(seed));
    expect_the_same_of_many_changes(begun_in_azure(), testing::RandomAzureChanges(seed));
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
