#include "controller/model/persistent_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <compare>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace isthmus {
namespace {

struct Ascending {
  std::strong_ordering operator()(int a, int b) const { return a <=> b; }
};
using Numbers = PersistentSet<int, Ascending>;

std::vector<int> all(const Numbers& numbers) {
  std::vector<int> values;
  for (auto it = numbers.begin(); it != numbers.end(); ++it) values.push_back(*it);
  return values;
}

TEST(PersistentSet, AgreesWithAnOrdinarySetAndKeepsOldCopies) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Numbers numbers;
    std::set<int> oracle;
    std::vector<std::pair<Numbers, std::set<int>>> kept;
    for (int i = 0; i < 600; ++i) {
      const int value = static_cast<int>(random() % 200);
      if (random() % 5 < 3) {
        numbers.put(value);
        oracle.insert(value);
      } else {
        EXPECT_EQ(numbers.erase(value), oracle.erase(value) == 1);
      }
      ASSERT_EQ(numbers.size(), oracle.size());
      ASSERT_EQ(numbers.find(value) != nullptr, oracle.contains(value));
      if (i % 50 == 0) kept.emplace_back(numbers, oracle);
    }
    for (const auto& [copy, expected] : kept) {
      EXPECT_EQ(all(copy), std::vector<int>(expected.begin(), expected.end()));
    }
  }
}

// What a reader has let go is changed in place: that must come after the reader's last look. For
// the thread sanitizer.
TEST(PersistentSet, ReadersKeepWhatTheyHoldAndLetGoWhenTheyLike) {
  Numbers numbers;
  std::mutex mutex;  // guards shown
  Numbers shown;
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) {
      Numbers mine;
      {
        const std::lock_guard lock(mutex);
        mine = shown;
      }
      const std::vector<int> values = all(mine);
      EXPECT_EQ(values.size(), mine.size());
      EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
    }
  });
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    for (int change = 0; change < 8; ++change) {
      const int value = static_cast<int>(random() % 100);
      if (!numbers.erase(value)) numbers.put(value);
    }
    const std::lock_guard lock(mutex);
    shown = numbers;
  }
  done = true;
  reader.join();
}

TEST(PersistentSet, LowerBoundWalksTheRest) {
  Numbers numbers;
  for (int value = 0; value < 100; value += 3) numbers.put(value);
  for (int bound = -1; bound <= 100; ++bound) {
    std::vector<int> walked;
    for (auto it = numbers.lower_bound(bound); it != numbers.end(); ++it) walked.push_back(*it);
    std::vector<int> expected;
    for (int value = 0; value < 100; value += 3) {
      if (value >= bound) expected.push_back(value);
    }
    ASSERT_EQ(walked, expected) << "from " << bound;
  }
}

TEST(PersistentSet, FirstRankIsThePlaceOfAnElement) {
  Numbers numbers;
  for (int value = 0; value < 100; value += 3) numbers.put(value);
  for (int bound = -1; bound <= 101; ++bound) {
    const size_t expected = bound <= 0 ? 0 : std::min<size_t>((bound + 2) / 3, numbers.size());
    ASSERT_EQ(numbers.first_rank([&](int value, size_t rank) {
      EXPECT_EQ(static_cast<size_t>(value), rank * 3);
      return value >= bound;
    }),
              expected)
        << "from " << bound;
  }
}

// Counts the comparisons of a search, which is the depth of the tree.
struct Counting {
  static inline thread_local int compared = 0;
  std::strong_ordering operator()(int a, int b) const {
    ++compared;
    return a <=> b;
  }
};

TEST(PersistentSet, StaysBalancedWhenFilledInOrder) {
  PersistentSet<int, Counting> numbers;
  constexpr int kCount = 1 << 14;
  for (int i = 0; i < kCount; ++i) numbers.put(i);
  int deepest = 0;
  for (int i = 0; i < kCount; ++i) {
    Counting::compared = 0;
    numbers.find(i);
    deepest = std::max(deepest, Counting::compared);
  }
  EXPECT_LE(deepest,
            35);  // 14 levels would be perfect; the weights allow log(n) / log(4/3) = 34 at most
}

}  // namespace
}  // namespace isthmus
