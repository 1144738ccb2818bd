// What lab documents expect, asked of a controller in process. The examples and their expectations
// are in lab_calls_test.cc.
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
using isthmus::testing::kTwoNetworks;
using ::testing::HasSubstr;

http::Response ask(ControlWorld& world, std::string document) {
  return world.call(Method::Post, "/_isthmus/v1/expectations", std::move(document),
                    "application/yaml");
}

// The example, with these expectations instead of its own.
std::string hub_and_spoke(std::string_view expectations) {
  const std::string text = example("hub-and-spoke");
  return text.substr(0, text.find("\nexpect:\n")) + "\nexpect:\n" + std::string(expectations);
}

std::string two_networks(std::string_view expectation) {
  return fmt::format("{}expect:\n  - {}\n", kTwoNetworks, expectation);
}

TEST(ExpectationsCall, TellsWhatIsBesideWhatIsExpected) {
  ControlWorld world;
  const std::string lab = hub_and_spoke(
      "  - {from: web1, to: db1, port: 443/tcp, result: reach, via: firewall}\n"
      "  - {from: web1, to: db1, port: 22/tcp, result: drop, reason: acl-deny}\n");
  ASSERT_EQ(world.apply(lab).status, 200);
  const http::Response answer = ask(world, lab);
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(at(answer.body, "/revision"), "2");
  EXPECT_EQ(at(answer.body, "/holds"), "true");
  EXPECT_EQ(at(answer.body, "/expectations"), "array of 2");
  EXPECT_THAT(answer.body,
              HasSubstr(R"("from":"web1","to":"db1","protocol":"tcp","port":443,)"
                        R"("packet":{"sender":"/networkInterfaces/web1",)"
                        R"("receiver":"/networkInterfaces/db1",)"
                        R"("source":"10.1.0.2","destination":"10.2.0.2"},)"
                        R"("expected":{"result":"reach","via":"firewall"},)"
                        R"("actual":{"result":"reach","via":["firewall"]},"holds":true})"));
  EXPECT_THAT(
      answer.body,
      HasSubstr(
          R"("expected":{"result":"drop","reason":"acl-deny"},)"
          R"("actual":{"result":"drop","via":["firewall"],"reason":"acl-deny",)"
          R"("detail":"acl-in drops it: denied by rule in-65000 (priority 65000) of db-only, )"
          R"(the subnet's list",)"));
  const int line = std::stoi(at(answer.body, "/expectations/0/line"));
  EXPECT_EQ(
      std::count(lab.begin(), lab.begin() + static_cast<long>(lab.find("  - {from: web1")), '\n'),
      line - 1);
}

struct Addressed {
  const char* expectation;
  const char* receiver;
  const char* destination;
};

TEST(ExpectationsCall, TellsTheEndsOfThePacket) {
  const Addressed kRows[] = {
      {"{from: web1, to: db1, port: 443/tcp, result: reach}", "/networkInterfaces/db1", "10.2.0.2"},
      {"{from: web1, to: db1, port: 22/tcp, result: drop}", "/networkInterfaces/db1", "10.2.0.2"},
      {"{from: web1, to: 10.2.0.2, port: 443/tcp, result: reach}", "/networkInterfaces/db1",
       "10.2.0.2"},
      {"{from: web1, to: 10.2.0.2@spoke2, port: 22/tcp, result: drop}", "/networkInterfaces/db1",
       "10.2.0.2"},
      {"{from: web1, to: 10.1.0.1, protocol: icmp, result: reach}",
       "/virtualNetworks/spoke1/subnets/web", "10.1.0.1"},
      {"{from: web1, to: 10.2.0.99, port: 443/tcp, result: drop}", "", "10.2.0.99"},
      {"{from: web1, to: 10.2.0.2, port: 22/tcp, result: drop}", "/networkInterfaces/db1",
       "10.2.0.2"},
      {"{from: web1, to: 10.200.0.2, port: 22/tcp, result: drop}", "", "10.200.0.2"},
  };
  ControlWorld world;
  ASSERT_EQ(world.apply(example("hub-and-spoke")).status, 200);
  for (const Addressed& row : kRows) {
    const http::Response answer =
        ask(world, hub_and_spoke(fmt::format("  - {}\n", row.expectation)));
    const auto of_packet = [&](const char* member) {
      return at(answer.body, fmt::format("/expectations/0/packet/{}", member).c_str());
    };
    EXPECT_EQ(of_packet("sender"), "/networkInterfaces/web1") << row.expectation;
    EXPECT_EQ(of_packet("source"), "10.1.0.2") << row.expectation;
    EXPECT_EQ(of_packet("receiver"), row.receiver) << row.expectation;
    EXPECT_EQ(of_packet("destination"), row.destination) << row.expectation;
  }
}

struct Judged {
  const char* expectation;
  bool holds;
};

TEST(ExpectationsCall, JudgesResultWayAndReason) {
  const Judged kRows[] = {
      {"{from: web1, to: db1, port: 443/tcp, result: reach}", true},
      {"{from: web1, to: db1, port: 443/tcp, result: drop}", false},
      {"{from: web1, to: db1, port: 443/tcp, result: reach, via: firewall}", true},
      {"{from: web1, to: firewall, protocol: icmp, result: reach, via: firewall}", false},
      {"{from: web1, to: db1, port: 443/tcp, result: reach, via: web1}", false},
      {"{from: web1, to: db1, port: 22/tcp, result: drop}", true},
      {"{from: web1, to: db1, port: 22/tcp, result: drop, reason: acl}", true},
      {"{from: web1, to: db1, port: 22/tcp, result: drop, reason: acl-deny, via: firewall}", true},
      {"{from: web1, to: db1, port: 22/tcp, result: drop, reason: no-route}", false},
      {"{from: web1, to: db1, port: 22/tcp, result: reach}", false},
      {"{from: WEB1, to: DB1, port: 443/tcp, result: reach, via: FireWall}", true},
      {"{from: web1, to: 10.0.0.4@hub, protocol: any, result: reach}", true},
      {"{from: web1, to: 10.0.0.4, protocol: any, result: reach}", true},
      {"{from: web1, to: 10.0.0.9@HUB, result: drop, reason: no-endpoint}", true},
      {"{from: 10.0.0.4@hub, to: web1, port: 443/tcp, result: reach}", true},
  };
  ControlWorld world;
  ASSERT_EQ(world.apply(example("hub-and-spoke")).status, 200);
  for (const Judged& row : kRows) {
    const http::Response answer =
        ask(world, hub_and_spoke(fmt::format("  - {}\n", row.expectation)));
    EXPECT_EQ(answer.status, 200) << row.expectation << answer.body;
    EXPECT_EQ(at(answer.body, "/holds"), row.holds ? "true" : "false") << row.expectation << "\n"
                                                                       << answer.body;
  }
}

TEST(ExpectationsCall, ReachesOnlyWhereTheReplyComesBack) {
  ControlWorld world;
  const std::string lab = R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}
  b: {prefixes: [10.2.0.0/16], subnets: {s: {prefix: 10.2.0.0/24, routes: nowhere}}}
peerings: [{between: [a, b]}]
routes: {nowhere: [{prefix: 10.1.0.0/24, next: none}]}
vms: {v: {at: a/s}, w: {at: b/s}}
expect:
  - {from: v, to: w, result: reach}
  - {from: v, to: w, result: drop, reason: blackhole}
)";
  ASSERT_EQ(world.apply(lab).status, 200);
  const http::Response answer = ask(world, lab);
  EXPECT_EQ(at(answer.body, "/expectations/0/holds"), "false");
  EXPECT_EQ(at(answer.body, "/expectations/1/holds"), "true");
  EXPECT_EQ(at(answer.body, "/holds"), "false");
  EXPECT_THAT(at(answer.body, "/expectations/0/actual/detail"), HasSubstr(" drops the reply: "));
}

// Each tenant has the address of red-files, and blue's packets never leave blue.
TEST(ExpectationsCall, IsNotContentWithAnotherMachineOfTheSameAddress) {
  ControlWorld world;
  const std::string text = example("overlapping");
  const std::string lab = text.substr(0, text.find("\nexpect:\n")) + R"(
expect:
  - {from: blue-app, to: red-files, port: 445/tcp, result: reach}
  - {from: blue-app, to: red-files, port: 445/tcp, result: drop}
  - {from: blue-app, to: 172.16.0.10@red-shared, port: 445/tcp, result: reach}
  - {from: red-app, to: 172.16.0.10@red-shared, port: 445/tcp, result: reach}
  - {from: red-app, to: 172.16.0.10, port: 445/tcp, result: reach}
)";
  ASSERT_EQ(world.apply(lab).status, 200);
  const http::Response answer = ask(world, lab);
  for (const char* one : {"/expectations/0", "/expectations/1", "/expectations/2"}) {
    EXPECT_EQ(at(answer.body, fmt::format("{}/holds", one).c_str()), "false") << one;
    EXPECT_EQ(at(answer.body, fmt::format("{}/actual/result", one).c_str()), "elsewhere") << one;
    EXPECT_EQ(at(answer.body, fmt::format("{}/actual/detail", one).c_str()),
              "it comes to blue-files, which has that address there");
  }
  EXPECT_EQ(at(answer.body, "/expectations/3/holds"), "true");
  EXPECT_EQ(at(answer.body, "/expectations/4/holds"), "true");
}

TEST(ExpectationsCall, KnowsALoopOfAppliances) {
  ControlWorld world;
  const std::string lab = R"(version: 1
networks:
  a:
    prefixes: [10.1.0.0/16]
    subnets: {s: {prefix: 10.1.0.0/24, routes: to-x}, x: {prefix: 10.1.1.0/24, routes: to-y}, y: {prefix: 10.1.2.0/24, routes: to-x}}
routes:
  to-x: [{prefix: 10.9.0.0/16, next: appliance 10.1.1.4}]
  to-y: [{prefix: 10.9.0.0/16, next: appliance 10.1.2.4}]
vms:
  v: {at: a/s}
  x: {at: a/x, address: 10.1.1.4, forward: true}
  y: {at: a/y, address: 10.1.2.4, forward: true}
expect:
  - {from: v, to: 10.9.0.1, result: drop, reason: forwarding-loop, via: y}
)";
  ASSERT_EQ(world.apply(lab).status, 200);
  const http::Response answer = ask(world, lab);
  EXPECT_EQ(at(answer.body, "/holds"), "true") << answer.body;
  EXPECT_EQ(at(answer.body, "/expectations/0/actual/via"), "array of 3") << answer.body;
}

TEST(ExpectationsCall, FollowsWhatTheControllerHolds) {
  ControlWorld world;
  const std::string lab = two_networks("{from: v, to: w, protocol: icmp, result: reach}");
  ASSERT_EQ(world.apply(lab).status, 200);
  EXPECT_EQ(at(ask(world, lab).body, "/holds"), "true");
  world.erase("/virtualNetworks/b/virtualNetworkPeerings/b-to-a");
  const std::string body = ask(world, lab).body;
  EXPECT_EQ(at(body, "/holds"), "false");
  EXPECT_EQ(at(body, "/expectations/0/actual/reason"), "no-route");
  EXPECT_THAT(at(body, "/expectations/0/actual/remedy"), HasSubstr("vnet peering create"));
}

struct Refused {
  const char* expectation;
  const char* pointer;
  const char* detail;
};

// Not a failed expectation: nobody can say what becomes of a packet that has no sender.
TEST(ExpectationsCall, PointsAtTheLineOfWhatTheControllerDoesNotHave) {
  ControlWorld world;
  ASSERT_EQ(world
                .apply(R"(version: 1
networks: {a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}}
vms: {v: {at: a/s}}
)")
                .status,
            200);
  for (const Refused& row : {
           Refused{"{from: w, to: v, result: reach}", "/expect/0/from",
                   "Line 8: The controller has no machine 'w'."},
           Refused{"{from: v, to: w, result: drop}", "/expect/0/to",
                   "Line 8: The controller has no machine 'w'."},
           Refused{"{from: v, to: 10.1.0.9, result: drop, via: w}", "/expect/0/via",
                   "Line 8: The controller has no machine 'w'."},
           Refused{"{from: v, to: 10.2.0.4@b, result: drop}", "/expect/0/to",
                   "Line 8: The controller has no network 'b'."},
           Refused{"{from: 10.1.0.77@a, to: v, result: drop}", "/expect/0/from",
                   "Line 8: No network interface has the address"},
       }) {
    const http::Response answer = ask(world, two_networks(row.expectation));
    expect_problem(answer, 404, "ResourceNotFound");
    EXPECT_EQ(at(answer.body, "/pointer"), row.pointer);
    EXPECT_THAT(at(answer.body, "/detail"), ::testing::StartsWith(row.detail));
    EXPECT_EQ(at(answer.body, "/problems/0/line"), "8");
    EXPECT_FALSE(at(answer.body, "/remedy").empty());
  }
}

TEST(ExpectationsCall, RefusesQuestionsThatAreNone) {
  ControlWorld world;
  ASSERT_EQ(world.apply(std::string(kTwoNetworks)).status, 200);
  const http::Response families =
      ask(world, two_networks("{from: v, to: 'fd00::1', result: drop}"));
  expect_problem(families, 400, "InvalidParameterValue");
  EXPECT_EQ(at(families.body, "/pointer"), "/expect/0/to");
  const http::Response stranger = ask(world, two_networks("{from: v, to: x, result: drop}"));
  expect_problem(stranger, 400, "InvalidLabDocument");
  EXPECT_EQ(at(stranger.body, "/pointer"), "/expect/0/to");
  const http::Response second =
      ask(world, two_networks("{from: v, to: w, result: drop}\n  - {from: v, to: w}"));
  expect_problem(second, 400, "InvalidLabDocument");
  EXPECT_EQ(at(second.body, "/pointer"), "/expect/1");
  expect_problem(world.call(Method::Post, "/_isthmus/v1/expectations", "version: 1\n", "text/html"),
                 415, "UnsupportedMediaType");
}

TEST(ExpectationsCall, HoldsWhereNothingIsExpected) {
  ControlWorld world;
  const http::Response answer = ask(world, "version: 1\n");
  EXPECT_EQ(at(answer.body, "/holds"), "true");
  EXPECT_EQ(at(answer.body, "/expectations"), "array of 0");
}

TEST(ExpectationsCall, FindsMachinesOfAzureInTheirGroup) {
  ControlWorld world;
  const std::string azure = R"(version: 1
realm: azure
group: prod
networks:
  hub:    {prefixes: [10.0.0.0/16], location: westeurope, subnets: {dmz: 10.0.0.0/24}}
  spoke1: {prefixes: [10.1.0.0/16], subnets: {web: {prefix: 10.1.0.0/24, routes: out}}}
  spoke2: {prefixes: [10.2.0.0/16], subnets: {db: {prefix: 10.2.0.0/24, routes: out}}}
peerings:
  - {between: [hub, spoke1], forwarded: both}
  - {between: [hub, spoke2], forwarded: both}
routes: {out: [{prefix: 10.0.0.0/8, next: appliance 10.0.0.4}]}
vms:
  fw:  {at: hub/dmz, address: 10.0.0.4, forward: true, interface: fw-nic}
  web: {at: spoke1/web}
  db:  {at: spoke2/db, interface: db-nic}
expect:
  - {from: web, to: db, port: 443/tcp, result: reach, via: fw}
  - {from: web, to: 10.2.0.4@spoke2, protocol: icmp, result: reach, via: fw}
)";
  ASSERT_EQ(world.apply(azure).status, 200);
  const http::Response answer = ask(world, azure);
  EXPECT_EQ(at(answer.body, "/holds"), "true") << answer.body;
  EXPECT_EQ(at(answer.body, "/expectations/0/actual/via/0"), "fw");

  std::string elsewhere = azure;
  elsewhere.replace(elsewhere.find("prod"), 4, "test");
  expect_problem(ask(world, elsewhere), 404, "ResourceNotFound");
}

}  // namespace
}  // namespace isthmus::api::control
