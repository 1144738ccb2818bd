// What the store asks of SQLite: the statements, and how values get into them. Private to
// sqlite_store.cc.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace isthmus {

// A cached statement is rewound after each use, also after a failed one: until then it holds on to
// pages and to the transaction.
class Use {
 public:
  explicit Use(SQLite::Statement& statement) : statement_(statement) {}
  ~Use() { statement_.tryReset(); }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  SQLite::Statement& statement_;
};

inline int64_t sql(uint64_t value) { return static_cast<int64_t>(value); }

// Texts are not copied: they outlive the statement's use.
inline void bind(SQLite::Statement& statement, int index, const std::string& text) {
  statement.bindNoCopy(index, text);
}
inline void bind(SQLite::Statement& statement, int index, int64_t number) {
  statement.bind(index, number);
}
inline void bind(SQLite::Statement& statement, int index, const std::optional<std::string>& text) {
  if (text) {
    statement.bindNoCopy(index, *text);
  } else {
    statement.bind(index);  // NULL
  }
}

template <class... Values>
int run(SQLite::Statement& statement, const Values&... values) {
  const Use use(statement);
  int index = 0;
  (bind(statement, ++index, values), ...);
  return statement.exec();
}

// An open file with the statements that work on it; they go before the database does.
struct Connection {
  explicit Connection(std::unique_ptr<SQLite::Database> opened) : database(std::move(opened)) {}

  std::unique_ptr<SQLite::Database> database;
  SQLite::Statement begin{*database, "BEGIN IMMEDIATE"};
  SQLite::Statement commit{*database, "COMMIT"};
  SQLite::Statement rollback{*database, "ROLLBACK"};
  SQLite::Statement meta{*database, "SELECT identity, revision, journal_bytes FROM meta"};
  SQLite::Statement advance{*database, "UPDATE meta SET revision = ?, journal_bytes = ?"};
  SQLite::Statement records{*database, "SELECT key, document FROM resources ORDER BY key"};
  SQLite::Statement put{*database,
                        "INSERT INTO resources VALUES (?, ?)"
                        " ON CONFLICT (key) DO UPDATE SET document = excluded.document"};
  SQLite::Statement erase{*database, "DELETE FROM resources WHERE key = ?"};
  SQLite::Statement note{*database, "INSERT INTO journal VALUES (?, ?, ?, ?, ?)"};
  SQLite::Statement next{*database,
                         "SELECT revision, time_ms, who, what FROM journal WHERE revision > ?"
                         " ORDER BY revision LIMIT ?"};
  SQLite::Statement oldest{
      *database, "SELECT revision, time_ms, bytes FROM journal ORDER BY revision LIMIT ?"};
  SQLite::Statement cut{*database, "DELETE FROM journal WHERE revision <= ?"};
  SQLite::Statement found{*database, "INSERT INTO undo VALUES (?, ?, ?)"};
  SQLite::Statement cut_undo{*database, "DELETE FROM undo WHERE revision <= ?"};
  SQLite::Statement advance_undo{*database, "UPDATE meta SET undo_from = max(undo_from, ?)"};
  SQLite::Statement undo_from{*database, "SELECT undo_from FROM meta"};
  // Of the columns beside min(), SQLite gives those of the row that has the least.
  SQLite::Statement undo{*database,
                         "SELECT key, document, min(revision) FROM undo WHERE revision > ?"
                         " GROUP BY key"};
};

}  // namespace isthmus
