// A state file as isthmusd 0.1 wrote it, before it could go back.
#pragma once

#include <SQLiteCpp/Database.h>

#include <string>

#include "controller/store/sqlite_schema.h"
#include "tests/support/store_model.h"

namespace isthmus {

// Returns what it holds.
inline StoreModel make_older_state_file(const std::string& path) {
  SQLite::Database old(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  old.exec(R"(
    CREATE TABLE meta (identity TEXT NOT NULL, revision INTEGER NOT NULL,
                       journal_bytes INTEGER NOT NULL);
    CREATE TABLE resources (key TEXT NOT NULL PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE journal (revision INTEGER NOT NULL PRIMARY KEY, time_ms INTEGER NOT NULL,
                          bytes INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL);
    INSERT INTO meta VALUES ('3f2504e0-4f89-41d3-9a0c-0305e82c3301', 2, 60);
    INSERT INTO resources VALUES ('a', 'second');
    INSERT INTO journal VALUES (1, 1000, 30, 'x', '[]'), (2, 2000, 30, 'x', '[]');
    PRAGMA user_version = 1;
  )");
  old.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  return {.records = {{"a", "second"}},
          .journal = {{1, 1000, "x", "[]"}, {2, 2000, "x", "[]"}},
          .revision = 2};
}

}  // namespace isthmus
