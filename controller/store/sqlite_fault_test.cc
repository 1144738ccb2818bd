// Every write, sync and truncation that the store asks of its disk fails once, one after another,
// and the power goes at each of them. What the store said must be what it holds.
#include <gtest/gtest.h>

#include <functional>

#include "controller/store/sqlite_store.h"
#include "tests/support/simulated_disk.h"
#include "tests/support/store_model.h"

namespace isthmus {
namespace {

using Fault = SimulatedDisk::Fault;
using Lasts = SimulatedDisk::Lasts;

constexpr const char* kFile = "state.db";
constexpr int kBatches = 10;

// Checkpoints come often, and the journal is cut, so that the faults meet those too.
SqliteOptions options_on(const SimulatedDisk& disk) {
  return {
      .journal_entries_max = 12, .checkpoint_pages = 6, .identity = "simulated", .vfs = disk.vfs()};
}

Result<std::unique_ptr<Store>> open_on(const SimulatedDisk& disk) {
  return open_sqlite_store(kFile, options_on(disk));
}

std::unique_ptr<Store> reopen(const SimulatedDisk& disk) {
  auto store = open_on(disk);
  if (!store) throw std::runtime_error("a sound disk does not open: " + store.error().text());
  return std::move(*store);
}

// What another process reads after a kill -9 at this moment.
StoreContents after_kill(const SimulatedDisk& disk) {
  SimulatedDisk copy(1);
  copy.restore(disk.after_kill());
  return reopen(copy)->load().value();
}

// What goes wrong during a life, and the end of it.
struct Trouble {
  std::function<bool()> fired;
  std::function<void()> heal;
};

// One life of a store: batches until one meets the trouble, the verdict on it, then more batches.
class Life {
 public:
  Life(SimulatedDisk& disk, uint64_t seed, Trouble trouble)
      : disk_(disk), batches_(seed), trouble_(std::move(trouble)) {}

  // True when the trouble was met.
  bool run() {
    open();
    for (int i = 0; i < kBatches && store_; i++) step();
    const bool met = trouble_.fired();
    trouble_.heal();
    check_present();
    store_.reset();
    store_ = reopen(disk_);
    check_present();
    return met;
  }

  int unknowns() const { return unknowns_; }

 private:
  void open() {
    if (auto store = open_on(disk_)) {
      store_ = std::move(*store);
      return;
    }
    EXPECT_TRUE(trouble_.fired());
    trouble_.heal();
    store_ = reopen(disk_);
  }

  void step() {
    const Batch batch = batches_.next(model_.revision);
    StoreModel next = model_;
    next.apply(batch);
    const CommitReport report = store_->commit(batch, model_.revision);
    if (report.outcome == Commit::Done) {
      model_ = next;
      if (trouble_.fired()) check_killed();
      return;
    }
    EXPECT_TRUE(trouble_.fired()) << "nothing failed, but: " << report.reason;
    EXPECT_FALSE(report.reason.empty());
    if (report.outcome == Commit::Unknown) {
      adopt(next);
    } else {
      check_killed();
    }
    trouble_.heal();
    check_present();
  }

  // After Unknown: no commit before load(), and load() gives the old or the new, whole.
  void adopt(const StoreModel& next) {
    unknowns_++;
    EXPECT_EQ(store_->commit(batches_.next(model_.revision), model_.revision).outcome,
              Commit::NotDone);
    auto contents = store_->load();
    trouble_.heal();
    if (!contents) contents = store_->load();
    ASSERT_TRUE(contents.has_value()) << contents.error().text();
    ASSERT_TRUE(model_.equals(*contents) || next.equals(*contents)) << "neither old nor new";
    if (next.equals(*contents)) model_ = next;
    check_killed();
  }

  void check_present() {
    const auto contents = store_->load();
    ASSERT_TRUE(contents.has_value()) << contents.error().text();
    EXPECT_TRUE(model_.equals(*contents)) << "at revision " << model_.revision;
  }

  void check_killed() {
    EXPECT_TRUE(model_.equals(after_kill(disk_))) << "at revision " << model_.revision;
  }

  SimulatedDisk& disk_;
  BatchMaker batches_;
  Trouble trouble_;
  StoreModel model_;
  std::unique_ptr<Store> store_;
  int unknowns_ = 0;
};

// Lives with trouble at call 1, 2, ... until one passes without; the number of calls there were.
uint64_t each_call_in_turn(const std::function<bool(uint64_t call)>& life) {
  uint64_t call = 0;
  bool met = true;
  while (met && !testing::Test::HasFailure()) {
    call++;
    SCOPED_TRACE("seed and failing call " + std::to_string(call));
    met = life(call);
  }
  return call - 1;
}

struct FaultRow {
  const char* name;
  Fault fault;
  Lasts lasts;
};
void PrintTo(const FaultRow& row, std::ostream* out) { *out << row.name; }

class SqliteFault : public testing::TestWithParam<FaultRow> {};

TEST_P(SqliteFault, EveryCallInTurnLeavesAnHonestStore) {
  int unknowns = 0;
  const uint64_t calls = each_call_in_turn([&](uint64_t call) {
    SimulatedDisk disk(call);
    disk.fail_at(call, GetParam().fault, GetParam().lasts);
    Life life(disk, call, {[&] { return disk.fired(); }, [&] { disk.heal(); }});
    const bool met = life.run();
    unknowns += life.unknowns();
    return met;
  });
  EXPECT_GT(calls, 3u) << "the fault was hardly met";
  if (GetParam().fault == Fault::Full) {
    EXPECT_EQ(unknowns, 0) << "a full disk is a plain refusal";
  }
  if (GetParam().fault == Fault::SyncFails) {
    EXPECT_GT(unknowns, 0);
  }
}

constexpr FaultRow kFaults[] = {
    {"WriteNothingOnce", Fault::WriteNothing, Lasts::Once},
    {"WriteNothingUntilHealed", Fault::WriteNothing, Lasts::UntilHealed},
    {"WriteTornOnce", Fault::WriteTorn, Lasts::Once},
    {"WriteTornUntilHealed", Fault::WriteTorn, Lasts::UntilHealed},
    {"WriteLiesOnce", Fault::WriteLies, Lasts::Once},
    {"WriteLiesUntilHealed", Fault::WriteLies, Lasts::UntilHealed},
    {"FullOnce", Fault::Full, Lasts::Once},
    {"FullUntilHealed", Fault::Full, Lasts::UntilHealed},
    {"SyncFailsOnce", Fault::SyncFails, Lasts::Once},
    {"SyncFailsUntilHealed", Fault::SyncFails, Lasts::UntilHealed},
    {"TruncateFailsOnce", Fault::TruncateFails, Lasts::Once},
    {"TruncateFailsUntilHealed", Fault::TruncateFails, Lasts::UntilHealed},
    {"ReadFailsOnce", Fault::ReadFails, Lasts::Once},
    {"ReadFailsUntilHealed", Fault::ReadFails, Lasts::UntilHealed},
};
INSTANTIATE_TEST_SUITE_P(Disk, SqliteFault, testing::ValuesIn(kFaults),
                         [](const auto& row) { return row.param.name; });

// SQLite's allocator, which fails once, at the chosen allocation. SQLite is not in use when one of
// these is made or ends.
class FailingAllocator {
 public:
  explicit FailingAllocator(uint64_t allocation) {
    sqlite3_shutdown();
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &system_);
    sqlite3_mem_methods methods = system_;
    methods.xMalloc = [](int bytes) { return fails() ? nullptr : system_.xMalloc(bytes); };
    methods.xRealloc = [](void* old, int bytes) {
      return fails() ? nullptr : system_.xRealloc(old, bytes);
    };
    sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
    sqlite3_initialize();
    countdown_ = allocation;
  }
  ~FailingAllocator() {
    sqlite3_shutdown();
    sqlite3_config(SQLITE_CONFIG_MALLOC, &system_);
  }
  FailingAllocator(const FailingAllocator&) = delete;
  FailingAllocator& operator=(const FailingAllocator&) = delete;

  static bool fired() { return countdown_ == 0; }
  static void heal() {
    if (countdown_ > 0) countdown_ = UINT64_MAX;
  }

 private:
  static bool fails() { return countdown_ > 0 && --countdown_ == 0; }

  static inline sqlite3_mem_methods system_{};
  static inline uint64_t countdown_ = 0;
};

TEST(SqliteMemory, EveryAllocationInTurnFailsAndTheStoreGoesOn) {
  const uint64_t calls = each_call_in_turn([](uint64_t call) {
    const FailingAllocator allocator(call * 7);  // each of the 8,000 takes too long
    SimulatedDisk disk(call);
    return Life(disk, call, {&FailingAllocator::fired, &FailingAllocator::heal}).run();
  });
  EXPECT_GT(calls, 100u);
}

// The batches that were acknowledged before the power went, and the one in flight.
struct Cut {
  StoreModel acknowledged;
  StoreModel in_flight;
  bool met = false;
};

Cut live_until_the_power_goes(SimulatedDisk& disk, uint64_t seed) {
  Cut cut;
  auto store = open_on(disk);
  BatchMaker batches(seed);
  for (int i = 0; i < kBatches && store && !disk.fired(); i++) {
    const Batch batch = batches.next(cut.acknowledged.revision);
    cut.in_flight = cut.acknowledged;
    cut.in_flight.apply(batch);
    const CommitReport report = (*store)->commit(batch, cut.acknowledged.revision);
    if (report.outcome == Commit::Done) cut.acknowledged = cut.in_flight;
  }
  cut.met = disk.fired();
  return cut;
}

TEST(SqlitePowerCut, AtEveryCallKeepsWhatWasAcknowledgedAndNothingByHalves) {
  uint64_t call = 0;
  uint64_t kept_in_flight = 0;
  bool met = true;
  while (met && !HasFailure()) {
    call++;
    for (uint64_t draw = 1; draw <= 3; draw++) {  // different pending writes survive
      const uint64_t seed = call * 10 + draw;
      SCOPED_TRACE("seed " + std::to_string(seed) + ", power cut at call " + std::to_string(call));
      SimulatedDisk disk(seed);
      disk.fail_at(call, Fault::Power);
      const Cut cut = live_until_the_power_goes(disk, call);
      met = cut.met;
      disk.power_on();
      const StoreContents found = reopen(disk)->load().value();
      EXPECT_TRUE(cut.acknowledged.equals(found) || cut.in_flight.equals(found))
          << "acknowledged revision " << cut.acknowledged.revision << ", found " << found.revision;
      if (found.revision > cut.acknowledged.revision) kept_in_flight++;
    }
  }
  RecordProperty("calls", static_cast<int>(call - 1));
  EXPECT_GT(call, 50u);
  EXPECT_GT(kept_in_flight, 0u) << "no cut ever fell between the commit mark and its answer";
}

// A process that dies between writing and syncing leaves a commit in the log that the next one
// reads and reports: from then on a power cut must not take it back.
TEST(SqlitePowerCut, WhatLoadReportsAfterAKillIsDurable) {
  for (uint64_t call = 1; call <= 200; call++) {
    SCOPED_TRACE("seed " + std::to_string(call) + ", killed at call " + std::to_string(call));
    SimulatedDisk disk(call);
    disk.fail_at(call, Fault::Power);
    live_until_the_power_goes(disk, call);
    disk.heal();  // the process was killed; the disk still has its power
    auto store = reopen(disk);
    const Revision reported = store->load().value().revision;
    disk.fail_at(1, Fault::Power);
    store.reset();
    disk.power_on();
    EXPECT_EQ(reopen(disk)->load().value().revision, reported);
  }
}

// A failed sync is the last word that the kernel has on those pages: what load() reports after it
// must be written anew, and survive the next power cut.
TEST(SqlitePowerCut, WhatLoadReportsAfterAFailedSyncIsDurable) {
  int unknown = 0;
  for (uint64_t call = 1; call <= 60; call++) {
    SCOPED_TRACE("seed " + std::to_string(call) + ", failing sync " + std::to_string(call));
    SimulatedDisk disk(call);
    BatchMaker batches(call);
    disk.fail_at(call, Fault::SyncFails);
    auto store = open_on(disk);
    if (!store) continue;
    Revision revision = 0;
    for (int i = 0; i < kBatches; i++) {
      const Batch batch = batches.next(revision);
      if ((*store)->commit(batch, revision).outcome == Commit::Unknown) {
        unknown++;
        break;
      }
      revision = batch.journal.back().revision;
    }
    const Revision reported = (*store)->load().value().revision;
    disk.fail_at(1, Fault::Power);
    store->reset();
    disk.power_on();
    EXPECT_EQ(reopen(disk)->load().value().revision, reported);
  }
  EXPECT_GT(unknown, 5);
}

}  // namespace
}  // namespace isthmus
