#include "controller/store/sqlite_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <random>

#include "tests/support/store_model.h"
#include "tests/support/temporary_folder.h"

namespace isthmus {
namespace {

std::unique_ptr<Store> opened(const std::string& path, const SqliteOptions& options = {}) {
  auto store = open_sqlite_store(path, options);
  if (!store) throw std::runtime_error(store.error().text());
  return std::move(*store);
}

JournalEntry entry(Revision revision, int64_t time_ms = 0, std::string what = "{}") {
  return {revision, time_ms, "tester", std::move(what)};
}

Batch put(Revision revision, std::string key, std::string document) {
  return {{{std::move(key), std::move(document)}}, {entry(revision)}};
}

std::vector<Revision> revisions(Store& store, Revision after = 0, size_t limit = 1'000'000) {
  const std::vector<JournalEntry> entries = store.journal(after, limit).value();
  std::vector<Revision> found;
  found.reserve(entries.size());
  for (const JournalEntry& one : entries) found.push_back(one.revision);
  return found;
}

TEST(SqliteStore, IsEmptyAtFirst) {
  const auto store = opened(":memory:");
  const StoreContents contents = store->load().value();
  EXPECT_EQ(contents.revision, 0u);
  EXPECT_TRUE(contents.records.empty());
  EXPECT_EQ(contents.identity.size(), 36u) << contents.identity;
}

TEST(SqliteStore, KeepsRecordsRevisionAndIdentityAcrossAReopen) {
  const TemporaryFolder folder;
  std::string identity;
  {
    const auto store = opened(folder.file("state.db"));
    identity = store->load().value().identity;
    EXPECT_EQ(store->commit(put(1, "a", "first"), 0).outcome, Commit::Done);
    EXPECT_EQ(store->commit(put(2, "b", "second"), 1).outcome, Commit::Done);
  }
  const StoreContents contents = opened(folder.file("state.db"))->load().value();
  EXPECT_EQ(contents.identity, identity);
  EXPECT_EQ(contents.revision, 2u);
  ASSERT_EQ(contents.records.size(), 2u);
  EXPECT_EQ(contents.records[0].key, "a");
  EXPECT_EQ(contents.records[1].document, "second");
}

TEST(SqliteStore, KeepsBytesAsTheyAre) {
  const auto store = opened(":memory:");
  constexpr char kOdd[] = "null \0 quote ' \xff and \xc3\xa9";
  const std::string odd(kOdd, sizeof kOdd - 1);
  ASSERT_EQ(store->commit(put(1, odd, odd), 0).outcome, Commit::Done);
  const Record record = store->load().value().records.at(0);
  EXPECT_EQ(record.key, odd);
  EXPECT_EQ(record.document, odd);
}

TEST(SqliteStore, TakesTheIdentityItIsGiven) {
  const auto store = opened(":memory:", {.identity = "the one"});
  EXPECT_EQ(store->load().value().identity, "the one");
}

TEST(SqliteStore, TwoStoresDifferInIdentity) {
  EXPECT_NE(opened(":memory:")->load().value().identity,
            opened(":memory:")->load().value().identity);
}

TEST(SqliteStore, DeletesAndReplaces) {
  const auto store = opened(":memory:");
  store->commit({{{"a", "1"}, {"b", "1"}}, {entry(1)}}, 0);
  store->commit({{{"a", std::nullopt}, {"b", "2"}, {"never there", std::nullopt}}, {entry(2)}}, 1);
  const StoreContents contents = store->load().value();
  ASSERT_EQ(contents.records.size(), 1u);
  EXPECT_EQ(contents.records[0].document, "2");
}

TEST(SqliteStore, ABatchOfSeveralChangesEndsAtItsLastRevision) {
  const auto store = opened(":memory:");
  ASSERT_EQ(store->commit({{{"a", "1"}}, {entry(1), entry(2), entry(3)}}, 0).outcome, Commit::Done);
  EXPECT_EQ(store->load().value().revision, 3u);
  EXPECT_EQ(revisions(*store), (std::vector<Revision>{1, 2, 3}));
}

TEST(SqliteStore, AnotherRevisionThanExpectedIsNotDoneAndSaysWhy) {
  const auto store = opened(":memory:");
  store->commit(put(1, "a", "1"), 0);
  const CommitReport report = store->commit(put(6, "a", "2"), 5);
  EXPECT_EQ(report.outcome, Commit::NotDone);
  EXPECT_EQ(report.reason, "the store is at revision 1, not at 5");
  EXPECT_EQ(store->load().value().records[0].document, "1");
  EXPECT_EQ(store->commit(put(2, "a", "2"), 1).outcome, Commit::Done);
}

TEST(SqliteStore, AMalformedBatchIsNotDone) {
  const auto store = opened(":memory:");
  const Batch cases[] = {
      {{{"a", "1"}}, {}},
      {{{"a", "1"}}, {entry(2)}},
      {{{"a", "1"}}, {entry(1), entry(1)}},
      {{{"a", "1"}}, {entry(1), entry(3), entry(2)}},
  };
  for (const Batch& batch : cases) {
    const CommitReport report = store->commit(batch, 0);
    EXPECT_EQ(report.outcome, Commit::NotDone) << batch.journal.size();
    EXPECT_FALSE(report.reason.empty());
  }
  EXPECT_TRUE(store->load().value().records.empty());
}

TEST(SqliteStore, TheJournalGivesTheNextAfterARevision) {
  const auto store = opened(":memory:");
  for (Revision revision = 1; revision <= 10; revision++) {
    store->commit(put(revision, "a", std::to_string(revision)), revision - 1);
  }
  EXPECT_EQ(revisions(*store, 0, 3), (std::vector<Revision>{1, 2, 3}));
  EXPECT_EQ(revisions(*store, 7), (std::vector<Revision>{8, 9, 10}));
  EXPECT_EQ(revisions(*store, 9, 1), (std::vector<Revision>{10}));
  EXPECT_TRUE(revisions(*store, 10).empty());
  EXPECT_TRUE(revisions(*store, 0, 0).empty());
}

// Law: what undo() gives, written over the records, is the records as they were.
TEST(SqliteStore, UndoGivesWhatEveryRevisionHeld) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    const auto store = opened(":memory:");
    std::mt19937_64 random(seed);
    std::vector<std::map<std::string, std::string>> held(1);
    for (Revision revision = 1; revision <= 60; ++revision) {
      std::map<std::string, std::string> records = held.back();
      Batch batch{{}, {entry(revision)}};
      for (uint64_t i = 0; i <= random() % 4; ++i) {
        const std::string key = "key-" + std::to_string(random() % 8 * 5 + i);
        const auto was = records.find(key);
        batch.journal[0].before.push_back(
            {key, was == records.end() ? std::nullopt : std::optional(was->second)});
        const bool goes = random() % 4 == 0;
        if (goes) records.erase(key);
        if (!goes) records[key] = std::to_string(revision);
        batch.changes.push_back({key, goes ? std::nullopt : std::optional(records[key])});
      }
      ASSERT_EQ(store->commit(batch, revision - 1).outcome, Commit::Done);
      held.push_back(std::move(records));
    }
    for (Revision to = 0; to < held.size(); ++to) {
      std::map<std::string, std::string> records = held.back();
      const auto undone = store->undo(to);
      ASSERT_TRUE(undone) << undone.error().text();
      for (const RecordChange& record : *undone) {
        if (record.document) records[record.key] = *record.document;
        if (!record.document) records.erase(record.key);
      }
      EXPECT_EQ(records, held[to]) << "revision " << to;
    }
  }
}

TEST(SqliteStore, UndoReachesAsFarBackAsTheJournal) {
  const auto store = opened(":memory:", {.journal_entries_max = 5});
  for (Revision revision = 1; revision <= 20; revision++)
    store->commit(put(revision, "a", "x"), revision - 1);
  EXPECT_TRUE(store->undo(15).has_value());
  const auto refused = store->undo(14);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::RevisionNotKept);
  EXPECT_EQ(refused.error().message, "The journal reaches back to revision 15, not to 14.");
}

TEST(SqliteStore, TheJournalKeepsNoMoreEntriesThanItsLimit) {
  const auto store = opened(":memory:", {.journal_entries_max = 5});
  for (Revision revision = 1; revision <= 20; revision++) {
    store->commit(put(revision, "a", "x"), revision - 1);
    EXPECT_LE(revisions(*store).size(), 5u);
  }
  EXPECT_EQ(revisions(*store), (std::vector<Revision>{16, 17, 18, 19, 20}));
}

TEST(SqliteStore, TheJournalForgetsWhatIsTooOld) {
  const auto store = opened(":memory:", {.journal_age_max = std::chrono::milliseconds(100)});
  store->commit({{{"a", "1"}}, {entry(1, 1000)}}, 0);
  store->commit({{{"a", "2"}}, {entry(2, 1100)}}, 1);
  EXPECT_EQ(revisions(*store), (std::vector<Revision>{1, 2}));
  store->commit({{{"a", "3"}}, {entry(3, 1101)}}, 2);
  EXPECT_EQ(revisions(*store), (std::vector<Revision>{2, 3}));
}

TEST(SqliteStore, TheJournalKeepsNoMoreBytesThanItsLimit) {
  const TemporaryFolder folder;
  const SqliteOptions options{.journal_bytes_max = 10'000};
  const std::string kilobyte(1000, 'j');
  for (Revision revision = 1; revision <= 30; revision++) {  // the count survives each reopen
    const auto store = opened(folder.file("state.db"), options);
    ASSERT_EQ(store->commit({{{"a", "x"}}, {entry(revision, 0, kilobyte)}}, revision - 1).outcome,
              Commit::Done);
  }
  const size_t kept = revisions(*opened(folder.file("state.db"), options)).size();
  EXPECT_GE(kept, 8u);
  EXPECT_LE(kept, 10u);
}

TEST(SqliteStore, ASmallerLimitIsReachedInSteps) {
  const TemporaryFolder folder;
  Batch first{{{"a", "1"}}, {}};
  for (Revision revision = 1; revision <= 1000; revision++)
    first.journal.push_back(entry(revision));
  ASSERT_EQ(opened(folder.file("state.db"))->commit(first, 0).outcome, Commit::Done);

  const auto store = opened(folder.file("state.db"), {.journal_entries_max = 10});
  size_t before = 1000;
  Revision revision = 1000;
  while (before > 10) {
    ASSERT_EQ(store->commit(put(revision + 1, "a", "x"), revision).outcome, Commit::Done);
    revision++;
    const size_t now = revisions(*store).size();
    EXPECT_LT(now, before);
    EXPECT_GE(now + 10, before) << "one commit cut too much";
    before = now;
  }
  EXPECT_EQ(revisions(*store).size(), 10u);
}

TEST(SqliteStore, TheFileAndItsLogStayBounded) {
  const TemporaryFolder folder;
  const SqliteOptions options{.journal_entries_max = 50, .checkpoint_pages = 50};
  const auto store = opened(folder.file("state.db"), options);
  const std::string document(20'000, 'd');
  for (Revision revision = 1; revision <= 300; revision++) {  // 6 MB through a store of 400 KB
    const Batch batch = put(revision, std::to_string(revision % 20), document);
    ASSERT_EQ(store->commit(batch, revision - 1).outcome, Commit::Done);
  }
  EXPECT_LT(std::filesystem::file_size(folder.file("state.db")), 1u << 20);
  EXPECT_LT(std::filesystem::file_size(folder.file("state.db-wal")), 1u << 20);
}

TEST(SqliteStore, EqualsAMapUnderRandomBatchesAndReopens) {
  for (uint64_t seed = 1; seed <= 5; seed++) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const TemporaryFolder folder;
    const SqliteOptions options{.checkpoint_pages = 10};
    std::mt19937_64 random(seed);
    BatchMaker batches(seed);
    StoreModel model;
    auto store = opened(folder.file("state.db"), options);
    for (int step = 0; step < 100; step++) {
      const bool stale = random() % 10 == 0;
      const Batch batch = batches.next(model.revision + (stale ? 1 : 0));
      const CommitReport report = store->commit(batch, model.revision + (stale ? 1 : 0));
      ASSERT_EQ(report.outcome, stale ? Commit::NotDone : Commit::Done) << report.reason;
      if (!stale) model.apply(batch);
      if (random() % 10 == 0) {
        store.reset();
        store = opened(folder.file("state.db"), options);
      }
      if (random() % 5 == 0) {
        ASSERT_TRUE(model.equals(store->load().value())) << "step " << step;
      }
    }
    EXPECT_TRUE(model.equals(store->load().value()));
    EXPECT_TRUE(model.equals(store->journal(0, 1'000'000).value()));
  }
}

}  // namespace
}  // namespace isthmus
