#include "dataplane/rcu.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace isthmus::dataplane::rcu {
namespace {

struct Object final : Retired {
  explicit Object(int& alive_count) : alive(alive_count) { ++alive; }
  ~Object() override { --alive; }
  int& alive;
};

class GracePeriodsTest : public testing::Test {
 protected:
  void retire_one() { grace_.retire(std::make_unique<Object>(alive_)); }
  int alive_ = 0;
  GracePeriods grace_;
};

TEST_F(GracePeriodsTest, WithoutReadersEverythingGoesAtOnce) {
  retire_one();
  retire_one();
  EXPECT_EQ(grace_.pending(), 2u);
  EXPECT_EQ(grace_.reclaim(), 2u);
  EXPECT_EQ(alive_, 0);
  EXPECT_EQ(grace_.pending(), 0u);
}

TEST_F(GracePeriodsTest, OnlineReaderHoldsWhatWasRetiredSince) {
  Reader reader(grace_);
  reader.online();
  retire_one();
  EXPECT_EQ(grace_.reclaim(), 0u);
  reader.quiescent();
  retire_one();
  EXPECT_EQ(grace_.reclaim(), 1u);
  EXPECT_EQ(alive_, 1);
  reader.offline();
  EXPECT_EQ(grace_.reclaim(), 1u);
}

TEST_F(GracePeriodsTest, OfflineReaderHoldsNothing) {
  Reader reader(grace_);
  retire_one();
  EXPECT_EQ(grace_.reclaim(), 1u);
}

TEST_F(GracePeriodsTest, SlowestReaderDecides) {
  Reader slow(grace_);
  Reader fast(grace_);
  slow.online();
  fast.online();
  retire_one();
  fast.quiescent();
  EXPECT_EQ(grace_.reclaim(), 0u);
  slow.quiescent();
  EXPECT_EQ(grace_.reclaim(), 1u);
}

TEST_F(GracePeriodsTest, GuardHoldsForItsLifeAndNests) {
  Reader reader(grace_);
  {
    const Guard outer(reader);
    {
      const Guard inner(reader);
      retire_one();
    }
    EXPECT_TRUE(reader.is_online());
    EXPECT_EQ(grace_.reclaim(), 0u);
  }
  EXPECT_FALSE(reader.is_online());
  EXPECT_EQ(grace_.reclaim(), 1u);
}

TEST_F(GracePeriodsTest, ReaderThatLeavesHoldsNothing) {
  {
    Reader reader(grace_);
    reader.online();
    retire_one();
    EXPECT_EQ(grace_.reclaim(), 0u);
  }
  EXPECT_EQ(grace_.reclaim(), 1u);
}

TEST(GracePeriods, DestructionFreesALongQueue) {
  int alive = 0;
  {
    GracePeriods grace;
    for (int i = 0; i < 200'000; ++i) grace.retire(std::make_unique<Object>(alive));
  }
  EXPECT_EQ(alive, 0);
}

// Two numbers that always belong together, poisoned when freed.
struct Pair final : Retired {
  explicit Pair(uint64_t n) : a(n), b(~n) {}
  ~Pair() override { a = b = 0; }
  uint64_t a;
  uint64_t b;
};

// Readers of every manner (always online, one guard each time, coming and going) while the writer
// replaces the object as fast as it can.
TEST(GracePeriods, ReadersAndWriterHammer) {
  constexpr uint64_t kWrites = 20'000;
  GracePeriods grace;
  auto owned = std::make_unique<Pair>(0);
  std::atomic<const Pair*> published{owned.get()};
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> torn{0};
  std::atomic<int> started{0};
  const auto look = [&] {
    const Pair& pair = *published.load(std::memory_order_seq_cst);
    if (pair.a != ~pair.b) ++torn;
  };
  const auto always_online = [&] {
    Reader reader(grace);
    reader.online();
    ++started;
    while (!stop) {
      look();
      look();
      reader.quiescent();
    }
    reader.offline();
  };
  const auto guarded = [&] {
    Reader reader(grace);
    ++started;
    while (!stop) {
      const Guard guard(reader);
      look();
    }
  };
  const auto coming_and_going = [&] {
    ++started;
    while (!stop) {
      Reader reader(grace);
      const Guard guard(reader);
      look();
    }
  };
  std::vector<std::thread> readers;
  readers.emplace_back(always_online);
  readers.emplace_back(guarded);
  readers.emplace_back(coming_and_going);
  while (started < 3) std::this_thread::yield();
  for (uint64_t n = 1; n <= kWrites; ++n) {
    auto next = std::make_unique<Pair>(n);
    published.store(next.get(), std::memory_order_seq_cst);
    grace.retire(std::exchange(owned, std::move(next)));
    grace.reclaim();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  grace.reclaim();
  EXPECT_EQ(torn, 0u);
  EXPECT_EQ(grace.pending(), 0u);
}

}  // namespace
}  // namespace isthmus::dataplane::rcu
