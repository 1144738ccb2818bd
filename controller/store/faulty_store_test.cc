#include "controller/store/faulty_store.h"

#include <gtest/gtest.h>

#include "controller/store/sqlite_store.h"

namespace isthmus {
namespace {

Batch put(Revision revision) {
  return {{{"key", std::to_string(revision)}}, {{revision, 0, "tester", "{}"}}};
}

FaultyStore faulty(std::vector<Fate> fates) {
  return {open_sqlite_store(":memory:").value(), script_of(std::move(fates))};
}

TEST(FaultyStore, EachFateIsAnsweredAndHappensAsItSays) {
  struct Row {
    Fate fate;
    Commit outcome;
    Revision revision;  // of what is stored afterwards
  };
  const Row rows[] = {
      {Fate::Done, Commit::Done, 1},
      {Fate::NotDone, Commit::NotDone, 0},
      {Fate::UnknownHappened, Commit::Unknown, 1},
      {Fate::UnknownLost, Commit::Unknown, 0},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(static_cast<int>(row.fate));
    FaultyStore store = faulty({row.fate});
    EXPECT_EQ(store.commit(put(1), 0).outcome, row.outcome);
    EXPECT_EQ(store.load().value().revision, row.revision);
    EXPECT_EQ(store.commit(put(row.revision + 1), row.revision).outcome, Commit::Done);
  }
}

TEST(FaultyStore, AfterUnknownOnlyLoadHelps) {
  FaultyStore store = faulty({Fate::UnknownHappened});
  store.commit(put(1), 0);
  EXPECT_EQ(store.commit(put(2), 1).outcome, Commit::NotDone);
  store.refuse_reads(2);
  EXPECT_EQ(store.load().error().code, ErrorCode::StorageUnavailable);
  EXPECT_FALSE(store.journal(0, 1).has_value());
  EXPECT_EQ(store.commit(put(2), 1).outcome, Commit::NotDone);
  EXPECT_TRUE(store.load().has_value());
  EXPECT_EQ(store.commit(put(2), 1).outcome, Commit::Done);
  EXPECT_EQ(store.commits(), 2u);
}

TEST(FaultyStore, ABatchThatTheWrappedStoreRefusesIsRefused) {
  FaultyStore store = faulty({Fate::UnknownHappened});
  EXPECT_EQ(store.commit(put(5), 4).outcome, Commit::NotDone);
  EXPECT_EQ(store.inner().load().value().revision, 0u);
}

}  // namespace
}  // namespace isthmus
