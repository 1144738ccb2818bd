#include "dataplane/io/waiting.h"

#include <gtest/gtest.h>

namespace isthmus::dataplane::io {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Waiting::Time kBegin = seconds(100);

TEST(Waiting, LooksForAWhileAfterWorkThenSleeps) {
  Waiting waiting(microseconds(50), kBegin);
  waiting.offered(kBegin + microseconds(48), kBegin + microseconds(49));
  EXPECT_FALSE(waiting.may_sleep());
  waiting.offered(kBegin + microseconds(49), kBegin + microseconds(50));
  EXPECT_TRUE(waiting.may_sleep());
  waiting.worked(kBegin + seconds(1));
  EXPECT_FALSE(waiting.may_sleep());
}

TEST(Waiting, SleepsAtOnceWithoutTimeToLook) {
  Waiting waiting({}, kBegin);
  EXPECT_TRUE(waiting.may_sleep());
  waiting.worked(kBegin + seconds(1));
  EXPECT_TRUE(waiting.may_sleep());
}

TEST(Waiting, ProcessorsThatAreTooFewPutItToSleepForAWhile) {
  Waiting waiting(microseconds(50), kBegin);
  const Waiting::Time back = kBegin + Waiting::kOfferTaken;
  waiting.offered(kBegin, back - microseconds(1));
  waiting.worked(back);
  EXPECT_FALSE(waiting.may_sleep()) << "somebody ran, and not for long";
  waiting.offered(back, back + Waiting::kOfferTaken);
  const Waiting::Time crowded = back + Waiting::kOfferTaken;
  waiting.worked(crowded + Waiting::kCrowdedFor - microseconds(1));
  EXPECT_TRUE(waiting.may_sleep()) << "also right after work";
  waiting.worked(crowded + Waiting::kCrowdedFor);
  EXPECT_FALSE(waiting.may_sleep());
}

}  // namespace
}  // namespace isthmus::dataplane::io
