#include "dataplane/fib/pool.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

namespace isthmus::dataplane {
namespace {

// Every block is filled with a number of its own, which a block that overlapped it would destroy.
TEST(Pool, BlocksAreAlignedAndNeverOverlap) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    Pool<uint16_t> pool(1 << 20);
    struct Block {
      unsigned order;
      uint16_t mark;
    };
    std::map<uint32_t, Block> blocks;
    size_t used = 0;
    for (uint16_t mark = 1; mark < 4000; ++mark) {
      if (blocks.empty() || random() % 5 < 3) {
        const auto order = static_cast<unsigned>(random() % 9);
        const uint32_t first = pool.allocate(order);
        const size_t count = size_t{1} << std::max(order, Pool<uint16_t>::kOrderMin);
        ASSERT_EQ(first % std::min<size_t>(count, 32), 0u);
        for (size_t i = 0; i < count; ++i) pool[first + static_cast<uint32_t>(i)] = mark;
        ASSERT_TRUE(blocks.emplace(first, Block{order, mark}).second);
        used += count;
      } else {
        const auto it = std::next(blocks.begin(), static_cast<long>(random() % blocks.size()));
        const size_t count = size_t{1} << std::max(it->second.order, Pool<uint16_t>::kOrderMin);
        for (size_t i = 0; i < count; ++i)
          ASSERT_EQ(pool[it->first + static_cast<uint32_t>(i)], it->second.mark);
        pool.release(it->first, it->second.order);
        used -= count;
        blocks.erase(it);
      }
      ASSERT_EQ(pool.bytes_used(), used * sizeof(uint16_t));
    }
  }
}

TEST(Pool, GivesReleasedBlocksOutAgain) {
  Pool<uint32_t> pool(1 << 20);
  std::vector<uint32_t> blocks;
  blocks.reserve(1000);
  for (int i = 0; i < 1000; ++i) blocks.push_back(pool.allocate(4));
  const size_t touched = pool.bytes_touched();
  for (int round = 0; round < 100; ++round) {
    for (const uint32_t block : blocks) pool.release(block, 4);
    for (uint32_t& block : blocks) block = pool.allocate(4);
  }
  EXPECT_EQ(pool.bytes_touched(), touched);
  const uint32_t last = blocks.back();
  pool.release(last, 4);
  EXPECT_EQ(pool.allocate(4), last) << "last in, first out";
}

TEST(Pool, SplitsALargerBlockBeforeItGrows) {
  Pool<uint32_t> pool(64);
  const uint32_t large = pool.allocate(6);
  pool.release(large, 6);
  for (int i = 0; i < 16; ++i) pool.allocate(2);
  EXPECT_EQ(pool.bytes_touched(), 256u);
}

TEST(Pool, SaysWhenItIsFullAndGoesOn) {
  Pool<uint32_t> pool(32);
  const uint32_t first = pool.allocate(4);
  pool.allocate(4);
  EXPECT_THROW(pool.allocate(0), std::bad_alloc);
  pool.release(first, 4);
  EXPECT_EQ(pool.allocate(4), first);
}

}  // namespace
}  // namespace isthmus::dataplane
