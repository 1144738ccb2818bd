#include "controller/rules/restore.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "controller/program/program.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"
#include "tests/support/random_changes.h"
#include "tests/support/random_resource.h"

namespace isthmus {
namespace {

using testing::Dump;
using ::testing::HasSubstr;
using testing::RandomChanges;

constexpr Uuid kHere{1, 2};
constexpr Uuid kElsewhere{3, 4};
constexpr int64_t kLater = 9'000'000;

Model fresh_model(Uuid identity = kHere) {
  return make_fresh(Model(identity), FreshContents::Seeded, {}, 1)->model;
}

// `count` changes that the rules let pass.
Model changed(Model model, RandomChanges& changes, int count) {
  for (int64_t time_ms = 1000; count > 0; ++time_ms) {
    Change change = changes.next();
    change.time_ms = time_ms;
    auto applied = apply(model, change, {});
    if (!applied || applied->changes.empty()) continue;
    model = std::move(applied->model);
    --count;
  }
  return model;
}

std::vector<ResourcePtr> backup_of(const Model& model) {
  std::vector<ResourcePtr> resources;
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : model.collection(row.kind)) resources.push_back(resource);
  }
  return resources;
}

std::vector<std::string> dump(const Model& model) {
  std::vector<std::string> texts;
  for (const ResourcePtr& resource : backup_of(model)) texts.push_back(Dump::of(*resource));
  return texts;
}

std::vector<std::string> etags(const Model& model) {
  std::vector<std::string> tags;
  for (const ResourcePtr& resource : backup_of(model)) tags.push_back(etag(model, *resource));
  return tags;
}

// Law: whatever happened since, a restore gives the resources of the backup, with their etags, and
// the program of them; the incremental program is the full one, as after any change.
TEST(Restore, GivesWhatWasBackedUp) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomChanges changes(seed);
    const Model original = changed(fresh_model(), changes, 100);
    const Model later = changed(original, changes, 500);
    ASSERT_NE(dump(later), dump(original)) << "else nothing would be shown";

    const auto restored = restore(later, kHere, backup_of(original), kLater);
    ASSERT_TRUE(restored) << restored.error().text();
    EXPECT_EQ(dump(restored->model), dump(original));
    EXPECT_EQ(etags(restored->model), etags(original));
    EXPECT_EQ(restored->model.revision(), later.revision() + 1);

    const dataplane::ForwardingProgram program = compile(restored->model);
    EXPECT_EQ(digest(program, restored->model), digest(compile(original), original));
    dataplane::ForwardingProgram incremental = compile(later);
    dataplane::apply(incremental, delta(later, restored->model, restored->changes).delta);
    EXPECT_EQ(incremental, program);
  }
}

// The subnet says what it said, and means another table.
TEST(Restore, OfARouteTableThatWasMadeAgain) {
  const ResourceId id = *ResourceId::parse("/routeTables/r");
  const auto put = [](const Model& model, const ResourceId& name, Body body) {
    Operation operation;
    operation.draft = {name, "", {}, nullptr, std::move(body), {}};
    return apply(model, {{operation}, "test"}, {})->model;
  };
  VirtualNetwork network;
  network.address_space = {*Text<net::Prefix>::parse("10.1.0.0/16")};
  Subnet plain;
  plain.prefix = *Text<net::Prefix>::parse("10.1.0.0/24");
  Subnet routed = plain;
  routed.route_table = id;
  const ResourceId subnet = *ResourceId::parse("/virtualNetworks/a/subnets/s");
  const Route route{*Text<net::Prefix>::parse("10.9.0.0/16"), NextHopType::None, {}};
  const auto with_route = [&](const Model& model) {
    const Model with_table = put(model, id, RouteTable{});
    return put(put(with_table, *ResourceId::parse("/routeTables/r/routes/x"), route), subnet,
               routed);
  };
  const Model original =
      with_route(put(fresh_model(), *ResourceId::parse("/virtualNetworks/a"), network));
  Operation deletion;
  deletion.verb = Verb::Delete;
  deletion.draft.id = id;
  const Model later =
      with_route(apply(put(original, subnet, plain), {{deletion}, "test"}, {})->model);
  ASSERT_NE(later.find(id)->serial, original.find(id)->serial);
  const auto restored = restore(later, kHere, backup_of(original), kLater);
  ASSERT_TRUE(restored);
  dataplane::ForwardingProgram incremental = compile(later);
  dataplane::apply(incremental, delta(later, restored->model, restored->changes).delta);
  EXPECT_EQ(incremental, compile(restored->model));
}

// A restored model is one like any other: it changes, and is allocated from, as the original would.
TEST(Restore, LeavesAModelThatGoesOn) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    RandomChanges changes(seed);
    const Model original = changed(fresh_model(), changes, 100);
    const Model later = changed(original, changes, 100);
    Model model = restore(later, kHere, backup_of(original), kLater)->model;
    const std::vector<std::string> before = etags(model);
    model = changed(std::move(model), changes, 100);
    std::set<Uuid> instance_ids;
    for (const ResourcePtr& resource : backup_of(model))
      EXPECT_TRUE(instance_ids.insert(resource->instance_id).second) << resource->id.path();
    EXPECT_EQ(digest(compile(model), model),
              digest(compile(restore(model, kHere, backup_of(model), kLater)->model), model));
  }
}

TEST(Restore, TellsWhatBecameOfWhatIsAtTheTop) {
  const Model original = fresh_model();
  const auto network = [](const std::string& name, uint32_t i) {
    VirtualNetwork body;
    body.address_space = {net::Prefix::containing(net::IpAddress::v4(10u << 24 | i << 16), 16)};
    Operation operation;
    operation.draft = {*ResourceId::make(Kind::VirtualNetwork, name), "", {}, nullptr, body, {}};
    return operation;
  };
  const Model two = apply(original, {{network("a", 1), network("b", 2)}, "test"}, {})->model;
  Operation deletion;
  deletion.verb = Verb::Delete;
  deletion.draft.id = *ResourceId::parse("/virtualNetworks/a");
  const Model other = apply(two, {{deletion, network("c", 3)}, "test"}, {})->model;
  const auto restored = restore(other, kHere, backup_of(two), kLater);
  ASSERT_TRUE(restored);
  std::map<std::string, Effect> effects;
  for (const Outcome& outcome : restored->outcomes) effects[outcome.id.path()] = outcome.effect;
  EXPECT_EQ(effects.size(), restored->outcomes.size());
  EXPECT_EQ(effects.at("/virtualNetworks/a"), Effect::Created);
  EXPECT_EQ(effects.at("/virtualNetworks/b"), Effect::Unchanged);
  EXPECT_EQ(effects.at("/virtualNetworks/c"), Effect::Deleted);
  EXPECT_FALSE(effects.contains("/logicalNetworks/HNVPA/subnets/10_10_56_0_24"));
}

// The revisions of another controller mean nothing here: an etag that this one has handed out for
// something else would come back with them.
TEST(Restore, OfAnotherControllerIsAChangeOfNow) {
  for (const int here_changes : {10, 300}) {  // before and after the revision of the backup
    SCOPED_TRACE(fmt::format("{} changes here", here_changes));
    RandomChanges theirs(1), ours(2);
    const Model there = changed(fresh_model(kElsewhere), theirs, 150);
    const Model here = changed(fresh_model(), ours, here_changes);
    const auto restored = restore(here, kElsewhere, backup_of(there), kLater);
    ASSERT_TRUE(restored) << restored.error().text();
    EXPECT_EQ(restored->model.identity(), kHere);
    EXPECT_EQ(digest(compile(restored->model), restored->model), digest(compile(there), there));
    dataplane::ForwardingProgram incremental = compile(here);
    dataplane::apply(incremental, delta(here, restored->model, restored->changes).delta);
    EXPECT_EQ(incremental, compile(restored->model));
    const Stamp now{here.revision() + 1, kLater};
    for (const ResourcePtr& resource : backup_of(restored->model)) {
      EXPECT_EQ(resource->put, now) << resource->id.path();
      EXPECT_EQ(resource->changed, now) << resource->id.path();
      const Resource* theirs_of_it = there.find(resource->id);
      ASSERT_NE(theirs_of_it, nullptr);
      EXPECT_EQ(resource->instance_id, theirs_of_it->instance_id);
    }
    // And a change after it renews the etag.
    RandomChanges more(3);
    const Model changed_again = changed(restored->model, more, 1);
    EXPECT_NE(etags(changed_again), etags(restored->model));
  }
}

// After a restart, a controller goes on behind the highest serial that is stored: what is gone had
// one that is given again. The forwarding program is keyed by serials.
TEST(Restore, NumbersAnewWhatHasTheNumberOfAnotherByNow) {
  const Model fresh = fresh_model();
  const auto with = [&fresh](const std::string& path, Body body) {
    Operation operation;
    operation.draft = {*ResourceId::parse(path), "", {}, nullptr, std::move(body), {}};
    return apply(fresh, {{std::move(operation)}, "test"}, {})->model;
  };
  VirtualNetwork body;
  body.address_space = {*net::Prefix::parse("10.0.0.0/16")};
  const Model network = with("/virtualNetworks/red", body);
  const Model table = with("/routeTables/red", RouteTable{});
  const auto serial = [](const Model& model, const char* path) {
    return model.find(*ResourceId::parse(path))->serial;
  };
  ASSERT_EQ(serial(network, "/virtualNetworks/red"), serial(table, "/routeTables/red"));
  for (const auto& [now, then] : {std::pair(table, network), std::pair(network, table)}) {
    const auto restored = restore(now, kHere, backup_of(then), kLater);
    ASSERT_TRUE(restored);
    dataplane::ForwardingProgram incremental = compile(now);
    dataplane::apply(incremental, delta(now, restored->model, restored->changes).delta);
    EXPECT_EQ(incremental, compile(restored->model));
    EXPECT_EQ(etags(restored->model), etags(then));
    for (const ResourceChange& change : restored->changes) {
      if (!change.after) continue;
      const Resource* holder = now.find(change.after->serial);
      EXPECT_TRUE(holder == nullptr || holder->id == change.after->id);
    }
  }
}

// An older copy of the state may meet a newer backup of the same controller.
TEST(Restore, OfALaterRevisionOfThisControllerIsOfNow) {
  RandomChanges changes(1);
  const Model early = changed(fresh_model(), changes, 20);
  const Model late = changed(early, changes, 200);
  const auto restored = restore(early, kHere, backup_of(late), kLater);
  ASSERT_TRUE(restored);
  size_t known = 0, moved = 0;
  for (const ResourcePtr& resource : backup_of(restored->model)) {
    EXPECT_LE(resource->put.revision, early.revision() + 1);
    EXPECT_LE(resource->changed.revision, early.revision() + 1);
    const bool was_known = late.find(resource->id)->changed.revision <= early.revision();
    (was_known ? known : moved) += 1;
    EXPECT_EQ(resource->changed.revision == early.revision() + 1, !was_known)
        << resource->id.path();
  }
  EXPECT_GT(known, 0u);
  EXPECT_GT(moved, 0u);
}

// What a file may have lost, or have twice.
class BrokenBackup : public ::testing::Test {
 protected:
  BrokenBackup() {
    RandomChanges changes(4);
    model_ = changed(fresh_model(), changes, 200);
    for (const ResourcePtr& resource : backup_of(model_)) backup_.push_back(*resource);
  }
  Resource* of_kind(Kind kind) {
    for (Resource& resource : backup_) {
      if (resource.kind() == kind) return &resource;
    }
    return nullptr;
  }
  void erase(Kind kind) {
    std::erase_if(backup_, [kind](const Resource& resource) { return resource.kind() == kind; });
  }
  std::string refusal() const {
    std::vector<ResourcePtr> resources;
    for (const Resource& resource : backup_)
      resources.push_back(std::make_shared<const Resource>(resource));
    const auto restored = restore(model_, kHere, std::move(resources), kLater);
    if (restored) return "restored";
    EXPECT_EQ(restored.error().code, ErrorCode::InvalidRequestContent);
    EXPECT_THAT(restored.error().message, HasSubstr("The backup is not whole: "));
    return restored.error().message;
  }

  Model model_;
  std::vector<Resource> backup_;
};

TEST_F(BrokenBackup, IsWholeBeforeItIsBroken) { EXPECT_EQ(refusal(), "restored"); }

TEST_F(BrokenBackup, WithAResourceTwiceIsRefused) {
  ASSERT_NE(of_kind(Kind::Subnet), nullptr);
  Resource twice = *of_kind(Kind::Subnet);
  const std::string message =
      fmt::format("The backup is not whole: {} stands in it twice.", twice.id.path());
  backup_.push_back(twice);
  EXPECT_EQ(refusal(), message);
  backup_.back().serial += 1'000'000;  // as if it were another one
  EXPECT_EQ(refusal(), message);
}

TEST_F(BrokenBackup, WithANumberTwiceIsRefused) {
  ASSERT_NE(of_kind(Kind::Subnet), nullptr);
  of_kind(Kind::Subnet)->serial = of_kind(Kind::MacPool)->serial;
  EXPECT_THAT(refusal(), HasSubstr("has the number of another resource."));
}

TEST_F(BrokenBackup, WithoutAParentIsRefused) {
  ASSERT_NE(of_kind(Kind::Route), nullptr);
  const ResourceId table = of_kind(Kind::Route)->id.parent();
  std::erase_if(backup_, [&](const Resource& resource) { return resource.id == table; });
  EXPECT_THAT(refusal(), HasSubstr(table.path()));
  EXPECT_THAT(refusal(), HasSubstr("is missing."));
}

TEST_F(BrokenBackup, WithoutATargetIsRefused) {
  ASSERT_NE(of_kind(Kind::VirtualNetwork), nullptr);
  erase(Kind::IpPool);
  erase(Kind::LogicalSubnet);
  erase(Kind::LogicalNetwork);
  EXPECT_THAT(refusal(), HasSubstr("/logicalNetworks/HNVPA, which /virtualNetworks/"));
  EXPECT_THAT(refusal(), HasSubstr(" refers to, is missing."));
}

}  // namespace
}  // namespace isthmus
