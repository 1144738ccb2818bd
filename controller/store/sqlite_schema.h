// What is in a state file, how a file tells that it is one, and how an older one becomes a present
// one. Functions throw SQLite::Exception; sqlite_file.cc is their only caller besides tests.
#pragma once

#include <span>
#include <string>

namespace SQLite {
class Database;
}

namespace isthmus {

// In the header of every state file ("Isth"), where file(1) and other programs look for it.
constexpr int kApplicationId = 0x49737468;

struct Migration {
  int from;  // brings a file of this version to the next
  const char* sql;
};

struct Schema {
  int version;         // SQLite's user_version
  const char* create;  // the tables of an empty file
  std::span<const Migration> migrations;
};

const Schema& present_schema();

enum class FileContent { Empty, State, Foreign };
FileContent recognise(SQLite::Database& database);  // changes nothing
int schema_version(SQLite::Database& database);

// Both are one transaction: a crash leaves the file as it was or as it should be.
void create(SQLite::Database& database, const Schema& schema, const std::string& identity);
void migrate(SQLite::Database& database, const Schema& schema);

}  // namespace isthmus
