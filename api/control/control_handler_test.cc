// Every call of our own API, in process.
#include "api/control/control_handler.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/control_world.h"

namespace isthmus::api::control {
namespace {

using http::Method;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::example;
using isthmus::testing::expect_problem;
using isthmus::testing::file_text;
using isthmus::testing::kTwoNetworks;
using ::testing::HasSubstr;

TEST(Control, IsAliveAndReady) {
  ControlWorld world;
  EXPECT_EQ(world.get("/livez").body, "ok\n");
  EXPECT_EQ(world.get("/readyz").body, "ok\n");
  EXPECT_EQ(world.get("/readyz?verbose").body, "[+]programmed ok\nready\n");
}

TEST(Control, GivesItsCaWhereItHasOne) {
  ControlOptions options;
  options.ca_pem = [] { return std::string("-----BEGIN CERTIFICATE-----"); };
  ControlWorld world(options);
  const http::Response answer = world.get("/_isthmus/ca.pem");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/x-pem-file");
  EXPECT_EQ(answer.body, options.ca_pem());
  expect_problem(ControlWorld().get("/_isthmus/ca.pem"), 404, "ResourceNotFound");
}

TEST(Control, IsNotReadyWhileACheckFails) {
  ControlOptions options;
  options.ready_checks = {{"hooks", [] { return std::string("hook 2 of 3 is running"); }}};
  ControlWorld world(options);
  const http::Response answer = world.get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "[+]programmed ok\n[-]hooks failed: hook 2 of 3 is running\nnot ready\n");
}

TEST(Control, IsNotReadyBeforeTheStoredStateIsProgrammed) {
  auto store = std::move(*open_sqlite_store(":memory:", {}));
  const json::StoreEncoding encoding;
  dataplane::Dataplane dataplane;
  const ManualClock clock;
  Controller controller(*store, encoding, dataplane, clock, {});
  ControlHandler handler(controller, {});
  http::Request request;
  request.segments = {"readyz"};
  int status = 0;
  handler.handle(request, [&status](const http::Response& response) { status = response.status; });
  EXPECT_EQ(status, 503);
}

TEST(Control, KnowsWhatItsRoutesAre) {
  ControlWorld world;
  for (const RouteInfo& route : control_routes()) {
    const Method other = Method::Patch;  // of none
    const http::Response refused = world.call(other, route.path);
    expect_problem(refused, 405, "MethodNotAllowed");
    ASSERT_FALSE(refused.headers.empty());
    EXPECT_EQ(refused.headers[0].name, "Allow");
    EXPECT_THAT(refused.headers[0].value, HasSubstr(http::to_string(route.method)));
    const http::Response options = world.call(Method::Options, route.path);
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(options.headers[0].value, refused.headers[0].value);
  }
  EXPECT_EQ(world.call(Method::Head, "/livez").status, 200);
  EXPECT_EQ(world.get("/_ISTHMUS/v1/version/").status, 200)
      << "case and a trailing slash do not matter";
}

TEST(Control, SaysWhatIsNearAnUnknownPath) {
  ControlWorld world;
  const http::Response near = world.get("/_isthmus/v1/route");
  expect_problem(near, 404, "ResourceNotFound");
  EXPECT_EQ(at(near.body, "/remedy"), "Did you mean /_isthmus/v1/routes?");
  const http::Response far = world.get("/");
  expect_problem(far, 404, "ResourceNotFound");
  EXPECT_THAT(at(far.body, "/remedy"), HasSubstr("/networking/v1 and /livez, /readyz"));
  EXPECT_THAT(at(far.body, "/remedy"), HasSubstr("/clock, /_isthmus/v1/reset"));  // each path once
}

TEST(Control, RefusesUnknownParameters) {
  ControlWorld world;
  const http::Response answer = world.apply("version: 1\n", "?dry-run=true");
  expect_problem(answer, 400, "InvalidParameterValue");
  EXPECT_EQ(at(answer.body, "/remedy"), "Did you mean 'dryRun'?");
  expect_problem(world.apply("version: 1\n", "?dryRun=maybe"), 400, "InvalidParameterValue");
}

TEST(Control, TellsItsVersion) {
  ControlWorld world;
  const std::string body = world.get("/_isthmus/v1/version").body;
  EXPECT_EQ(at(body, "/name"), "isthmus");
  EXPECT_FALSE(at(body, "/version").empty());
  EXPECT_FALSE(at(body, "/builtWith").empty());
}

TEST(Control, TellsItsSettingsAndTheirOrigins) {
  ControlOptions options;
  options.settings = {{"listen", "127.0.0.1:0", {"flag --listen"}}, {"state", ":memory:", {}}};
  ControlWorld world(options);
  const std::string body = world.get("/_isthmus/v1/config").body;
  EXPECT_EQ(at(body, "/settings/0/name"), "listen");
  EXPECT_EQ(at(body, "/settings/0/value"), "127.0.0.1:0");
  EXPECT_EQ(at(body, "/settings/0/origin"), "flag --listen");
  EXPECT_EQ(at(body, "/settings/1/origin"), "default");
}

TEST(Control, CountsWhatItHolds) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const std::string body = world.get("/_isthmus/v1/stats").body;
  EXPECT_EQ(at(body, "/networks"), "2");
  EXPECT_EQ(at(body, "/resources/virtualNetworks~1subnets"), "2");
  EXPECT_EQ(at(body, "/resources/logicalNetworks~1subnets"), "1");
  EXPECT_EQ(at(body, "/resources/virtualNetworks~1virtualNetworkPeerings"), "2");
  EXPECT_EQ(at(body, "/tables"), "2");
  EXPECT_EQ(at(body, "/routes"), "4") << "two subnets, seen from both networks";
  EXPECT_EQ(at(body, "/revision"), std::to_string(world.controller().model()->revision()));
  EXPECT_EQ(at(body, "/digest"), world.controller().digest());
  EXPECT_NE(at(body, "/recomputedRoutes"), "0");
  EXPECT_EQ(at(body, "/changes"), "2") << "seeding and the lab";
}

// Routes.

TEST(Control, ShowsRoutesOfASubnetAndOfAnInterface) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const std::string body = world.get("/_isthmus/v1/routes?subnet=a/s").body;
  EXPECT_EQ(at(body, "/routes"), "array of 2");
  EXPECT_EQ(at(body, "/routes/0/prefix"), "10.1.0.0/24");
  EXPECT_EQ(at(body, "/routes/0/nextHopType"), "VnetLocal");
  EXPECT_EQ(at(body, "/routes/0/source"), "System");
  EXPECT_EQ(at(body, "/routes/0/state"), "Active");
  EXPECT_EQ(at(body, "/routes/0/via/resourceRef"), "/virtualNetworks/a/subnets/s");
  EXPECT_EQ(at(body, "/routes/1/nextHopType"), "VirtualNetworkPeering");
  EXPECT_EQ(at(body, "/routes/1/nextHop"), "/virtualNetworks/b");
  EXPECT_EQ(at(body, "/routes/1/via/resourceRef"),
            "/virtualNetworks/a/virtualNetworkPeerings/a-to-b");
  for (const char* same :
       {"subnet=%2FvirtualNetworks%2Fa%2Fsubnets%2Fs", "subnet=virtualNetworks/A/subnets/S",
        "nic=v", "nic=/networkInterfaces/v"})
    EXPECT_EQ(world.get(fmt::format("/_isthmus/v1/routes?{}", same)).body, body) << same;
}

TEST(Control, ShowsWhatLostAndWhatIsUnreachable) {
  ControlWorld world;
  ASSERT_EQ(world
                .apply(R"(version: 1
networks: {a: {prefixes: [10.1.0.0/16], subnets: {s: {prefix: 10.1.0.0/24, routes: r}}}}
routes: {r: [{prefix: 10.1.0.0/24, next: none}, {prefix: 10.9.0.0/16, next: appliance 10.8.0.1}]}
)")
                .status,
            200);
  const std::string body = world.get("/_isthmus/v1/routes?subnet=a/s&losers=true").body;
  EXPECT_EQ(at(body, "/routes/0/nextHopType"), "None");
  EXPECT_EQ(at(body, "/routes/0/source"), "User");
  EXPECT_EQ(at(body, "/routes/0/losers/0/nextHopType"), "VnetLocal");
  EXPECT_EQ(at(body, "/routes/0/losers/0/because"),
            "a user route wins over a system route of the same prefix");
  EXPECT_EQ(at(body, "/routes/1/state"), "Unreachable");
  EXPECT_EQ(at(body, "/routes/1/nextHop"), "10.8.0.1");
  EXPECT_EQ(at(world.get("/_isthmus/v1/routes?subnet=a/s").body, "/routes/0/losers"), "");
}

TEST(Control, NamesTheSubnetsOfAnInterfaceWithSeveral) {
  ControlWorld world;
  ASSERT_EQ(
      world
          .apply("version: 1\nnetworks: {a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24, t: "
                 "10.1.1.0/24}}}\n")
          .status,
      200);
  Operation put;
  put.draft.id = *ResourceId::parse("/networkInterfaces/two");
  put.draft.body = NetworkInterface{};
  DraftChildren addresses{Kind::IpConfiguration, {}};
  for (const char* subnet : {"s", "t"}) {
    IpConfiguration ip;
    ip.subnet = *ResourceId::parse(fmt::format("/virtualNetworks/a/subnets/{}", subnet));
    addresses.items.push_back(
        {*put.draft.id.child(Kind::IpConfiguration, subnet), "", {}, nullptr, ip, {}});
  }
  put.draft.children = {addresses};
  std::promise<bool> done;
  world.controller().submit({{put}, "test"},
                            [&](const Result<Committed>& r) { done.set_value(r.has_value()); });
  ASSERT_TRUE(done.get_future().get());
  const std::string body = world.get("/_isthmus/v1/routes?nic=two").body;
  EXPECT_EQ(at(body, "/routes"), "array of 4");
  EXPECT_EQ(at(body, "/routes/0/subnet"), "/virtualNetworks/a/subnets/s");
  EXPECT_EQ(at(body, "/routes/2/subnet"), "/virtualNetworks/a/subnets/t");
}

TEST(Control, RefusesToShowRoutesOfNothing) {
  ControlWorld world;
  expect_problem(world.get("/_isthmus/v1/routes"), 400, "InvalidParameterValue");
  expect_problem(world.get("/_isthmus/v1/routes?nic=a&subnet=b/c"), 400, "InvalidParameterValue");
  for (const char* query : {"nic=none", "nic=/virtualNetworks/a", "nic=", "subnet=a", "subnet=a/b",
                            "subnet=/a", "nic=%20"})
    expect_problem(world.get(fmt::format("/_isthmus/v1/routes?{}", query)), 404,
                   "ResourceNotFound");
}

// Explain.

TEST(Control, ExplainsTheWayThroughTheFirewall) {
  ControlWorld world;
  ASSERT_EQ(world.apply(example("hub-and-spoke")).status, 200);
  const std::string body =
      world.explain(R"({"from":"web1","to":"db1","protocol":"tcp","port":443})").body;
  EXPECT_EQ(at(body, "/verdict"), "delivered") << body;
  EXPECT_EQ(at(body, "/reason"), "");
  EXPECT_EQ(at(body, "/remedy"), "");
  EXPECT_THAT(
      body,
      HasSubstr(
          R"({"stage":"appliance","verdict":"forwarded","resource":"/networkInterfaces/firewall")"));
  EXPECT_NE(at(body, "/reverse"), "array of 0");
}

// The first minute of a newcomer: a side goes, explain says which, the document brings it back.
TEST(Control, ExplainsThatAPacketComesToAnotherOfThatAddress) {
  ControlWorld world;
  ASSERT_EQ(world.apply(isthmus::testing::example("overlapping")).status, 200);
  const http::Response answer = world.explain(R"({"from":"blue-app","to":"red-files"})");
  EXPECT_EQ(at(answer.body, "/verdict"), "delivered") << answer.body;
  EXPECT_EQ(at(answer.body, "/elsewhere"), "/networkInterfaces/blue-files");
}

TEST(Control, ExplainsWhichPeeringIsMissing) {
  ControlWorld world;
  ASSERT_EQ(world.apply(example("hub-and-spoke")).status, 200);
  const std::string question = R"({"from":"web1","to":"db1","protocol":"tcp","port":"443"})";
  world.erase("/virtualNetworks/spoke1/virtualNetworkPeerings/spoke1-to-hub");
  const std::string dropped = world.explain(question).body;
  EXPECT_EQ(at(dropped, "/verdict"), "dropped");
  EXPECT_FALSE(at(dropped, "/reason").empty());
  EXPECT_THAT(at(dropped, "/remedy"), HasSubstr("isthmus vnet peering create -n spoke1-to-hub"));
  ASSERT_EQ(world.apply(example("hub-and-spoke")).status, 200);
  EXPECT_EQ(at(world.explain(question).body, "/verdict"), "delivered");
}

TEST(Control, RefusesQuestionsThatItCannotRead) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const std::tuple<const char*, int, const char*, const char*> kQuestions[] = {
      {"", 400, "InvalidRequestContent", ""},
      {"[]", 400, "InvalidRequestContent", ""},
      {R"({"to":"w"})", 400, "InvalidRequestContent", "/from"},
      {R"({"from":"v"})", 400, "InvalidRequestContent", "/to"},
      {R"({"from":7,"to":"w"})", 400, "InvalidRequestContent", "/from"},
      {R"({"from":"v","to":"w","prot":"tcp"})", 400, "InvalidRequestContent", ""},
      {R"({"from":"v","to":"w","port":65536})", 400, "InvalidParameterValue", "/port"},
      {R"({"from":"v","to":"w","port":"https"})", 400, "InvalidParameterValue", "/port"},
      {R"({"from":"v","to":"w","protocol":"sctp"})", 400, "InvalidParameterValue", "/protocol"},
      {R"({"from":"v","to":"nowhere"})", 404, "ResourceNotFound", "/to"},
      {R"({"from":"10.1.0.2@c","to":"w"})", 404, "ResourceNotFound", "/from"},
  };
  for (const auto& [question, status, code, pointer] : kQuestions) {
    SCOPED_TRACE(question);
    const http::Response answer = world.explain(question);
    expect_problem(answer, status, code);
    EXPECT_EQ(at(answer.body, "/pointer"), pointer);
  }
  EXPECT_EQ(at(world.explain(R"({"from":"10.1.0.2@a","to":"10.2.0.2","protocol":null})").body,
               "/verdict"),
            "delivered");
}

// The server's own errors.

TEST(Control, GivesTheServersErrorsItsShape) {
  const http::Response answer =
      problem_body({413, "BodyTooLarge", "The body is too long.", "/_isthmus/v1/apply", "id"});
  EXPECT_EQ(answer.content_type, "application/problem+json");
  EXPECT_EQ(at(answer.body, "/code"), "BodyTooLarge");
  EXPECT_EQ(at(answer.body, "/title"), "Content Too Large");
  EXPECT_EQ(at(answer.body, "/detail"), "The body is too long.");
}

// Whatever is served is described, and nothing else.
TEST(Control, IsDescribed) {
  const std::string reference = file_text("docs/api/control.md");
  for (const RouteInfo& route : control_routes())
    EXPECT_THAT(reference,
                HasSubstr(fmt::format("`{} {}", http::to_string(route.method), route.path)));
}

}  // namespace
}  // namespace isthmus::api::control
