#include "tools/bench/fib/statistics.h"

#include <gtest/gtest.h>

namespace isthmus::bench {
namespace {

TEST(Statistics, MedianMinimumAndNinetiethPercentileAreSamples) {
  const Statistics result = statistics({5, 1, 9, 3, 7, 10, 2, 8, 6, 4});
  EXPECT_EQ(result.median, 5);
  EXPECT_EQ(result.min, 1);
  EXPECT_EQ(result.p90, 9);
  EXPECT_EQ(result.count, 10u);
}

TEST(Statistics, OneSampleIsAllOfThem) {
  const Statistics result = statistics({4});
  EXPECT_EQ(result.median, 4);
  EXPECT_EQ(result.min, 4);
  EXPECT_EQ(result.p90, 4);
}

TEST(Statistics, OfNothingAreZero) {
  EXPECT_EQ(statistics({}).median, 0);
  std::vector<double> none;
  EXPECT_EQ(quantile(none, 0.5), 0);
}

TEST(Statistics, CalmIsWithinFifteenPercentOfTheFastest) {
  EXPECT_TRUE((Statistics{1, 1, 1.15, 25}.calm()));
  EXPECT_FALSE((Statistics{1, 1, 1.16, 25}.calm()));
}

TEST(Statistics, QuantilesReachBothEnds) {
  std::vector<double> samples = {3, 1, 2};
  EXPECT_EQ(quantile(samples, 0), 1);
  EXPECT_EQ(quantile(samples, 1), 3);
}

}  // namespace
}  // namespace isthmus::bench
