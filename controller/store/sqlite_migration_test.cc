// An older state file becomes a present one, or stays what it was.
#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "controller/base/failpoint.h"
#include "controller/store/sqlite_file.h"
#include "controller/store/sqlite_store.h"
#include "tests/support/older_state_file.h"
#include "tests/support/temporary_folder.h"

namespace isthmus {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// An artificial history of three schemas, of which the first is on the disk.
constexpr Migration kMigrations[] = {
    {1, "ALTER TABLE notes ADD COLUMN author TEXT NOT NULL DEFAULT 'unknown'"},
    {2, "CREATE TABLE tags (name TEXT); INSERT INTO tags SELECT text FROM notes"},
};
constexpr Schema kFirst{.version = 1,
                        .create =
                            "CREATE TABLE meta (identity, revision, journal_bytes, undo_from);"
                            "CREATE TABLE notes (text TEXT)",
                        .migrations = {}};
constexpr Schema kThird{.version = 3, .create = "", .migrations = kMigrations};

int number(SQLite::Database& database, const char* query) {
  return database.execAndGet(query).getInt();
}

TEST(SqliteMigration, AnOlderFileIsCopiedAndThenBroughtToThePresent) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  open_state_file(path, {}, kFirst).value()->exec("INSERT INTO notes VALUES ('kept')");
  {
    const auto third = open_state_file(path, {}, kThird).value();
    EXPECT_EQ(schema_version(*third), 3);
    EXPECT_EQ(number(*third, "SELECT count(*) FROM notes WHERE author = 'unknown'"), 1);
    EXPECT_EQ(number(*third, "SELECT count(*) FROM tags WHERE name = 'kept'"), 1);
  }
  const std::string backup = path + ".schema1.backup";
  EXPECT_EQ(fs::status(backup).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const auto first = open_state_file(backup, {}, kFirst).value();
  EXPECT_EQ(number(*first, "SELECT count(*) FROM notes WHERE text = 'kept'"), 1);
}

TEST(SqliteMigration, OneThatFailsLeavesTheFileAsItWasAndCanBeRepeated) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  open_state_file(path, {}, kFirst).value()->exec("INSERT INTO notes VALUES ('kept')");
  static constexpr Migration kBroken[] = {kMigrations[0], {2, "INSERT INTO nowhere VALUES (1)"}};
  const Schema broken{.version = 3, .create = "", .migrations = kBroken};
  for (int attempt = 0; attempt < 2; attempt++) {
    const auto failed = open_state_file(path, {}, broken);
    ASSERT_FALSE(failed.has_value());
    EXPECT_THAT(failed.error().message, HasSubstr("no such table: nowhere"));
  }
  const auto third = open_state_file(path, {}, kThird).value();
  EXPECT_EQ(number(*third, "SELECT count(*) FROM tags"), 1);
}

TEST(SqliteMigration, AFileOfTheFirstVersionIsReadAndGoesOn) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  make_older_state_file(path);
  const auto store = open_sqlite_store(path).value();
  EXPECT_EQ(store->load().value().records.at(0).document, "second");
  EXPECT_EQ(store->journal(0, 10).value().size(), 2u);
  EXPECT_EQ(store->undo(1).error().message, "The journal reaches back to revision 2, not to 1.");
  Batch batch{{{"a", "third"}}, {{3, 3000, "x", "[]", {{"a", "second"}}}}};
  ASSERT_EQ(store->commit(batch, 2).outcome, Commit::Done);
  EXPECT_EQ(store->undo(2).value().at(0).document, "second");
}

// What a process that opens the file leaves behind when it is killed at a point.
void open_and_crash(const std::string& path, const std::string& rules, const Schema& schema) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool armed = arm_failpoints(rules).has_value();
    const bool opened = armed && open_state_file(path, {}, schema).has_value();
    ::_exit(opened ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
      << rules << " was not met: " << status;
}

struct MigrationCrash {
  const char* rules;
  int version;  // of the file that is left
};

// Two steps: a crash between them must not leave the first by itself.
TEST(SqliteMigration, ACrashAtEveryPointLeavesTheOldFileOrTheNewOne) {
  if (!has_failpoints()) GTEST_SKIP() << "built without failpoints";
  constexpr MigrationCrash kCrashes[] = {
      {"store.before_backup=crash", 1},         {"store.backed_up=crash", 1},
      {"store.migrating=crash@1", 1},           {"store.migrated=crash@1", 1},
      {"store.migrating=crash@2", 1},           {"store.migrated=crash@2", 1},
      {"store.before_migration_done=crash", 1}, {"store.after_migration_done=crash", 3},
  };
  for (const MigrationCrash& row : kCrashes) {
    SCOPED_TRACE(row.rules);
    const TemporaryFolder folder;
    const std::string path = folder.file("state.db");
    open_state_file(path, {}, kFirst).value()->exec("INSERT INTO notes VALUES ('kept')");
    open_and_crash(path, row.rules, kThird);
    {
      SQLite::Database left(path, SQLite::OPEN_READWRITE);
      EXPECT_EQ(schema_version(left), row.version);
      EXPECT_EQ(number(left, "SELECT count(*) FROM pragma_table_info('notes')"),
                row.version == 1 ? 1 : 2);
      EXPECT_EQ(number(left, "SELECT count(*) FROM sqlite_master WHERE name = 'tags'"),
                row.version == 1 ? 0 : 1);
    }
    if (row.version == 1) {
      EXPECT_TRUE(open_state_file(path, {}, kFirst).has_value()) << "the older isthmusd goes on";
    }
    for (int open = 0; open < 2; open++) {
      const auto third = open_state_file(path, {}, kThird);
      ASSERT_TRUE(third.has_value()) << third.error().text();
      EXPECT_EQ(number(**third, "SELECT count(*) FROM tags WHERE name = 'kept'"), 1);
    }
    const auto backup = open_state_file(path + ".schema1.backup", {}, kFirst).value();
    EXPECT_EQ(number(*backup, "SELECT count(*) FROM notes WHERE text = 'kept'"), 1);
  }
}

TEST(SqliteMigration, APresentFileIsNotCopied) {
  const TemporaryFolder folder;
  const std::string path = folder.file("state.db");
  for (int i = 0; i < 2; i++) ASSERT_TRUE(open_sqlite_store(path).has_value());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace isthmus
