// What-if: what it tells, that it changes nothing, and that what it tells is what happens.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "api/control/lab/export.h"
#include "controller/explain/explain.h"
#include "controller/explain/reachability.h"
#include "tests/support/control_world.h"
#include "tests/support/random_lab.h"

namespace isthmus::testing {
namespace {

using ::testing::HasSubstr;
using Method = ControlWorld::Method;
using Response = ControlWorld::Response;

Response what_if(ControlWorld& world, std::string body,
                 std::string_view type = "application/json") {
  return world.call(Method::Post, "/_isthmus/v1/whatif", std::move(body), type);
}

std::string deletion_of(const std::string& path) {
  return fmt::format(R"({{"changes":[{{"method":"DELETE","path":"/networking/v1{}"}}]}})", path);
}

TEST(WhatIf, APeeringIsDeletedInStatesRoutesAndReachability) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const auto answer =
      what_if(world, deletion_of("/virtualNetworks/a/virtualNetworkPeerings/a-to-b"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(
      answer.body,
      R"({"revision":2,"changes":[)"
      R"({"change":"deleted","resource":"/virtualNetworks/a/virtualNetworkPeerings/a-to-b"},)"
      R"({"change":"updated","resource":"/virtualNetworks/b/virtualNetworkPeerings/b-to-a"}],)"
      R"("states":[)"
      R"({"resource":"/virtualNetworks/a/virtualNetworkPeerings/a-to-b",)"
      R"("before":"Connected","after":null},)"
      R"({"resource":"/virtualNetworks/b/virtualNetworkPeerings/b-to-a",)"
      R"("before":"Connected","after":"Disconnected"}],)"
      R"("routes":[)"
      R"({"subnet":"/virtualNetworks/a/subnets/s","prefix":"10.2.0.0/24",)"
      R"("before":{"nextHopType":"VirtualNetworkPeering","state":"Active",)"
      R"("via":"/virtualNetworks/a/virtualNetworkPeerings/a-to-b"},"after":null},)"
      R"({"subnet":"/virtualNetworks/b/subnets/s","prefix":"10.1.0.0/24",)"
      R"("before":{"nextHopType":"VirtualNetworkPeering","state":"Active",)"
      R"("via":"/virtualNetworks/b/virtualNetworkPeerings/b-to-a"},"after":null}],)"
      R"("reachability":[)"
      R"({"from":"/virtualNetworks/a/subnets/s","to":"/virtualNetworks/b/subnets/s",)"
      R"("before":{"result":"reach"},"after":{"result":"drop","reason":"no-route"}},)"
      R"({"from":"/virtualNetworks/b/subnets/s","to":"/virtualNetworks/a/subnets/s",)"
      R"("before":{"result":"reach"},"after":{"result":"drop","reason":"no-route"}}],)"
      R"("complete":true})");
}

TEST(WhatIf, PathsOfAzureAreLookedAtToo) {
  ControlWorld world;
  const std::string group = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/g";
  const std::string network = group + "/providers/Microsoft.Network/virtualNetworks/hub";
  const auto answer = what_if(
      world, fmt::format(R"({{"changes":[{{"method":"PUT","path":"{0}?api-version=2024-05-01",)"
                         R"("body":{{"location":"westeurope"}}}},)"
                         R"({{"method":"PUT","path":"{1}?api-version=2024-05-01","body":)"
                         R"({{"location":"westeurope","properties":)"
                         R"({{"addressSpace":{{"addressPrefixes":["10.0.0.0/16"]}}}}}}}}]}})",
                         group, network));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body,
              HasSubstr(fmt::format(R"({{"change":"created","resource":"{}"}})", network)));
  EXPECT_EQ(what_if(world, R"({"changes":[{"method":"DELETE","path":"/subscriptions"}]})").status,
            400);
}

TEST(WhatIf, ALabDocumentIsLookedAtToo) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  constexpr const char* kThird = R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}
  c: {prefixes: [10.3.0.0/16], subnets: {s: 10.3.0.0/24}}
peerings: [{between: [a, c]}]
)";
  const auto answer = what_if(world, kThird, "application/yaml");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body,
              HasSubstr(R"({"from":"/virtualNetworks/a/subnets/s",)"
                        R"("to":"/virtualNetworks/c/subnets/s",)"
                        R"("before":{"result":"absent"},"after":{"result":"reach"}})"));
  EXPECT_EQ(world.controller().model()->revision(), 2u);
}

// A list that lets one port through is neither open nor shut.
TEST(WhatIf, AccessListsAreTriedWithThePortsTheyName) {
  ControlWorld world;
  ASSERT_EQ(world
                .apply(R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24, t: 10.1.1.0/24}}
access:
  web-only: [{allow: in, protocol: tcp, port: 443, priority: 100}, {deny: in, priority: 65000}]
)")
                .status,
            200);
  const auto answer = what_if(world, R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24, t: {prefix: 10.1.1.0/24, acl: web-only}}}
access:
  web-only: [{allow: in, protocol: tcp, port: 443, priority: 100}, {deny: in, priority: 65000}]
)",
                              "application/yaml");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(
      answer.body,
      HasSubstr(R"("to":"/virtualNetworks/a/subnets/t","before":{"result":"reach"},)"
                R"("after":{"result":"partly","reason":"acl-deny","passing":["tcp/443"]}})"));
}

TEST(WhatIf, ChangesSeeWhatTheOnesBeforeThemDid) {
  ControlWorld world;
  const auto answer = what_if(world, R"({"changes":[
    {"method":"PUT","path":"/networking/v1/virtualNetworks/red",
     "body":{"properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}}},
    {"method":"put","path":"/networking/v1/virtualNetworks/red/subnets/s",
     "body":{"properties":{"addressPrefix":"10.0.1.0/24"}}}]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(at(answer.body, "/changes"), "array of 2");
  EXPECT_EQ(at(answer.body, "/routes/0/after/nextHopType"), "VnetLocal");
  EXPECT_EQ(world.controller().model()->count(Kind::VirtualNetwork), 0u);
}

TEST(WhatIf, WhatIsRefusedIsRefusedHereToo) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const struct {
    std::string body;
    int status;
    const char* code;
    const char* pointer;
  } kRows[] = {
      {deletion_of("/virtualNetworks/a"), 409, "ResourceInUse", "/changes/0"},
      {deletion_of("/virtualNetworks"), 400, "InvalidParameterValue", "/changes/0/path"},
      {deletion_of("/virtualNetwroks/a"), 404, "ResourceNotFound", "/changes/0/path"},
      {R"({"changes":[{"method":"PATCH","path":"/networking/v1/virtualNetworks/a"}]})", 400,
       "InvalidRequestContent", "/changes/0/method"},
      {R"({"changes":[{"method":"PUT","path":"/networking/v1/virtualNetworks/a"}]})", 400,
       "InvalidRequestContent", "/changes/0/body"},
      {R"({"changes":[{"method":"PUT","path":"/networking/v1/virtualNetworks/c","body":)"
       R"({"properties":{"addressSpace":{"addressPrefixes":["10.0.0.1/16"]}}}}]})",
       400, "InvalidParameterValue", "/changes/0/body/properties/addressSpace/addressPrefixes/0"},
      {R"({"changes":[7]})", 400, "InvalidRequestContent", "/changes/0"},
      {R"({"changes":{}})", 400, "InvalidRequestContent", "/changes"},
      {"", 400, "InvalidRequestContent", ""},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.body);
    const auto refused = what_if(world, row.body);
    expect_problem(refused, row.status, row.code);
    EXPECT_EQ(at(refused.body, "/pointer"), row.pointer) << refused.body;
  }
  expect_problem(what_if(world, "version: 1\nnetwroks: {}\n", "application/yaml"), 400,
                 "InvalidLabDocument");
}

// ---- the law: what it foretells is what packets do once the change is made

struct Somebody {
  std::string written;  // address@network
  std::string nic;
};

// The first interface of each subnet that has one, as what-if takes it.
std::map<ResourceId, Somebody> inhabitants(const Model& model) {
  std::map<ResourceId, Somebody> first;
  for (const ResourcePtr& ip : model.collection(Kind::IpConfiguration)) {
    const IpConfiguration& body = ip->as<IpConfiguration>();
    if (body.subnet.kind() != Kind::Subnet || !body.address) continue;
    first.try_emplace(body.subnet, Somebody{fmt::format("{}@{}", body.address->to_string(),
                                                        body.subnet.parent().name()),
                                            ip->id.parent().path()});
  }
  return first;
}

// What explain says of every pair: which of the probes get there and back.
using Table = std::map<std::pair<ResourceId, ResourceId>, std::vector<std::string>>;
Table measured(Controller& controller, const std::vector<std::string>& probes) {
  Table table;
  controller.diagnose([&](const Model& model, const dataplane::Tables& tables) {
    const auto somebody = inhabitants(model);
    for (const auto& [from, sender] : somebody) {
      for (const auto& [to, receiver] : somebody) {
        if (from == to) continue;
        std::vector<std::string>& passing = table[{from, to}];
        for (const std::string& probe : probes) {
          const size_t slash = probe.find('/');
          ExplainQuestion question{sender.written, receiver.written, probe.substr(0, slash), {}};
          if (slash != std::string::npos)
            question.port = static_cast<uint16_t>(std::stoul(probe.substr(slash + 1)));
          const auto explained = explain(model, tables, question);
          const bool there = explained && explained->delivered &&
                             explained->forward.back().resource == receiver.nic;
          if (there) passing.push_back(probe);
        }
      }
    }
  });
  return table;
}

std::string word_for(size_t passing, size_t all) {
  return passing == 0 ? "drop" : passing == all ? "reach" : "partly";
}

// What has to stand in the answer, pair by pair.
std::map<std::string, std::string> differing(const Table& before, const Table& after, size_t all) {
  std::map<std::string, std::string> words;
  for (const auto& [pair, passing] : before) {
    const std::vector<std::string>& now = after.at(pair);
    if (passing == now) continue;
    words[pair.first.path() + " to " + pair.second.path()] =
        word_for(passing.size(), all) + " then " + word_for(now.size(), all);
  }
  return words;
}

std::map<std::string, std::string> foretold(const std::string& answer, const Table& known) {
  std::map<std::string, std::string> words;
  rapidjson::Document json;
  json.Parse(answer.c_str());
  for (const auto& pair : json["reachability"].GetArray()) {
    const ResourceId from = *ResourceId::parse(pair["from"].GetString());
    const ResourceId to = *ResourceId::parse(pair["to"].GetString());
    if (!known.contains({from, to})) continue;  // nobody is there to be asked
    words[from.path() + " to " + to.path()] = fmt::format(
        "{} then {}", pair["before"]["result"].GetString(), pair["after"]["result"].GetString());
  }
  return words;
}

TEST(WhatIf, ForetellsWhatDeletingAPeeringDoes) {
  size_t deletions = 0, lost = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    ControlWorld world;
    if (world.apply(api::lab::print(RandomLab(seed).next())).status != 200) continue;
    std::vector<std::string> peerings;
    for (const ResourcePtr& peering : world.controller().model()->collection(Kind::Peering))
      peerings.push_back(peering->id.path());
    for (const std::string& peering : peerings) {
      SCOPED_TRACE(peering);
      const ModelPtr before = world.controller().model();
      const std::string digest = world.controller().digest();
      const auto answer = what_if(world, deletion_of(peering));
      ASSERT_EQ(answer.status, 200) << answer.body;
      ASSERT_EQ(world.controller().model(), before) << "what-if changed the model";
      ASSERT_EQ(world.controller().digest(), digest);

      const auto probes = reachability_probes(*before, *before);
      const Table was = measured(world.controller(), probes);
      world.erase(peering);
      const Table is = measured(world.controller(), probes);
      const auto happened = differing(was, is, probes.size());
      EXPECT_EQ(foretold(answer.body, was), happened);
      ++deletions;
      lost += happened.size();
    }
  }
  EXPECT_GT(deletions, 50u);
  EXPECT_GT(lost, 50u) << "else nothing would be shown";
}

}  // namespace
}  // namespace isthmus::testing
