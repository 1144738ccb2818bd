// The last calls over HTTP: what is shown, and what may be asked for.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/control_world.h"

namespace isthmus::api::control {
namespace {

using front::CallRecord;
using http::Method;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::expect_problem;

constexpr std::string_view kRequests = "/_isthmus/v1/requests";

struct World : ControlWorld {
  World() : ControlWorld(options()) {}
  static ControlOptions options() {
    ControlOptions options;
    options.requests_kept = 5;
    return options;
  }
  void record(std::string_view method, std::string_view target, int status,
              std::string_view code = "") {
    CallRecord call;
    call.method = method;
    call.target = target;
    call.status = status;
    call.code = code;
    handler().requests().add(std::move(call));
  }
  // "1 3 4": the sequences that are shown, oldest first.
  std::string shown(std::string_view query) {
    const http::Response answer = get(fmt::format("{}{}", kRequests, query));
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::string text;
    for (int i = 0;; ++i) {
      const std::string sequence = at(answer.body, fmt::format("/requests/{}/sequence", i).c_str());
      if (sequence.empty()) return text;
      text += (text.empty() ? "" : " ") + sequence;
    }
  }
};

TEST(RequestCalls, ShowsEverythingButSecrets) {
  World world;
  EXPECT_EQ(world.get(kRequests).body, R"({"requests":[],"next":0})");
  CallRecord call;
  call.time_ms = 1'798'797'600'000;
  call.duration = std::chrono::microseconds(412);
  call.method = "PUT";
  call.target = "/networking/v1/virtualNetworks/red";
  call.status = 409;
  call.code = "ResourceInUse";
  call.who = "127.0.0.1";
  call.request_id = "id";
  call.client_request_id = "mine \xFF";
  call.fault = "busy";
  call.request_bytes = 7;
  call.response_bytes = 9;
  world.handler().requests().add(call);
  EXPECT_EQ(
      world.get(kRequests).body,
      R"({"requests":[{"sequence":1,"time":"2027-01-01T10:00:00.0000000+00:00","method":"PUT",)"
      R"("target":"/networking/v1/virtualNetworks/red","status":409,"code":"ResourceInUse",)"
      R"("durationUs":412,"who":"127.0.0.1","requestId":"id","clientRequestId":"mine ?",)"
      R"("fault":"busy","requestBytes":7,"responseBytes":9}],"next":1})");
}

TEST(RequestCalls, ShowsWhatIsAskedFor) {
  World world;
  world.record("GET", "/livez", 200);
  world.record("PUT", "/networking/v1/virtualNetworks/red?x=y", 201);
  world.record("DELETE", "/networking/v1/virtualNetworks/red", 409, "ResourceInUse");
  world.record("-", "", 400, "MalformedRequest");
  world.record("GET", "/cut", 0);
  EXPECT_EQ(world.shown(""), "1 2 3 4 5");
  EXPECT_EQ(world.shown("?path=/networking/**"), "2 3");
  EXPECT_EQ(world.shown("?path=/networking/v1/*/RED"), "2 3");
  EXPECT_EQ(world.shown("?path=/livez"), "1");
  EXPECT_EQ(world.shown("?method=put,delete"), "2 3");
  EXPECT_EQ(world.shown("?method=-"), "4");
  EXPECT_EQ(world.shown("?status=4xx"), "3 4");
  EXPECT_EQ(world.shown("?status=200,409"), "1 3");
  EXPECT_EQ(world.shown("?status=000"), "5");
  EXPECT_EQ(world.shown("?limit=2"), "4 5") << "the last ones";
  EXPECT_EQ(world.shown("?limit=0"), "");
  EXPECT_EQ(world.shown("?after=1&limit=2"), "2 3") << "the next ones";
  EXPECT_EQ(world.shown("?after=5"), "");
  EXPECT_EQ(world.shown("?after=6"), "1 2 3 4 5") << "the daemon was restarted since";
}

TEST(RequestCalls, CanBePolledWithoutMissingAny) {
  World world;
  for (int i = 0; i < 5; ++i) world.record("GET", "/", 200);
  const std::string first = world.get("/_isthmus/v1/requests?after=0&limit=3").body;
  EXPECT_EQ(at(first, "/next"), "3");
  EXPECT_EQ(at(world.get("/_isthmus/v1/requests?after=3&limit=3").body, "/next"), "5");
  EXPECT_EQ(at(world.get("/_isthmus/v1/requests?after=5&status=500").body, "/next"), "5");
  for (int i = 0; i < 6; ++i) world.record("GET", "/", 200);
  const std::string late = world.get("/_isthmus/v1/requests?after=5").body;
  EXPECT_EQ(at(late, "/requests/0/sequence"), "7");
  EXPECT_EQ(at(late, "/missed"), "1") << "it says so when it could not keep them";
  EXPECT_EQ(world.call(Method::Delete, kRequests).status, 204);
  EXPECT_EQ(world.get(kRequests).body, R"({"requests":[],"next":11})");
}

TEST(RequestCalls, RefuseWhatTheyCannotRead) {
  World world;
  for (const char* query : {"limit=x", "limit=-1", "after=1.5", "status=40", "status=4x",
                            "status=999", "method=GTE", "method=GET,,PUT"})
    expect_problem(world.get(fmt::format("{}?{}", kRequests, query)), 400, "InvalidParameterValue");
}

}  // namespace
}  // namespace isthmus::api::control
