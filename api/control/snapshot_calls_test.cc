// Snapshots by our own API: made, compared, restored, taken elsewhere; what is refused, and how.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/model/difference.h"
#include "tests/support/control_world.h"
#include "tests/support/random_changes.h"
#include "tests/support/temporary_folder.h"

namespace isthmus::api::control {
namespace {

using http::Method;
using http::Response;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::expect_problem;
using isthmus::testing::kTwoNetworks;
using isthmus::testing::RandomChanges;
using ::testing::HasSubstr;

constexpr char kSnapshots[] = "/_isthmus/v1/snapshots";
constexpr char kJson[] = "application/json";

std::string path_to(std::string_view rest) { return fmt::format("{}/{}", kSnapshots, rest); }

Response create(ControlWorld& world, std::string_view name, std::string_view query = "") {
  return world.call(Method::Post, kSnapshots + std::string(query),
                    fmt::format(R"({{"name":"{}"}})", name), kJson);
}
Response restore(ControlWorld& world, std::string_view name) {
  return world.call(Method::Post, path_to(fmt::format("{}/restore", name)));
}
Response diff(ControlWorld& world, std::string_view before, std::string_view after) {
  return world.get(path_to(fmt::format("{}/diff/{}", before, after)));
}

// Everything that a model says of itself.
std::vector<std::string> contents(const Model& model) {
  std::vector<std::string> texts;
  const json::StoreEncoding encoding;
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : model.collection(row.kind))
      texts.push_back(encoding.encode(*resource) + etag(model, *resource));
  }
  return texts;
}

TEST(Snapshots, AreNoneAtFirst) {
  ControlWorld world;
  EXPECT_EQ(world.get(kSnapshots).body, R"({"snapshots":[]})");
}

TEST(Snapshots, AreMadeListedAndForgotten) {
  ControlWorld world;
  const Response made = create(world, "good");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(at(made.body, "/name"), "good");
  EXPECT_EQ(at(made.body, "/resources"), std::to_string(world.controller().model()->count()));
  create(world, "Better");
  const std::string all = world.get(kSnapshots).body;
  EXPECT_EQ(at(all, "/snapshots"), "array of 2");
  EXPECT_EQ(at(all, "/snapshots/0/name"), "Better");
  EXPECT_EQ(world.call(Method::Delete, path_to("better")).status, 204) << "without case";
  EXPECT_EQ(at(world.get(kSnapshots).body, "/snapshots"), "array of 1");
  expect_problem(world.call(Method::Delete, path_to("better")), 404, "ResourceNotFound");
}

TEST(Snapshots, AreReplacedOnlyWhenThatIsSaid) {
  ControlWorld world;
  create(world, "good");
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  expect_problem(create(world, "GOOD"), 409, "SnapshotExists");
  EXPECT_EQ(at(diff(world, "good", "now").body, "/changes/0/change"), "created");
  EXPECT_EQ(create(world, "good", "?replace=true").status, 200);
  EXPECT_EQ(diff(world, "good", "now").body, R"({"changes":[]})");
}

TEST(Snapshots, BringBackWhatWasDeleted) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const std::string digest = world.controller().digest();
  const std::string question = R"({"from":"v","to":"w"})";
  create(world, "good");
  world.erase("/virtualNetworks/a/virtualNetworkPeerings/a-to-b");
  EXPECT_EQ(at(world.explain(question).body, "/verdict"), "dropped");
  const Response restored = restore(world, "good");
  EXPECT_EQ(restored.status, 200);
  EXPECT_EQ(at(restored.body, "/revision"), std::to_string(world.controller().model()->revision()));
  EXPECT_EQ(at(world.explain(question).body, "/verdict"), "delivered");
  EXPECT_EQ(world.controller().digest(), digest);
}

// Law: whatever happened since, a restore gives what there was: resources, states, etags, program.
TEST(Snapshots, GiveBackWhatTheyAreOf) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    ControlWorld world;
    RandomChanges changes(seed);
    const auto live = [&](int count) {
      for (; count > 0; --count) {
        std::promise<void> done;
        world.controller().submit(changes.next(),
                                  [&](const Result<Committed>&) { done.set_value(); });
        done.get_future().get();
      }
    };
    live(200);
    create(world, "then");
    const auto then = contents(*world.controller().model());
    const std::string digest = world.controller().digest();
    live(500);
    EXPECT_NE(contents(*world.controller().model()), then);
    ASSERT_EQ(restore(world, "then").status, 200);
    EXPECT_EQ(contents(*world.controller().model()), then);
    EXPECT_EQ(world.controller().digest(), digest);
    EXPECT_EQ(diff(world, "then", "now").body, R"({"changes":[]})");
  }
}

TEST(Snapshots, AreComparedMemberByMember) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  create(world, "before");
  world.erase("/virtualNetworks/a/virtualNetworkPeerings/a-to-b");
  ASSERT_EQ(world.apply("version: 1\nnetworks: {c: {prefixes: [10.3.0.0/16]}}\n").status, 200);
  create(world, "after");
  const std::string body = diff(world, "before", "after").body;
  EXPECT_EQ(body,
            R"({"changes":[{"change":"created","resource":"/virtualNetworks/c"},)"
            R"({"change":"deleted","resource":"/virtualNetworks/a/virtualNetworkPeerings/a-to-b"},)"
            R"({"change":"updated","resource":"/virtualNetworks/b/virtualNetworkPeerings/b-to-a",)"
            R"("members":["/properties/peeringState"]}]})");
  EXPECT_EQ(diff(world, "before", "now").body, body);
  EXPECT_EQ(diff(world, "after", "NOW").body, R"({"changes":[]})");
  EXPECT_EQ(at(diff(world, "now", "before").body, "/changes/0/change"), "deleted");
}

TEST(Snapshots, GoToAnotherControllerAsAFile) {
  ControlWorld here;
  ASSERT_EQ(here.apply(std::string(kTwoNetworks)).status, 200);
  create(here, "lab");
  const Response file = here.get(path_to("lab"));
  EXPECT_EQ(file.content_type, "application/jsonl");
  ControlWorld there;
  EXPECT_EQ(there.call(Method::Put, path_to("theirs"), file.body).status, 201);
  expect_problem(there.call(Method::Put, path_to("theirs"), file.body), 409, "SnapshotExists");
  EXPECT_EQ(there.call(Method::Put, path_to("theirs?replace=true"), file.body).status, 200);
  ASSERT_EQ(restore(there, "theirs").status, 200);
  EXPECT_EQ(there.controller().digest(), here.controller().digest());
  EXPECT_EQ(diff(there, "theirs", "now").body, R"({"changes":[]})");
}

TEST(Snapshots, OutliveTheDaemonInTheirFolder) {
  const TemporaryFolder folder;
  ControlOptions options;
  options.snapshots = folder.path();
  {
    ControlWorld world(options);
    ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
    create(world, "good");
  }
  ControlWorld later(options);
  EXPECT_EQ(at(later.get(kSnapshots).body, "/snapshots/0/name"), "good");
  ASSERT_EQ(restore(later, "good").status, 200);
  EXPECT_EQ(at(later.explain(R"({"from":"v","to":"w"})").body, "/verdict"), "delivered");
}

TEST(Snapshots, SayWhatIsWrong) {
  ControlWorld world;
  create(world, "good");
  const Response near = restore(world, "god");
  expect_problem(near, 404, "ResourceNotFound");
  EXPECT_EQ(at(near.body, "/remedy"), "Did you mean 'good'?");
  EXPECT_EQ(at(restore(world, "somethingelse").body, "/remedy"), "There are good.");
  expect_problem(diff(world, "good", "goood"), 404, "ResourceNotFound");
  expect_problem(create(world, "../etc"), 400, "InvalidResourceId");
  expect_problem(create(world, "Now"), 400, "InvalidResourceId");
  expect_problem(create(world, "x", "?replace=maybe"), 400, "InvalidParameterValue");
  expect_problem(create(world, "x", "?replce=true"), 400, "InvalidParameterValue");
  for (const char* body : {"", "[]", "{}", R"({"name":7})", "{"})
    expect_problem(world.call(Method::Post, kSnapshots, body, kJson), 400, "InvalidRequestContent");
  for (const char* body : {"", "{}", R"({"version":1,"resources":1})", "nonsense"})
    expect_problem(world.call(Method::Put, path_to("x"), body), 400, "InvalidRequestContent");
  expect_problem(world.call(Method::Put, path_to("-bad"), "{}"), 400, "InvalidResourceId");
  expect_problem(world.call(Method::Patch, path_to("good")), 405, "MethodNotAllowed");
  EXPECT_EQ(at(world.get(kSnapshots).body, "/snapshots"), "array of 1") << "nothing else was made";
}

// A file that is not whole changes nothing.
TEST(Snapshots, ThatAreBrokenRestoreNothing) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  create(world, "good");
  std::string file = world.get(path_to("good")).body;
  const size_t network = file.find(R"("path":"/virtualNetworks/a",)");
  ASSERT_NE(network, std::string::npos);
  file.replace(network, 28, R"("path":"/virtualNetworks/z",)");  // its subnet has no parent now
  ASSERT_EQ(world.call(Method::Put, path_to("bad"), file).status, 201);
  const Revision revision = world.controller().model()->revision();
  const Response refused = restore(world, "bad");
  expect_problem(refused, 400, "InvalidRequestContent");
  EXPECT_THAT(at(refused.body, "/detail"), HasSubstr("/virtualNetworks/a"));
  EXPECT_EQ(world.controller().model()->revision(), revision);
}

}  // namespace
}  // namespace isthmus::api::control
