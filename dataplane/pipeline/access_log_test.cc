#include "dataplane/pipeline/access_log.h"

#include <gtest/gtest.h>

namespace isthmus::dataplane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

AccessHit hit(uint16_t port) {
  AccessHit hit;
  hit.flow.destination_port = port;
  return hit;
}

TEST(AccessLog, TellsWhatWasNotedOnce) {
  AccessLog log;
  log.note(hit(1), seconds(1));
  log.note(hit(2), seconds(1));
  const auto taken = log.take();
  EXPECT_EQ(taken.hits, (std::vector<AccessHit>{hit(1), hit(2)}));
  EXPECT_EQ(taken.left_out, 0u);
  EXPECT_TRUE(log.take().hits.empty());
}

TEST(AccessLog, KeepsSoManyInASecondAndCountsTheRest) {
  AccessLog log;
  for (uint16_t i = 0; i < 3 * kAccessHitsPerSecond; ++i) log.note(hit(i), seconds(1));
  auto taken = log.take();
  EXPECT_EQ(taken.hits.size(), kAccessHitsPerSecond);
  EXPECT_EQ(taken.left_out, 2 * kAccessHitsPerSecond);
  for (int i = 0; i < 20; ++i) log.note(hit(7), seconds(1) + milliseconds(100));
  taken = log.take();
  EXPECT_EQ(taken.hits.size(), kAccessHitsPerSecond / 10);
  EXPECT_EQ(taken.left_out, 10u);
}

TEST(AccessLog, IsBoundedWhereNobodyTakes) {
  AccessLog log;
  for (int second = 1; second <= 20; ++second) {
    for (uint32_t i = 0; i < kAccessHitsPerSecond; ++i) log.note(hit(1), seconds(second));
  }
  const auto taken = log.take();
  EXPECT_EQ(taken.hits.size(), kAccessHitsKept);
  EXPECT_EQ(taken.left_out, 20 * kAccessHitsPerSecond - kAccessHitsKept);
}

TEST(RateLimit, ComesBackLittleByLittle) {
  RateLimit limit(10);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limit.admits(seconds(5)));
  EXPECT_FALSE(limit.admits(seconds(5)));
  EXPECT_FALSE(limit.admits(seconds(5) + milliseconds(99)));
  EXPECT_TRUE(limit.admits(seconds(5) + milliseconds(100)));
  EXPECT_FALSE(limit.admits(seconds(5) + milliseconds(199)));
  EXPECT_TRUE(limit.admits(seconds(5) + milliseconds(200)));
}

}  // namespace
}  // namespace isthmus::dataplane
