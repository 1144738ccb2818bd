// Apply, export and reset, in process; and the examples, which say what is true of them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/control/lab/parse.h"
#include "tests/support/control_world.h"

namespace isthmus::api::control {
namespace {

using http::Method;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::example;
using isthmus::testing::expect_problem;
using isthmus::testing::kTwoNetworks;
using ::testing::HasSubstr;

TEST(LabCalls, AppliesADocumentOnce) {
  ControlWorld world;
  const http::Response first = world.apply(std::string(kTwoNetworks));
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(at(first.body, "/changes"), "array of 6");
  EXPECT_EQ(at(first.body, "/changes/0/change"), "created");
  EXPECT_EQ(at(first.body, "/changes/0/resource"), "/virtualNetworks/a");
  EXPECT_EQ(at(first.body, "/revision"), "2");
  EXPECT_EQ(at(first.body, "/dryRun"), "");
  const http::Response second = world.apply(std::string(kTwoNetworks));
  EXPECT_EQ(at(second.body, "/changes/0/change"), "unchanged");
  EXPECT_EQ(at(second.body, "/revision"), "2");
}

TEST(LabCalls, RehearsesADocument) {
  ControlWorld world;
  const http::Response answer = world.apply(std::string(kTwoNetworks), "?dryRun=true");
  EXPECT_EQ(at(answer.body, "/changes"), "array of 6");
  EXPECT_EQ(at(answer.body, "/dryRun"), "true");
  EXPECT_EQ(at(answer.body, "/revision"), "1");
  EXPECT_EQ(world.controller().model()->count(Kind::VirtualNetwork), 0u);
}

TEST(LabCalls, PrunesOnRequest) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const http::Response rehearsed = world.apply("version: 1\n", "?prune&dryRun");
  EXPECT_EQ(at(rehearsed.body, "/changes"), "array of 6");
  EXPECT_EQ(at(rehearsed.body, "/changes/0/change"), "deleted");
  EXPECT_EQ(world.apply("version: 1\n", "?prune=false").status, 200);
  EXPECT_EQ(world.controller().model()->count(Kind::VirtualNetwork), 2u);
  EXPECT_EQ(world.apply("version: 1\n", "?prune=true").status, 200);
  EXPECT_EQ(world.controller().model()->count(Kind::VirtualNetwork), 0u);
}

TEST(LabCalls, TakesLabDocumentsAsYamlOrJsonOnly) {
  ControlWorld world;
  const auto sent_as = [&world](std::string_view type, std::string body) {
    return world.call(Method::Post, "/_isthmus/v1/apply", std::move(body), type);
  };
  for (const char* type :
       {"application/yaml", "text/yaml", "application/x-yaml", "Application/YAML; charset=utf-8"})
    EXPECT_EQ(sent_as(type, "version: 1\n").status, 200) << type;
  EXPECT_EQ(sent_as("application/json", R"({"version":1})").status, 200);
  expect_problem(sent_as("application/json", "version: 1\n"), 400, "InvalidLabDocument");
  expect_problem(sent_as("application/x-www-form-urlencoded", "version: 1\n"), 415,
                 "UnsupportedMediaType");
  const http::Response untyped = sent_as("", "version: 1\n");
  expect_problem(untyped, 415, "UnsupportedMediaType");
  EXPECT_THAT(at(untyped.body, "/remedy"), HasSubstr("--data-binary"));
}

TEST(LabCalls, PointsAtTheLineThatIsNoLab) {
  ControlWorld world;
  const http::Response answer =
      world.apply("version: 1\nnetworks:\n  a: {prefixs: [10.0.0.0/8]}\n  b: {}\n");
  expect_problem(answer, 400, "InvalidLabDocument");
  EXPECT_EQ(at(answer.body, "/detail"),
            "Line 3: A network has no member 'prefixs'; did you mean 'prefixes'?");
  EXPECT_EQ(at(answer.body, "/pointer"), "/networks/a/prefixs");
  EXPECT_EQ(at(answer.body, "/problems"), "array of 2");
  EXPECT_EQ(at(answer.body, "/problems/1/line"), "4");
  EXPECT_EQ(at(answer.body, "/problems/1/column"), "6");
}

TEST(LabCalls, PointsAtTheLineThatTheRulesRefuse) {
  ControlWorld world;
  const std::string wrong = R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16]}
  b:
    prefixes: [10.2.0.0/16]
    subnets:
      r: 10.2.0.0/24
      s: 10.2.0.0/25
)";
  for (const char* query : {"", "?dryRun=true"}) {
    const http::Response answer = world.apply(wrong, query);
    expect_problem(answer, 400, "SubnetOverlap");
    EXPECT_THAT(at(answer.body, "/pointer"), ::testing::StartsWith("/networks/b/subnets/"));
    EXPECT_THAT(at(answer.body, "/detail"),
                ::testing::ContainsRegex("^Line [78]: Subnet '[rs]' .* overlaps"));
    EXPECT_THAT(at(answer.body, "/problems/0/line"), ::testing::AnyOf("7", "8"));
    EXPECT_EQ(world.controller().model()->count(Kind::VirtualNetwork), 0u) << "all or nothing";
  }
}

TEST(LabCalls, ExportsWhatItHolds) {
  ControlWorld world;
  ASSERT_EQ(world.apply(example("hub-and-spoke")).status, 200);
  const http::Response answer = world.get("/_isthmus/v1/export");
  EXPECT_EQ(answer.content_type, "application/yaml");
  EXPECT_THAT(answer.body, HasSubstr(R"(peerings:
  - {between: [hub, spoke1], forwarded: both}
  - {between: [hub, spoke2], forwarded: both}
routes:
  via-firewall:
    - {prefix: 10.1.0.0/16, next: appliance 10.0.0.4}
    - {prefix: 10.2.0.0/16, next: appliance 10.0.0.4}
)"));
  EXPECT_THAT(answer.body, HasSubstr("  db1: {at: spoke2/db}\n"));
  EXPECT_THAT(answer.body, Not(HasSubstr("cannot say")));
  const http::Response again = world.apply(answer.body, "?prune=true");
  EXPECT_EQ(at(again.body, "/revision"), "2") << again.body;
}

TEST(LabCalls, GoesBackToAFreshController) {
  ControlWorld world;
  const std::string fresh = world.get("/_isthmus/v1/export").body;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const http::Response answer = world.call(Method::Post, "/_isthmus/v1/reset");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(at(answer.body, "/revision"), "3");
  EXPECT_EQ(world.get("/_isthmus/v1/export").body, fresh);
}

TEST(LabCalls, RefusesChangesOnceItStops) {
  ControlWorld world;
  world.controller().stop();
  expect_problem(world.apply("version: 1\n"), 503, "StorageUnavailable");
  expect_problem(world.call(Method::Post, "/_isthmus/v1/reset"), 503, "StorageUnavailable");
  EXPECT_EQ(world.get("/_isthmus/v1/export").status, 200) << "reads go on";
}

TEST(LabCalls, PointsIntoAccessListsOfBothForms) {
  ControlWorld world;
  constexpr std::string_view kRules =
      "[{allow: in, priority: 7}, {deny: in, priority: 7, name: x}]";
  const http::Response plain = world.apply(fmt::format("version: 1\naccess: {{l: {}}}\n", kRules));
  expect_problem(plain, 400, "InvalidParameterValue");
  EXPECT_EQ(at(plain.body, "/pointer"), "/access/l/0");
  const http::Response map =
      world.apply(fmt::format("version: 1\naccess: {{l: {{rules: {}}}}}\n", kRules));
  EXPECT_EQ(at(map.body, "/pointer"), "/access/l/rules/0");
  EXPECT_EQ(at(map.body, "/problems/0/column"), "22");
}

std::string question_of(const lab::LabExpectation& expectation) {
  return fmt::format(R"({{"from":"{}","to":"{}","protocol":"{}"{}}})", expectation.from,
                     expectation.to, expectation.protocol,
                     expectation.port ? fmt::format(R"(,"port":{})", *expectation.port) : "");
}

class Example : public ::testing::TestWithParam<const char*> {};

TEST_P(Example, IsAsItSays) {
  ControlWorld world;
  const std::string text = example(GetParam());
  ASSERT_EQ(text.front(), '#') << "an example opens with what to look at";
  const auto applied = world.apply(text);
  ASSERT_EQ(applied.status, 200) << applied.body;
  const auto lab = lab::parse_lab(text, lab::LabFormat::Yaml);
  ASSERT_FALSE(lab->expectations.empty());
  for (const lab::LabExpectation& expectation : lab->expectations) {
    SCOPED_TRACE(question_of(expectation));
    const std::string body = world.explain(question_of(expectation)).body;
    EXPECT_EQ(at(body, "/verdict"),
              expectation.result == lab::LabResult::Reach ? "delivered" : "dropped")
        << body;
    EXPECT_THAT(at(body, "/reason"), ::testing::StartsWith(expectation.reason));
    if (!expectation.via.empty()) {
      EXPECT_THAT(
          body, HasSubstr(fmt::format(R"("verdict":"forwarded","resource":"/networkInterfaces/{}")",
                                      expectation.via)));
    }
  }
  const auto tested =
      world.call(Method::Post, "/_isthmus/v1/expectations", text, "application/yaml");
  EXPECT_EQ(at(tested.body, "/holds"), "true") << tested.body;
  EXPECT_EQ(at(tested.body, "/expectations"), fmt::format("array of {}", lab->expectations.size()));
}

INSTANTIATE_TEST_SUITE_P(Docs, Example,
                         ::testing::Values("hub-and-spoke", "contoso-woodgrove", "non-transitive",
                                           "overlapping"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(LabCalls, RefusesToPeerTheOverlappingTenants) {
  ControlWorld world;
  std::string lab = example("overlapping");
  lab.replace(lab.find("peerings:\n"), 10, "peerings:\n  - {from: red, to: blue}\n");
  const http::Response answer = world.apply(lab);
  expect_problem(answer, 400, "AddressSpaceOverlap");
  EXPECT_THAT(at(answer.body, "/pointer"), "/peerings/0");
}

}  // namespace
}  // namespace isthmus::api::control
