// The journal is cut while it grows: what is left of it is whole, and so is everything else.
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>

#include "controller/store/sqlite_store.h"
#include "tests/support/store_model.h"
#include "tests/support/temporary_folder.h"

namespace isthmus {
namespace {

using Records = std::map<std::string, std::string>;

// A store that is written to, with what it should hold and what every revision held.
class Journalled {
 public:
  Journalled(std::string path, SqliteOptions options, uint64_t seed)
      : path_(std::move(path)), options_(std::move(options)), batches_(seed, 1500) {
    held_[0] = {};
    reopen();
  }

  void reopen() {
    store_.reset();
    store_ = open_sqlite_store(path_, options_).value();
  }

  void use(SqliteOptions options) {
    options_ = std::move(options);
    reopen();
  }

  void write() {
    const Batch batch = model_.undoable(batches_.next(model_.revision));
    ASSERT_EQ(store_->commit(batch, model_.revision).outcome, Commit::Done);
    model_.apply(batch);
    held_[model_.revision] = model_.records;
  }

  // The journal from its oldest entry on, after any revision, is without a gap; the way back leads
  // to each revision that it reaches, and to no other.
  void check() {
    ASSERT_TRUE(model_.equals(store_->load().value()));
    const std::vector<JournalEntry> kept = store_->journal(0, 1'000'000).value();
    ASSERT_TRUE(model_.ends_with(kept));
    ASSERT_FALSE(kept.empty()) << "the newest entry is always there";
    const Revision reach = kept.front().revision - 1;
    for (const auto& [to, records] : held_) {
      const auto undo = store_->undo(to);
      ASSERT_EQ(undo.has_value(), to >= reach)
          << "to " << to << ", the journal begins at " << reach;
      if (undo) {
        EXPECT_EQ(undone(model_.records, *undo), records) << "back to " << to;
      } else {
        EXPECT_EQ(undo.error().code, ErrorCode::RevisionNotKept);
      }
    }
  }

  size_t kept() { return store_->journal(0, 1'000'000).value().size(); }
  Revision revision() const { return model_.revision; }

 private:
  const std::string path_;
  SqliteOptions options_;
  BatchMaker batches_;
  StoreModel model_;
  std::map<Revision, Records> held_;  // where batches end: between, nothing is defined
  std::unique_ptr<Store> store_;
};

struct LimitRow {
  const char* name;
  SqliteOptions options;
};
void PrintTo(const LimitRow& row, std::ostream* out) { *out << row.name; }

class SqliteCompaction : public testing::TestWithParam<LimitRow> {};

TEST_P(SqliteCompaction, LeavesAWholeJournalAndTheWayBackAsFarAsItReaches) {
  for (uint64_t seed = 1; seed <= 3; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TemporaryFolder folder;
    std::mt19937_64 random(seed);
    Journalled store(folder.file("state.db"), GetParam().options, seed);
    for (int step = 0; step < 60 && !HasFatalFailure(); step++) {
      store.write();
      if (random() % 8 == 0) store.reopen();
      if (random() % 4 == 0) store.check();
    }
    store.check();
    EXPECT_LT(store.kept(), store.revision()) << "nothing was ever cut";
  }
}

// Each limit by itself, and all of them.
INSTANTIATE_TEST_SUITE_P(
    Limits, SqliteCompaction,
    testing::Values(LimitRow{"Entries", {.journal_entries_max = 7, .checkpoint_pages = 6}},
                    LimitRow{"One", {.journal_entries_max = 1}},
                    LimitRow{"Bytes", {.journal_bytes_max = 20'000}},
                    LimitRow{"Age", {.journal_age_max = std::chrono::seconds(5)}},
                    LimitRow{"All",
                             {.journal_entries_max = 20,
                              .journal_bytes_max = 30'000,
                              .journal_age_max = std::chrono::seconds(8)}}),
    [](const auto& row) { return row.param.name; });

// A limit that becomes smaller is reached in steps; the journal is whole at each of them.
TEST(SqliteCompactionSteps, AJournalThatShrinksToANewLimitIsWholeAllTheWay) {
  const TemporaryFolder folder;
  Journalled store(folder.file("state.db"), {}, 9);
  for (int step = 0; step < 60; step++) store.write();
  store.use({.journal_entries_max = 5});
  size_t before = store.kept();
  while (before > 5 && !HasFatalFailure()) {
    store.write();
    store.check();
    const size_t now = store.kept();
    ASSERT_LT(now, before) << "it never gets there";
    before = now;
  }
}

}  // namespace
}  // namespace isthmus
