#include "api/dialect/recent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace isthmus::api::dialect {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> values(const Recent<std::string>& recent, int64_t now_ms) {
  std::vector<std::string> values;
  for (const auto& entry : recent.all(now_ms)) values.push_back(entry.id + "=" + entry.value);
  return values;
}

TEST(Recent, FindsWhatWasPutInAnyCase) {
  Recent<std::string> recent(10);
  recent.put("Aa", "one", 7);
  const auto found = recent.find("aA", 8);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "Aa");
  EXPECT_EQ(found->added_ms, 7);
  EXPECT_EQ(found->value, "one");
  EXPECT_FALSE(recent.find("b", 8));
}

TEST(Recent, KeepsTheNewest) {
  Recent<std::string> recent(2);
  recent.put("a", "1", 1);
  recent.put("b", "2", 2);
  recent.put("c", "3", 3);
  EXPECT_THAT(values(recent, 3), ElementsAre("b=2", "c=3"));
  EXPECT_FALSE(recent.find("a", 3));
}

TEST(Recent, PutsAnIdOnceAndAsTheNewest) {
  Recent<std::string> recent(2);
  recent.put("a", "1", 1);
  recent.put("b", "2", 2);
  recent.put("A", "3", 3);
  EXPECT_THAT(values(recent, 3), ElementsAre("b=2", "A=3"));
  recent.put("c", "4", 4);
  EXPECT_THAT(values(recent, 4), ElementsAre("A=3", "c=4"));
}

TEST(Recent, ForgetsWhatIsOld) {
  Recent<std::string> recent(10, 100);
  recent.put("a", "1", 0);
  recent.put("b", "2", 50);
  EXPECT_TRUE(recent.find("a", 100));
  EXPECT_FALSE(recent.find("a", 101));
  EXPECT_THAT(values(recent, 100), ElementsAre("a=1", "b=2"));
  EXPECT_THAT(values(recent, 101), ElementsAre("b=2"));
  EXPECT_THAT(values(recent, 151), IsEmpty());
}

// Results may be large: what nobody can ask for takes no memory once something new comes.
TEST(Recent, LetsGoOfWhatIsOldWithTheNextEntry) {
  Recent<std::shared_ptr<int>> recent(10, 100);
  const auto value = std::make_shared<int>(1);
  recent.put("a", value, 0);
  recent.put("b", value, 90);
  EXPECT_EQ(value.use_count(), 3);
  recent.put("c", nullptr, 101);
  EXPECT_EQ(value.use_count(), 2) << "a is gone, b is not";
}

TEST(Recent, OfNoneKeepsNone) {
  Recent<std::string> recent(0);
  recent.put("a", "1", 1);
  EXPECT_FALSE(recent.find("a", 1));
  EXPECT_THAT(values(recent, 1), IsEmpty());
}

TEST(Recent, TellsTheNewestThatHoldsAndIsYoungEnough) {
  Recent<std::string> recent(10);
  recent.put("a", "x", 1);
  recent.put("b", "y", 2);
  recent.put("c", "x", 3);
  recent.put("d", "z", 4);
  const auto newest = [&recent](std::string_view value, int64_t since_ms) {
    std::vector<std::string> asked;
    const auto found = recent.newest(since_ms, [&](const auto& entry) {
      asked.push_back(entry.id);
      return entry.value == value;
    });
    return std::pair(found.value_or("none"), asked.size());
  };
  EXPECT_EQ(newest("x", 0), std::pair(std::string("x"), size_t{2})) << "c, and not a";
  EXPECT_EQ(newest("y", 1), std::pair(std::string("y"), size_t{3}));
  EXPECT_EQ(newest("y", 2), std::pair(std::string("none"), size_t{2})) << "it is not after 2";
  EXPECT_EQ(newest("w", 0).first, "none");
}

TEST(Recent, RemovesInAnyCase) {
  Recent<std::string> recent(10);
  recent.put("a", "1", 1);
  EXPECT_TRUE(recent.remove("A"));
  EXPECT_FALSE(recent.remove("a"));
  EXPECT_FALSE(recent.find("a", 1));
}

}  // namespace
}  // namespace isthmus::api::dialect
