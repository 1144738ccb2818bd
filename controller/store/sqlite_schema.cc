#include "controller/store/sqlite_schema.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <string>

#include "controller/store/store_point.h"

namespace isthmus {
namespace {

// meta has one row. `bytes` is what an entry counts for the limit on the journal's size; it stands
// before the texts so that the compaction reads it without reading them. `undo` has what each
// change found, without a document where there was nothing; it is whole after `undo_from`.
constexpr const char* kCreate = R"(
  CREATE TABLE meta (
    identity TEXT NOT NULL,
    revision INTEGER NOT NULL,
    journal_bytes INTEGER NOT NULL,
    undo_from INTEGER NOT NULL);
  CREATE TABLE resources (
    key TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE journal (
    revision INTEGER NOT NULL PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL);
  CREATE TABLE undo (
    revision INTEGER NOT NULL,
    key TEXT NOT NULL,
    document TEXT,
    PRIMARY KEY (revision, key)) WITHOUT ROWID;
)";

constexpr Migration kMigrations[] = {
    {.from = 1, .sql = R"(
      ALTER TABLE meta ADD COLUMN undo_from INTEGER NOT NULL DEFAULT 0;
      UPDATE meta SET undo_from = revision;
      CREATE TABLE undo (
        revision INTEGER NOT NULL,
        key TEXT NOT NULL,
        document TEXT,
        PRIMARY KEY (revision, key)) WITHOUT ROWID;
    )"},
};

int number(SQLite::Database& database, const char* query) {
  return database.execAndGet(query).getInt();
}

void set_version(SQLite::Database& database, int version) {
  database.exec("PRAGMA user_version = " + std::to_string(version));
}

}  // namespace

// A change of the tables adds a row to the migrations and one to the version; the create statement
// always describes the newest. Version 1 had no undo.
const Schema& present_schema() {
  static constexpr Schema kPresent{.version = 2, .create = kCreate, .migrations = kMigrations};
  return kPresent;
}

FileContent recognise(SQLite::Database& database) {
  if (number(database, "PRAGMA application_id") == kApplicationId) return FileContent::State;
  const bool empty = number(database, "SELECT count(*) FROM sqlite_master") == 0;
  return empty ? FileContent::Empty : FileContent::Foreign;
}

int schema_version(SQLite::Database& database) { return number(database, "PRAGMA user_version"); }

void create(SQLite::Database& database, const Schema& schema, const std::string& identity) {
  SQLite::Transaction transaction(database);
  database.exec(schema.create);
  pass(Failpoint::StoreTablesMade);
  SQLite::Statement first(database, "INSERT INTO meta VALUES (?, 0, 0, 0)");
  first.bind(1, identity);
  first.exec();
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  set_version(database, schema.version);
  pass(Failpoint::StoreBeforeCreated);
  transaction.commit();
}

void migrate(SQLite::Database& database, const Schema& schema) {
  SQLite::Transaction transaction(database);
  int version = schema_version(database);
  for (const Migration& step : schema.migrations) {
    if (step.from != version) continue;
    pass(Failpoint::StoreMigrating);
    database.exec(step.sql);
    pass(Failpoint::StoreMigrated);
    version++;
  }
  set_version(database, version);
  pass(Failpoint::StoreBeforeMigrationDone);
  transaction.commit();
  pass(Failpoint::StoreAfterMigrationDone);
}

}  // namespace isthmus
