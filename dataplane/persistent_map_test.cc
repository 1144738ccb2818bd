#include "dataplane/persistent_map.h"

#include <gtest/gtest.h>

#include <random>
#include <unordered_map>
#include <vector>

#include "dataplane/hash.h"
#include "dataplane/writer_ptr.h"

namespace isthmus::dataplane {
namespace {

using Oracle = std::unordered_map<uint32_t, uint32_t>;

struct GoodHash {
  uint64_t operator()(uint32_t key) const { return mix(0, key); }
};
// Shares the first levels, so that the trie grows deep.
struct LowBitsEqualHash {
  uint64_t operator()(uint32_t key) const { return uint64_t{key} << 36; }
};
// Four hashes for all keys: every key lands in one of four buckets.
struct CollidingHash {
  uint64_t operator()(uint32_t key) const { return key % 4; }
};

template <class Hash>
class PersistentMapTest : public testing::Test {
 public:
  using Map = PersistentMap<uint32_t, WriterPtr<uint32_t>, Hash>;

  static void expect_equal(const Map& map, const Oracle& oracle) {
    ASSERT_EQ(map.size(), oracle.size());
    size_t visited = 0;
    map.for_each([&](uint32_t key, const WriterPtr<uint32_t>& value) {
      ++visited;
      ASSERT_TRUE(oracle.count(key) == 1 && oracle.at(key) == *value) << key;
    });
    ASSERT_EQ(visited, oracle.size());
    for (uint32_t key = 0; key < kKeys; ++key) {
      const auto* found = map.find(key);
      ASSERT_EQ(found != nullptr, oracle.count(key) == 1) << key;
      if (found != nullptr) {
        ASSERT_EQ(**found, oracle.at(key));
      }
    }
  }

  static constexpr uint32_t kKeys = 300;
};

using Hashes = testing::Types<GoodHash, LowBitsEqualHash, CollidingHash>;
TYPED_TEST_SUITE(PersistentMapTest, Hashes);

TYPED_TEST(PersistentMapTest, RandomChangesEqualTheOracleAndOldVersionsStay) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    typename TestFixture::Map map;
    Oracle oracle;
    std::vector<std::pair<typename TestFixture::Map, Oracle>> versions;
    for (int step = 0; step < 2000; ++step) {
      const auto key = static_cast<uint32_t>(random() % TestFixture::kKeys);
      const bool grows = step < 1000;
      if (random() % 4 < (grows ? 1u : 3u)) {
        ASSERT_EQ(map.erase(key), oracle.erase(key) == 1);
      } else {
        const auto value = static_cast<uint32_t>(random());
        map.set(key, WriterPtr<uint32_t>::make(value));
        oracle[key] = value;
      }
      if (step % 100 == 0) versions.emplace_back(map, oracle);
    }
    this->expect_equal(map, oracle);
    for (const auto& [old_map, old_oracle] : versions) this->expect_equal(old_map, old_oracle);
  }
}

TYPED_TEST(PersistentMapTest, BytesDependOnTheContentOnly) {
  typename TestFixture::Map map;
  for (uint32_t key = 0; key < 100; ++key) map.set(key, WriterPtr<uint32_t>::make(key));
  const size_t before = map.bytes();
  for (uint32_t key = 100; key < 200; ++key) map.set(key, WriterPtr<uint32_t>::make(key));
  for (uint32_t key = 100; key < 200; ++key) EXPECT_TRUE(map.erase(key));
  EXPECT_EQ(map.bytes(), before);
  for (uint32_t key = 0; key < 100; ++key) EXPECT_TRUE(map.erase(key));
  EXPECT_EQ(map.bytes(), 0u);
  EXPECT_TRUE(map.empty());
}

TEST(PersistentMap, CopySharesUntilItChanges) {
  PersistentMap<uint32_t, uint32_t, GoodHash> one;
  for (uint32_t key = 0; key < 1000; ++key) one.set(key, key);
  const auto* const before = one.find(7);
  auto two = one;
  EXPECT_EQ(two.find(7), before);
  two.set(7, 70);
  EXPECT_EQ(*one.find(7), 7u);
  EXPECT_EQ(one.find(7), before);
  EXPECT_EQ(*two.find(7), 70u);
  size_t moved = 0;
  for (uint32_t key = 0; key < 1000; ++key) moved += one.find(key) != two.find(key) ? 1 : 0;
  EXPECT_LT(moved, 50u);  // the entries on one path
}

}  // namespace
}  // namespace isthmus::dataplane
