#include "api/front/admission.h"

#include <gtest/gtest.h>

#include "tests/support/front.h"

namespace isthmus::api::front {
namespace {

using http::Method;
using isthmus::testing::ask;
using isthmus::testing::call_of;
using isthmus::testing::CountingHandler;
using isthmus::testing::header_of;

struct World {
  explicit World(LoadOptions load = {})
      : options(load),
        throttle(options, clock, http::default_error_body, metrics, next),
        admission(options, http::default_error_body, metrics, throttle) {}
  http::Response call(Method method, std::string_view target, std::string_view peer = "::1") {
    return ask(admission, call_of(method, target, peer));
  }

  LoadOptions options;
  ManualClock clock{1000};
  LoadMetrics metrics;
  CountingHandler next;
  ClientThrottle throttle;
  Admission admission;
};

TEST(Admission, RefusesWhatIsAboveTheLimitAndCountsIt) {
  World world({.reads_in_flight = 2, .writes_in_flight = 1});
  world.next.holds = true;
  EXPECT_EQ(world.call(Method::Get, "/a").status, 0) << "in work";
  EXPECT_EQ(world.call(Method::Head, "/a").status, 0);
  const http::Response refused = world.call(Method::Get, "/a");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_NE(refused.body.find("TooManyRequests"), std::string::npos);
  EXPECT_EQ(world.next.calls, 2);
  EXPECT_EQ(world.metrics.reads_refused, 1U);
  EXPECT_EQ(world.metrics.reads_in_flight, 2);
}

TEST(Admission, ReadsAndWritesDoNotStarveEachOther) {
  World world({.reads_in_flight = 1, .writes_in_flight = 1});
  world.next.holds = true;
  EXPECT_EQ(world.call(Method::Put, "/a").status, 0);
  EXPECT_EQ(world.call(Method::Delete, "/a").status, 429);
  EXPECT_EQ(world.call(Method::Get, "/a").status, 0);
  EXPECT_EQ(world.metrics.writes_refused, 1U);
}

TEST(Admission, ProbesAreAnsweredWhateverGoesOn) {
  World world({.reads_in_flight = 1, .writes_in_flight = 1, .reads = Rate{1, 1}});
  world.next.holds = true;
  EXPECT_EQ(world.call(Method::Get, "/a").status, 0);
  world.next.holds = false;
  for (const char* probe : {"/livez", "/readyz", "/metrics", "/LIVEZ", "/livez"})
    EXPECT_EQ(world.call(Method::Get, probe).status, 200) << probe;
  EXPECT_EQ(world.call(Method::Get, "/livez/more").status, 429);
}

TEST(Admission, APlaceIsFreeAgainWhenTheCallIsAnsweredOrForgotten) {
  World world({.reads_in_flight = 1, .writes_in_flight = 1});
  world.next.holds = true;
  EXPECT_EQ(world.call(Method::Get, "/a").status, 0);
  world.next.release();
  EXPECT_EQ(world.metrics.reads_in_flight, 0);
  EXPECT_EQ(world.call(Method::Get, "/a").status, 0);
  world.next.held.clear();  // nobody will answer it
  EXPECT_EQ(world.metrics.reads_in_flight, 0);
}

TEST(ClientThrottle, LimitsEachClientByItsOwnBucket) {
  World world({.reads = Rate{2, 1}});
  EXPECT_EQ(header_of(world.call(Method::Get, "/a"), "x-ms-ratelimit-remaining-subscription-reads"),
            "1");
  EXPECT_EQ(world.call(Method::Get, "/a").status, 200);
  const http::Response refused = world.call(Method::Get, "/a");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_of(refused, "Retry-After"), "1");
  EXPECT_EQ(header_of(refused, "x-ms-ratelimit-remaining-subscription-reads"), "0");
  EXPECT_EQ(world.call(Method::Get, "/a", "127.0.0.2").status, 200) << "another client";
  EXPECT_EQ(world.call(Method::Put, "/a").status, 200) << "writes are not limited here";
  EXPECT_EQ(world.metrics.throttled, 1U);
  world.clock.time_ms += 1000;
  EXPECT_EQ(world.call(Method::Get, "/a").status, 200);
  EXPECT_EQ(world.call(Method::Get, "/a").status, 429);
}

TEST(ClientThrottle, WritesAndDeletesHaveABucketEach) {
  World world({.writes = Rate{1, 1}});
  EXPECT_EQ(world.call(Method::Put, "/a").status, 200);
  EXPECT_EQ(world.call(Method::Post, "/a").status, 429);
  EXPECT_EQ(
      header_of(world.call(Method::Delete, "/a"), "x-ms-ratelimit-remaining-subscription-deletes"),
      "0");
  EXPECT_EQ(world.call(Method::Delete, "/a").status, 429);
}

// More clients than are remembered: none is refused that has not called, and nothing grows.
TEST(ClientThrottle, RemembersABoundedNumberOfClients) {
  World world({.reads = Rate{1, 1}});
  for (int i = 0; i < 10'000; ++i)
    ASSERT_EQ(world.call(Method::Get, "/a", "client" + std::to_string(i)).status, 200) << i;
}

TEST(TokenBucket, FillsWithTimeAndNeverBeyondItsBurst) {
  TokenBucket bucket({3, 2}, 0);
  for (uint32_t left : {2U, 1U, 0U}) EXPECT_EQ(bucket.take(0).remaining, left);
  EXPECT_FALSE(bucket.take(0).is_taken);
  EXPECT_FALSE(bucket.take(499).is_taken);
  EXPECT_TRUE(bucket.take(500).is_taken);
  EXPECT_FALSE(bucket.take(100).is_taken) << "a clock that was set back";
  EXPECT_TRUE(bucket.take(10'000'000'000).is_taken) << "after months";
  EXPECT_EQ(bucket.take(10'000'000'000).remaining, 1U);
  EXPECT_EQ(TokenBucket({1, 1}, 0).take(0).retry_after_s, 0U);
}

}  // namespace
}  // namespace isthmus::api::front
