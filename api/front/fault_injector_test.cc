#include "api/front/fault_injector.h"

#include <gtest/gtest.h>

#include <future>

#include "api/front/delay_line.h"
#include "api/front/fault_json.h"
#include "api/front/injected.h"
#include "tests/support/front.h"

namespace isthmus::api::front {
namespace {

using http::Method;
using isthmus::testing::ask;
using isthmus::testing::call_of;
using isthmus::testing::CountingHandler;
using isthmus::testing::header_of;

struct World {
  void arm(std::string_view json) {
    auto fault = read_fault(json, "");
    ASSERT_TRUE(fault) << fault.error().text();
    ASSERT_TRUE(table.put(*fault));
  }
  http::Response call(Method method = Method::Get, std::string_view target = "/a/b") {
    return ask(injector, call_of(method, target));
  }
  // Waits for the answer.
  http::Response late(Method method = Method::Get, std::string_view target = "/a/b") {
    std::promise<http::Response> answered;
    injector.handle(call_of(method, target),
                    [&](http::Response response) { answered.set_value(std::move(response)); });
    return answered.get_future().get();
  }
  // "x" for each call that is hit, "." for one that is not.
  std::string hits(int calls) {
    std::string text;
    for (int i = 0; i < calls; ++i) text += call().status == 200 ? '.' : 'x';
    return text;
  }

  ManualClock clock{1000};
  FaultTable table{clock};
  CountingHandler next;
  FaultInjector injector{table, http::default_error_body, next};
};

TEST(FaultInjector, AnswersInThePlaceOfTheCall) {
  World world;
  world.arm(R"({"name":"busy","match":{"path":"/a/**","method":["PUT","delete"]},"status":503,
    "code":"Busy","message":"Come back.","headers":{"X-A":"b"},"retryAfter":7})");
  EXPECT_EQ(world.call(Method::Get).status, 200);
  EXPECT_EQ(world.call(Method::Put, "/b").status, 200);
  const http::Response answer = world.call(Method::Put);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, R"({"error":{"code":"Busy","message":"Come back."}})");
  EXPECT_EQ(header_of(answer, "x-isthmus-fault"), "busy");
  EXPECT_EQ(header_of(answer, "X-A"), "b");
  EXPECT_EQ(header_of(answer, "Retry-After"), "7");
  EXPECT_EQ(world.call(Method::Delete).status, 503);
  EXPECT_EQ(world.next.calls, 2) << "what is answered here never happens";
}

TEST(FaultInjector, LosesTheAnswerOfACallThatHappens) {
  World world;
  world.arm(R"({"name":"lost","match":{"method":"PUT"},"close":true,"when":"after"})");
  const http::Response cut = world.call(Method::Put);
  EXPECT_TRUE(cut.abort);
  EXPECT_EQ(world.next.calls, 1);
  world.arm(R"({"name":"lost","match":{"method":"PUT"},"status":500,"when":"after"})");
  const http::Response told = world.call(Method::Put);
  EXPECT_EQ(told.status, 500);
  EXPECT_NE(told.body.find("InternalServerError"), std::string::npos);
  EXPECT_EQ(header_of(told, "x-isthmus-fault"), "lost");
  EXPECT_EQ(world.next.calls, 2);
}

TEST(FaultInjector, MakesTheOperationOfACallFail) {
  World world;
  world.arm(R"({"name":"flaky","match":{"method":"PUT"},"when":"operation"})");
  EXPECT_EQ(world.call(Method::Get).status, 200);
  EXPECT_FALSE(world.next.last.operation_failure);
  const http::Response begun = world.call(Method::Put);
  EXPECT_EQ(begun.status, 200) << "the call itself goes well";
  EXPECT_EQ(header_of(begun, "x-isthmus-fault"), "flaky");
  EXPECT_EQ(world.next.last.operation_failure,
            (http::OperationFailure{"RetryableError", "A retryable error occurred."}));
  world.arm(R"({"name":"flaky","when":"operation","code":"Conflict"})");
  world.call(Method::Put);
  EXPECT_EQ(world.next.last.operation_failure,
            (http::OperationFailure{"Conflict", "The fault 'flaky' was injected."}));
}

TEST(FaultInjector, CutsTheConnectionBeforeTheCall) {
  World world;
  world.arm(R"({"close":true})");
  EXPECT_TRUE(world.call().abort);
  EXPECT_EQ(world.next.calls, 0);
}

TEST(FaultInjector, CountsAndSkips) {
  World world;
  world.arm(R"({"status":500,"count":2,"after":3})");
  EXPECT_EQ(world.hits(8), "...xx...");
  const FaultState state = world.table.list().front();
  EXPECT_EQ(state.matched, 8U);
  EXPECT_EQ(state.injected, 2U);
}

TEST(FaultInjector, ChanceIsTheSameForASeed) {
  const auto hits = [](const char* fault) {
    World world;
    world.arm(fault);
    return world.hits(400);
  };
  const std::string first = hits(R"({"status":500,"rate":0.25,"seed":7})");
  EXPECT_EQ(first, hits(R"({"status":500,"rate":0.25,"seed":7})"));
  EXPECT_NE(first, hits(R"({"status":500,"rate":0.25,"seed":8})"));
  const auto count = std::count(first.begin(), first.end(), 'x');
  EXPECT_GT(count, 60);
  EXPECT_LT(count, 140);
  EXPECT_EQ(hits(R"({"status":500,"rate":0})").find('x'), std::string::npos);
}

TEST(FaultInjector, ReplacingAFaultStartsItsCountsAnew) {
  World world;
  world.arm(R"({"name":"one","status":500,"count":1})");
  EXPECT_EQ(world.hits(2), "x.");
  world.arm(R"({"name":"ONE","status":500,"count":1})");
  EXPECT_EQ(world.hits(2), "x.");
  EXPECT_EQ(world.table.list().size(), 1U);
}

TEST(FaultInjector, NeverHitsWhatIsNeededToEndIt) {
  World world;
  world.arm(R"({"match":{"path":"**"},"status":500})");
  for (const char* path : {"/_isthmus/v1/faults", "/_ISTHMUS/v1/faults/fault-1", "/livez",
                           "/readyz", "/_isthmus/v1/faults/"})
    EXPECT_EQ(world.call(Method::Get, path).status, 200) << path;
  EXPECT_EQ(world.call(Method::Get, "/metrics").status, 500);
  world.arm(R"({"match":{"path":"/readyz"},"status":503})");
  EXPECT_EQ(world.call(Method::Get, "/readyz").status, 503) << "told so";
}

TEST(FaultInjector, Throttles) {
  World world;
  world.arm(R"({"name":"slow","throttle":{"burst":2,"perSecond":1}})");
  const http::Response first = world.call(Method::Put);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(header_of(first, "x-ms-ratelimit-remaining-subscription-writes"), "1");
  EXPECT_EQ(header_of(first, "x-isthmus-fault"), "");
  EXPECT_EQ(world.call().status, 200);
  const http::Response refused = world.call();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(header_of(refused, "x-ms-ratelimit-remaining-subscription-reads"), "0");
  EXPECT_EQ(header_of(refused, "x-isthmus-fault"), "slow");
  world.clock.time_ms += 1000;
  EXPECT_EQ(world.call().status, 200);
}

TEST(FaultInjector, HoldsACallUp) {
  World world;
  world.arm(R"({"name":"slow","delay":"1ms"})");
  const http::Response answer = world.late();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(header_of(answer, "x-isthmus-fault"), "slow");
  world.arm(R"({"name":"later","delay":{"min":"1ms","max":"3ms"},"status":500,"when":"after"})");
  const http::Response both = world.late();
  EXPECT_EQ(both.status, 500);
  EXPECT_EQ(injected_into(both), "slow,later");
  EXPECT_EQ(world.next.calls, 2);
}

TEST(FaultInjector, WhatIsHeldUpGoesOnWhenItStops) {
  World world;
  world.arm(R"({"delay":"5m"})");
  std::promise<int> answered;
  world.injector.handle(call_of(Method::Get, "/a"),
                        [&](const http::Response& answer) { answered.set_value(answer.status); });
  EXPECT_EQ(world.next.calls, 0);
  world.injector.stop();
  EXPECT_EQ(answered.get_future().get(), 200);
  EXPECT_EQ(world.call().status, 200) << "not held up any more";
}

TEST(FaultInjector, HoldsUpABoundedNumberOfCalls) {
  World world;
  world.arm(R"({"delay":"5m"})");
  for (size_t i = 0; i < DelayLine::kWaitingMax; ++i) ASSERT_EQ(world.call().status, 0) << i;
  EXPECT_EQ(world.call().status, 429);
  world.injector.stop();
  EXPECT_EQ(world.next.calls, static_cast<int>(DelayLine::kWaitingMax));
}

TEST(Fault, DelaysLieWithinTheirBounds) {
  Fault fault;
  fault.delay = Delay{milliseconds(10), milliseconds(12)};
  std::vector<int> seen(3);
  for (uint64_t n = 0; n < 100; ++n) {
    const auto delay = delay_of(fault, n).count();
    ASSERT_GE(delay, 10);
    ASSERT_LE(delay, 12);
    ++seen[static_cast<size_t>(delay - 10)];
  }
  for (const int count : seen) EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace isthmus::api::front
