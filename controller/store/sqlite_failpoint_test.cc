// At every failpoint of the store the process dies, and SQLite fails, once at each time that the
// point is passed. What the store said must be what it holds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>

#include "controller/base/failpoint.h"
#include "controller/store/sqlite_store.h"
#include "tests/support/older_state_file.h"
#include "tests/support/store_model.h"
#include "tests/support/temporary_folder.h"

namespace isthmus {
namespace {

using testing::HasSubstr;

constexpr int kBatches = 5;
constexpr uint64_t kSeed = 11;
constexpr int kExitWrong = 1;

enum class Start { NoFile, OlderFile };

// Checkpoints come often and the journal is cut, so that every point is passed.
Result<std::unique_ptr<Store>> open(const std::string& path) {
  return open_sqlite_store(path, {.journal_entries_max = 4, .checkpoint_pages = 6});
}

StoreModel prepare(const std::string& path, Start start) {
  return start == Start::NoFile ? StoreModel{} : make_older_state_file(path);
}

// The batches of every life are the same.
class Batches {
 public:
  Batch next(const StoreModel& model) { return model.undoable(maker_.next(model.revision)); }

 private:
  BatchMaker maker_{kSeed, 2000};
};

// What may be asked beside the batches; a batch that comes too late among it, which is rolled back.
void use_otherwise(Store& store, const StoreModel& model) {
  store.load();
  store.journal(0, 100);
  store.undo(model.revision);
  store.commit({{{"late", "x"}}, {{model.revision + 8, 0, "x", "[]"}}}, model.revision + 7);
}

// The records, the journal and the way back agree with the model, now and after another batch.
void expect_holds(const std::string& path, StoreModel model) {
  const auto store = open(path);
  ASSERT_TRUE(store.has_value()) << store.error().text();
  EXPECT_TRUE(model.equals((*store)->load().value())) << "at revision " << model.revision;
  EXPECT_TRUE(model.ends_with((*store)->journal(0, 100).value()));
  const auto before = model.records;
  const Revision back_to = model.revision;
  const Batch batch = model.undoable(BatchMaker(1).next(model.revision));
  ASSERT_EQ((*store)->commit(batch, model.revision).outcome, Commit::Done);
  model.apply(batch);
  EXPECT_TRUE(model.equals((*store)->load().value()));
  const auto undo = (*store)->undo(back_to);
  ASSERT_TRUE(undo.has_value()) << undo.error().text();
  EXPECT_EQ(undone(model.records, *undo), before);
}

struct PointRow {
  Failpoint point;
};
void PrintTo(const PointRow& row, std::ostream* out) { *out << info(row.point).name; }

class StoreFailpoint : public testing::TestWithParam<PointRow> {
 protected:
  void SetUp() override {
    if (!has_failpoints()) GTEST_SKIP() << "built without failpoints";
  }
  void TearDown() override { disarm_failpoints(); }

  std::string rules(const char* action, uint64_t time) const {
    return std::string(info(GetParam().point).name) + "=" + action + "@" + std::to_string(time);
  }

  // Lives with trouble at the 1st, 2nd ... time until one passes without. Later times lie further
  // apart: they differ less.
  static uint64_t each_time(const std::function<bool(Start, uint64_t time)>& life) {
    uint64_t met = 0;
    for (const Start start : {Start::NoFile, Start::OlderFile}) {
      for (uint64_t time = 1; !HasFailure(); time += 1 + time / 2) {
        SCOPED_TRACE(std::string(start == Start::NoFile ? "a new file" : "an older file") +
                     ", time " + std::to_string(time));
        if (!life(start, time)) break;
        met++;
      }
    }
    return met;
  }
};

// In a process of its own: a byte for each batch that was acknowledged.
[[noreturn]] void live(const std::string& path, StoreModel model, const std::string& rules,
                       int told) {
  if (!arm_failpoints(rules)) ::_exit(kExitWrong);
  const auto store = open(path);
  if (!store) ::_exit(kExitWrong);
  Batches batches;
  for (int i = 0; i < kBatches; i++) {
    const Batch batch = batches.next(model);
    if ((*store)->commit(batch, model.revision).outcome != Commit::Done) ::_exit(kExitWrong);
    if (::write(told, "a", 1) != 1) ::_exit(kExitWrong);
    model.apply(batch);
    use_otherwise(**store, model);
  }
  ::_exit(0);
}

struct Ended {
  int acknowledged = 0;
  bool crashed = false;
};

Ended live_in_a_child(const std::string& path, const StoreModel& model, const std::string& rules) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) live(path, model, rules, ends[1]);
  ::close(ends[1]);
  Ended ended;
  for (char byte = 0; ::read(ends[0], &byte, 1) == 1;) ended.acknowledged++;
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  ended.crashed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  EXPECT_TRUE(ended.crashed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
  return ended;
}

TEST_P(StoreFailpoint, ACrashKeepsWhatWasAcknowledgedAndNothingByHalves) {
  const uint64_t met = each_time([&](Start start, uint64_t time) {
    const TemporaryFolder folder;
    const std::string path = folder.file("state.db");
    StoreModel model = prepare(path, start);
    const Ended ended = live_in_a_child(path, model, rules("crash", time));

    Batches batches;
    for (int i = 0; i < ended.acknowledged; i++) model.apply(batches.next(model));
    StoreModel next = model;
    next.apply(batches.next(model));
    const StoreContents found = open(path).value()->load().value();
    const bool arrived = next.equals(found);
    EXPECT_TRUE(model.equals(found) || (ended.crashed && arrived))
        << "acknowledged revision " << model.revision << ", found " << found.revision;
    if (GetParam().point == Failpoint::StoreAfterCommit && ended.crashed) {
      EXPECT_TRUE(arrived) << "COMMIT had succeeded";
    }
    expect_holds(path, arrived ? next : model);
    return ended.crashed;
  });
  EXPECT_GT(met, 0u) << "no life passes this point";
}

// One life in this process, in which SQLite fails once.
class FailingLife {
 public:
  FailingLife(std::string path, StoreModel model, Failpoint point, uint64_t time)
      : path_(std::move(path)), model_(std::move(model)), point_(point), time_(time) {}

  bool run() {
    for (int i = 0; i < 2 && !store_; i++) open_store();
    for (int i = 0; i < kBatches && store_ && !testing::Test::HasFailure(); i++) step();
    const bool met = is_met();
    disarm_failpoints();
    store_.reset();
    expect_holds(path_, model_);
    return met;
  }

 private:
  bool is_met() const { return passes(point_) >= time_; }

  void expect_told(const std::string& reason) const {
    EXPECT_TRUE(is_met()) << "nothing failed, but: " << reason;
    EXPECT_THAT(reason, HasSubstr(info(point_).name));
  }

  void open_store() {
    auto store = open(path_);
    if (!store) return expect_told(store.error().message);
    store_ = std::move(*store);
  }

  void step() {
    const bool was_met = is_met();
    const Batch batch = batches_.next(model_);
    StoreModel next = model_;
    next.apply(batch);
    const CommitReport report = store_->commit(batch, model_.revision);
    if (report.outcome == Commit::Done) {
      model_ = next;
    } else {
      EXPECT_FALSE(was_met) << "one failure, and a batch later: " << report.reason;
      expect_told(report.reason);
    }
    if (report.outcome == Commit::Unknown) adopt(next);
    use_otherwise(*store_, model_);
    const auto contents = was_met ? store_->load() : again();
    ASSERT_TRUE(contents.has_value()) << contents.error().text();
    EXPECT_TRUE(model_.equals(*contents)) << "at revision " << model_.revision;
  }

  // The one failure may be in this very call.
  Result<StoreContents> again() {
    auto contents = store_->load();
    return contents ? contents : store_->load();
  }

  void adopt(const StoreModel& next) {
    EXPECT_EQ(store_->commit(batches_.next(model_), model_.revision).outcome, Commit::NotDone);
    const auto contents = store_->load();
    ASSERT_TRUE(contents.has_value()) << contents.error().text();
    ASSERT_TRUE(next.equals(*contents)) << "COMMIT had succeeded";
    model_ = next;
  }

  std::string path_;
  StoreModel model_;
  const Failpoint point_;
  const uint64_t time_;
  Batches batches_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreFailpoint, AnErrorIsToldAndTheStoreGoesOn) {
  const uint64_t met = each_time([&](Start start, uint64_t time) {
    const TemporaryFolder folder;
    const std::string path = folder.file("state.db");
    const StoreModel model = prepare(path, start);
    EXPECT_TRUE(arm_failpoints(rules("error", time)));
    return FailingLife(path, model, GetParam().point, time).run();
  });
  EXPECT_GT(met, 0u) << "no life passes this point";
}

std::vector<PointRow> all_points() {
  std::vector<PointRow> rows;
  for (const FailpointInfo& row : failpoints()) rows.push_back({row.point});
  return rows;
}

std::string test_name(const testing::TestParamInfo<PointRow>& row) {
  std::string name(info(row.param.point).name);
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Points, StoreFailpoint, testing::ValuesIn(all_points()), test_name);

}  // namespace
}  // namespace isthmus
