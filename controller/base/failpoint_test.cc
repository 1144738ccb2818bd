#include "controller/base/failpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <set>

namespace isthmus {
namespace {

using testing::HasSubstr;

constexpr Failpoint kPoint = Failpoint::StoreBeforeCommit;

class Failpoints : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_failpoints()) GTEST_SKIP() << "built without failpoints";
  }
  void TearDown() override { disarm_failpoints(); }
};

TEST(FailpointList, EveryNameIsThereOnceAndSaysItsMoment) {
  std::set<std::string_view> names;
  for (const FailpointInfo& row : failpoints()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(row.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_."), std::string::npos);
    EXPECT_FALSE(row.moment.empty());
    EXPECT_EQ(info(row.point).name, row.name);
  }
}

// What packages are: silence there would let a test pass that tests nothing.
TEST(FailpointList, ABuildWithoutThemRefusesRules) {
  if (has_failpoints()) GTEST_SKIP() << "built with failpoints";
  EXPECT_TRUE(arm_failpoints("").has_value());
  EXPECT_THAT(arm_failpoints("store.load=error").error(), HasSubstr("has no failpoints"));
}

TEST_F(Failpoints, NothingHappensUntilOneIsArmed) {
  EXPECT_FALSE(fails_at(kPoint));
  EXPECT_EQ(passes(kPoint), 0u) << "what is not armed is not counted either";
}

TEST_F(Failpoints, AnErrorComesEveryTimeAndAtThatPointOnly) {
  ASSERT_TRUE(arm_failpoints("store.before_commit=error"));
  EXPECT_TRUE(fails_at(kPoint));
  EXPECT_TRUE(fails_at(kPoint));
  EXPECT_FALSE(fails_at(Failpoint::StoreAfterCommit));
  EXPECT_EQ(passes(kPoint), 2u);
}

TEST_F(Failpoints, AnErrorWithANumberComesThatTimeOnly) {
  ASSERT_TRUE(arm_failpoints("store.before_commit=error@3;store.load=error@1"));
  EXPECT_FALSE(fails_at(kPoint));
  EXPECT_FALSE(fails_at(kPoint));
  EXPECT_TRUE(fails_at(kPoint));
  EXPECT_FALSE(fails_at(kPoint));
  EXPECT_TRUE(fails_at(Failpoint::StoreLoad));
}

TEST_F(Failpoints, NewRulesReplaceTheOldOnesAndCountAnew) {
  ASSERT_TRUE(arm_failpoints("store.before_commit=error@2"));
  EXPECT_FALSE(fails_at(kPoint));
  ASSERT_TRUE(arm_failpoints("store.before_commit=error@2"));
  EXPECT_FALSE(fails_at(kPoint));
  EXPECT_TRUE(fails_at(kPoint));
  ASSERT_TRUE(arm_failpoints(""));
  EXPECT_FALSE(fails_at(kPoint));
}

TEST_F(Failpoints, ADelayIsWaitedForAndFailsNothing) {
  for (const char* rules : {"store.before_commit=delay:20ms", "store.before_commit=delay:20ms@1"}) {
    ASSERT_TRUE(arm_failpoints(rules));
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(fails_at(kPoint));
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(20));
  }
  ASSERT_TRUE(arm_failpoints("store.before_commit=delay:3600s@2"));
  EXPECT_FALSE(fails_at(kPoint)) << "not before its time";
}

TEST_F(Failpoints, ACrashIsTheEndAtOnce) {
  ASSERT_TRUE(arm_failpoints("store.before_commit=crash@2"));
  const pid_t child = ::fork();
  if (child == 0) {
    fails_at(kPoint);
    fails_at(kPoint);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
}

struct Wrong {
  const char* rules;
  const char* told;
};

TEST_F(Failpoints, AWrongRuleArmsNothingAndSaysWhatThereIs) {
  constexpr Wrong kWrong[] = {
      {"store.befor_commit=crash", "There is no failpoint 'store.befor_commit'. There are store."},
      {"=crash", "There is no failpoint ''."},
      {"store.load=error;;store.load=error", "There is no failpoint ''."},
      {"store.load", "The failpoint store.load cannot do ''. Actions are crash, error, delay:TIME"},
      {"store.load=panic", "The failpoint store.load cannot do 'panic'."},
      {"store.load=crash@0", "cannot do 'crash@0'"},
      {"store.load=crash@", "cannot do 'crash@'"},
      {"store.load=error@1x", "cannot do 'error@1x'"},
      {"store.load=delay", "cannot do 'delay'"},
      {"store.load=delay:20", "cannot do 'delay:20'"},
      {"store.load=delay:0ms", "cannot do 'delay:0ms'"},
      {"store.load=delay:2h", "cannot do 'delay:2h'"},
      {"store.load=delay:ms", "cannot do 'delay:ms'"},
      {"store.load=delay:3601s", "cannot do 'delay:3601s'"},
      {"store.load=error;store.load=never", "cannot do 'never'"},
  };
  for (const Wrong& row : kWrong) {
    const auto armed = arm_failpoints(row.rules);
    ASSERT_FALSE(armed.has_value()) << row.rules;
    EXPECT_THAT(armed.error(), HasSubstr(row.told));
    EXPECT_FALSE(fails_at(Failpoint::StoreLoad)) << row.rules;
  }
}

}  // namespace
}  // namespace isthmus
