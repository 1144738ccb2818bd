// Makes a path into a database that this process may write: created or found, claimed against every
// other process, recognised as a state file, and of the schema that is asked for.
#pragma once

#include <memory>
#include <string>

#include "controller/base/error.h"
#include "controller/store/sqlite_schema.h"
#include "controller/store/sqlite_store.h"

namespace isthmus {

constexpr const char* kMemoryPath = ":memory:";

// A file that is refused is left as it was. A file of an older schema is first copied beside
// itself, as PATH.schemaN.backup.
Result<std::unique_ptr<SQLite::Database>> open_state_file(const std::string& path,
                                                          const SqliteOptions& options,
                                                          const Schema& schema = present_schema());

// A failure of SQLite in words that name the file and, where there is one, the remedy. `code` is a
// result code of SQLite, `detail` its own message.
Error storage_error(const std::string& path, int code, const std::string& detail);

}  // namespace isthmus
