// Faults over HTTP: what is taken, what is told, and every way to be refused.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/control_world.h"

namespace isthmus::api::control {
namespace {

using http::Method;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::expect_problem;
using ::testing::HasSubstr;

constexpr std::string_view kFaults = "/_isthmus/v1/faults";

struct World : ControlWorld {
  http::Response add(std::string fault) {
    return call(Method::Post, kFaults, std::move(fault), "application/json");
  }
  http::Response put(std::string_view name, std::string fault) {
    return call(Method::Put, fmt::format("{}/{}", kFaults, name), std::move(fault),
                "application/json");
  }
};

TEST(FaultCalls, AreTakenShownAndTakenAway) {
  World world;
  EXPECT_EQ(world.get(kFaults).body, R"({"faults":[]})");
  const http::Response made = world.add(R"({"match":{"path":"/networking/**","method":["PUT"]},
    "status":503,"delay":{"min":"100ms","max":"2s"},"rate":0.2,"count":5,"seed":1})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.body,
            R"({"name":"fault-1","match":{"path":"/networking/**","method":["PUT"]},"status":503,)"
            R"("delay":{"min":"100ms","max":"2s"},"when":"before","rate":0.2,"count":5,"after":0,)"
            R"("seed":1,"matched":0,"injected":0})");
  EXPECT_EQ(world.put("slow", R"({"throttle":{"burst":250,"perSecond":25}})").status, 201);
  EXPECT_EQ(world.put("slow", R"({"name":"SLOW","delay":"1m"})").status, 200) << "another one";
  EXPECT_EQ(at(world.get(kFaults).body, "/faults"), "array of 2");
  EXPECT_EQ(at(world.get("/_isthmus/v1/faults/SLOW").body, "/delay"), "60s");
  EXPECT_EQ(world.call(Method::Delete, "/_isthmus/v1/faults/slow").status, 204);
  const http::Response none = world.get("/_isthmus/v1/faults/fault-2");
  expect_problem(none, 404, "ResourceNotFound");
  EXPECT_EQ(at(none.body, "/remedy"), "Did you mean 'fault-1'?");
  expect_problem(world.call(Method::Delete, "/_isthmus/v1/faults/slow"), 404, "ResourceNotFound");
  EXPECT_EQ(world.call(Method::Delete, kFaults).status, 204);
  EXPECT_EQ(world.get(kFaults).body, R"({"faults":[]})");
}

TEST(FaultCalls, WhatAClientReadsItMayPutAgain) {
  World world;
  const std::string everything =
      R"({"match":{"path":"/a","method":["GET"],"principal":"ann"},"status":429,"code":"Mine",)"
      R"("message":"No.","headers":{"X-A":"b"},"retryAfter":0,"delay":"5ms","when":"after",)"
      R"("rate":0.5,"count":2,"after":3,"seed":4)";
  EXPECT_THAT(world.add(everything + "}").body, HasSubstr(everything.substr(1)));
}

TEST(FaultCalls, OperationsFailWithACodeAndAMessage) {
  World world;
  const http::Response plain = world.add(R"({"when":"operation"})");
  EXPECT_EQ(plain.status, 201);
  EXPECT_THAT(plain.body, HasSubstr(R"("when":"operation")"));
  const http::Response named =
      world.add(R"({"code":"Mine","message":"No.","delay":"5ms","when":"operation"})");
  EXPECT_THAT(named.body, HasSubstr(R"("code":"Mine","message":"No.","delay":"5ms")"));
}

TEST(FaultCalls, RefuseWhatTheyCannotRead) {
  World world;
  struct Row {
    const char* body;
    const char* code;
    const char* pointer;
    const char* says;  // in the detail or the remedy
  };
  constexpr Row kRows[] = {
      {"", "InvalidRequestContent", "", "line 1"},
      {"[]", "InvalidRequestContent", "", "object"},
      {"{}", "InvalidParameterValue", "", "does nothing"},
      {R"({"stauts":503})", "InvalidRequestContent", "/stauts", "Did you mean 'status'?"},
      {R"({"match":{"pth":"/a"},"status":503})", "InvalidRequestContent", "/match/pth", "'path'"},
      {R"({"match":"/a","status":503})", "InvalidRequestContent", "/match", "object"},
      {R"({"match":{"path":"a"},"status":503})", "InvalidParameterValue", "/match/path", "'/'"},
      {R"({"match":{"path":"/a?b=c"},"status":503})", "InvalidParameterValue", "/match/path",
       "query"},
      {R"({"match":{"method":["PUTT"]},"status":503})", "InvalidParameterValue", "/match/method/0",
       "'PUTT' is not a method"},
      {R"({"match":{"method":7},"status":503})", "InvalidParameterValue", "/match/method",
       "method"},
      {R"({"status":200})", "InvalidParameterValue", "/status", "from 400 to 599"},
      {R"({"status":"x"})", "InvalidParameterValue", "/status", "'x'"},
      {R"({"status":503,"code":"two words"})", "InvalidParameterValue", "/code", "two words"},
      {R"({"status":503,"message":7})", "InvalidParameterValue", "/message", "text"},
      {R"({"status":503,"headers":[]})", "InvalidParameterValue", "/headers", "header"},
      {R"({"status":503,"headers":{"a b":"c"}})", "InvalidParameterValue", "/headers/a b", "a b"},
      {R"({"status":503,"headers":{"content-length":"0"}})", "InvalidParameterValue",
       "/headers/content-length", "server itself"},
      {R"({"status":503,"retryAfter":-1})", "InvalidParameterValue", "/retryAfter", "86400"},
      {R"({"delay":"200"})", "InvalidParameterValue", "/delay", "200ms"},
      {R"({"delay":200})", "InvalidParameterValue", "/delay", "200ms"},
      {R"({"delay":"6m"})", "InvalidParameterValue", "/delay", "at most 5m"},
      {R"({"delay":"-1s"})", "InvalidParameterValue", "/delay", "at most 5m"},
      {R"({"delay":{"min":"2s","max":"1s"}})", "InvalidParameterValue", "/delay", "min"},
      {R"({"close":"yes"})", "InvalidParameterValue", "/close", "true or false"},
      {R"({"close":true,"status":503})", "InvalidParameterValue", "/close", "not both"},
      {R"({"delay":"1s","code":"X"})", "InvalidParameterValue", "/status", "needs a status"},
      {R"({"status":503,"when":"during"})", "InvalidParameterValue", "/when",
       "before, after or operation"},
      {R"({"status":503,"when":"operation"})", "InvalidParameterValue", "/when", "of answers"},
      {R"({"throttle":{"burst":1},"when":"operation"})", "InvalidParameterValue", "/when",
       "of answers"},
      {R"({"status":503,"rate":1.5})", "InvalidParameterValue", "/rate", "0 to 1"},
      {R"({"status":503,"rate":"half"})", "InvalidParameterValue", "/rate", "0.25"},
      {R"({"status":503,"count":0})", "InvalidParameterValue", "/count", "from 1"},
      {R"({"status":503,"after":-1})", "InvalidParameterValue", "/after", "from 0"},
      {R"({"status":503,"seed":1.5})", "InvalidParameterValue", "/seed", "whole number"},
      {R"({"throttle":{"burst":0}})", "InvalidParameterValue", "/throttle/burst", "from 1"},
      {R"({"throttle":{"burst":1},"rate":0.5})", "InvalidParameterValue", "/throttle", "alone"},
      {R"({"name":"a b","status":503})", "InvalidResourceId", "/name", "'a b'"},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.body);
    const http::Response answer = world.add(row.body);
    expect_problem(answer, 400, row.code);
    EXPECT_EQ(at(answer.body, "/pointer"), row.pointer);
    EXPECT_THAT(at(answer.body, "/detail") + " " + at(answer.body, "/remedy"), HasSubstr(row.says));
  }
  expect_problem(world.put("one", R"({"name":"two","status":503})"), 400, "InvalidParameterValue");
  EXPECT_EQ(world.get(kFaults).body, R"({"faults":[]})") << "nothing half made";
}

TEST(FaultCalls, AreAHundredAtMost) {
  World world;
  for (int i = 0; i < 100; ++i) ASSERT_EQ(world.add(R"({"status":503})").status, 201);
  expect_problem(world.add(R"({"status":503})"), 400, "LimitReached");
  EXPECT_EQ(world.put("fault-7", R"({"status":500})").status, 200) << "in the place of one";
}

}  // namespace
}  // namespace isthmus::api::control
