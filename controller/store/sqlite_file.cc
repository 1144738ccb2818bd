#include "controller/store/sqlite_file.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

#include "controller/store/store_point.h"

namespace isthmus {
namespace {

namespace fs = std::filesystem;

// Long enough for a killed daemon to be gone and for two that start at once to sort it out, short
// enough that a refusal feels prompt.
constexpr int kBusyTimeoutMs = 1000;

// SQLite keeps a log of this size and overwrites it, which is faster than to let it grow anew; what
// a large transaction added beyond it is given back.
constexpr int kLogBytesKept = 8 << 20;

constexpr const char* kOtherFile = "Choose another file with --state.";

struct Wording {
  int code;  // of SQLite, without the extension
  const char* message;
  const char* remedy;
};
constexpr Wording kWordings[] = {
    {SQLITE_BUSY, "is in use by another process, most likely another isthmusd",
     "Stop that one, or choose another file with --state."},
    {SQLITE_NOTADB, "is not a state file of isthmusd", kOtherFile},
    {SQLITE_CORRUPT, "is damaged", "Restore a backup of it, or choose another file with --state."},
    {SQLITE_CANTOPEN, "cannot be opened",
     "Make sure that it is a file in a folder where this user may write."},
    {SQLITE_PERM, "may not be used", "Make sure that this user may read and write it."},
    {SQLITE_READONLY, "cannot be written",
     "Make sure that this user may write the file and its folder."},
    {SQLITE_FULL, "has no room to grow", "Free space on its disk."},
};
constexpr Wording kOtherFailure{SQLITE_ERROR, "cannot be used", "Check the disk it is on."};

const Wording& wording(int code) {
  for (const Wording& row : kWordings) {
    if (row.code == (code & 0xff)) return row;
  }
  return kOtherFailure;
}

Error refusal(const std::string& path, const std::string& message, const std::string& remedy) {
  return Error{
      ErrorCode::StorageUnavailable, "", fmt::format("'{}' {}.", path, message), remedy, {}};
}

Error no_access(const std::string& path, int error_number) {
  return refusal(path,
                 fmt::format("cannot be opened: {}", std::generic_category().message(error_number)),
                 wording(SQLITE_CANTOPEN).remedy);
}

// A file is as durable as the entry in its folder.
void sync_path(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

// Creates an empty file that only its owner reads; what is there stays. A file that exists is not
// even opened: closing it would drop the locks that a store of this process may hold on it (fcntl's
// rule). SQLite gives its log the mode of the file.
int create_private(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return errno == EEXIST ? 0 : errno;
  ::close(descriptor);
  sync_path(fs::path(path).parent_path());
  return 0;
}

std::optional<Error> prepare(const std::string& path) {
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  fs::create_directories(folder, error);
  if (error) return no_access(folder.string(), error.value());
  sync_path(folder.parent_path());
  if (const int number = create_private(path)) return no_access(path, number);
  // SQLite opens what it may not write for reading, without a word.
  const bool usable = ::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0;
  return usable ? std::nullopt : std::optional(no_access(path, errno));
}

// Debian's SQLite reads a name that begins with "file:" as a URI; an absolute path never does.
std::string file_name(const std::string& path, const SqliteOptions& options) {
  if (path == kMemoryPath || !options.vfs.empty()) return path;
  std::error_code error;
  const fs::path absolute = fs::absolute(path, error);
  return error ? path : absolute.string();
}

bool on_this_file_system(const std::string& path, const SqliteOptions& options) {
  return path != kMemoryPath && options.vfs.empty();
}

// The first access takes the lock and, in exclusive mode, nothing gives it back before the end.
// Nothing is written: the file may turn out to be somebody else's.
std::optional<Error> claim(SQLite::Database& database, const std::string& path, int version) {
  database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  const FileContent content = recognise(database);
  const int found = schema_version(database);
  database.exec("ROLLBACK");
  if (content == FileContent::Foreign) {
    return refusal(path, "is a database of another program", kOtherFile);
  }
  if (content == FileContent::State && found > version) {
    return refusal(path,
                   fmt::format("has schema version {}, and this isthmusd knows versions up to {}",
                               found, version),
                   "Use the isthmusd that wrote it, or choose another file with --state.");
  }
  return std::nullopt;
}

// synchronous=FULL is what makes Done true: NORMAL loses acknowledged commits when the power fails.
void configure(SQLite::Database& database, const SqliteOptions& options) {
  const std::string mode = database.execAndGet("PRAGMA journal_mode = WAL").getString();
  if (mode != "wal" && mode != "memory") throw SQLite::Exception("no write-ahead log: " + mode);
  database.exec(
      fmt::format("PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
                  "PRAGMA wal_autocheckpoint = {}; PRAGMA journal_size_limit = {}",
                  options.checkpoint_pages, kLogBytesKept));
}

std::string new_identity(const SqliteOptions& options) {
  if (!options.identity.empty()) return options.identity;
  return boost::uuids::to_string(boost::uuids::random_generator()());
}

// An earlier backup of the same version is what an interrupted migration left: the file is still of
// that version, so the new copy replaces it.
void back_up(SQLite::Database& database, const std::string& path, int version, bool on_disk) {
  const std::string copy = fmt::format("{}.schema{}.backup", path, version);
  if (on_disk) {
    std::error_code ignored;  // what matters shows in the next step
    fs::remove(copy, ignored);
    create_private(copy);
  }
  SQLite::Statement vacuum(database, "VACUUM INTO ?");
  vacuum.bind(1, copy);
  vacuum.exec();
  if (on_disk) sync_path(copy);
}

void bring_up_to_date(SQLite::Database& database, const std::string& path,
                      const SqliteOptions& options, const Schema& schema) {
  if (recognise(database) == FileContent::Empty) {
    create(database, schema, new_identity(options));
    return;
  }
  const int found = schema_version(database);
  if (found == schema.version) return;
  pass(Failpoint::StoreBeforeBackup);
  back_up(database, path, found, on_this_file_system(path, options));
  pass(Failpoint::StoreBackedUp);
  migrate(database, schema);
}

}  // namespace

Error storage_error(const std::string& path, int code, const std::string& detail) {
  const Wording& words = wording(code);
  return refusal(path, fmt::format("{}: {}", words.message, detail), words.remedy);
}

Result<std::unique_ptr<SQLite::Database>> open_state_file(const std::string& path,
                                                          const SqliteOptions& options,
                                                          const Schema& schema) {
  const std::string name = file_name(path, options);
  try {
    pass(Failpoint::StoreOpen);
    if (on_this_file_system(path, options)) {
      if (auto error = prepare(name)) return tl::unexpected(*error);
    }
    pass(Failpoint::StoreFileMade);
    auto database = std::make_unique<SQLite::Database>(
        name, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, kBusyTimeoutMs, options.vfs);
    if (auto error = claim(*database, path, schema.version)) return tl::unexpected(*error);
    pass(Failpoint::StoreClaimed);
    configure(*database, options);
    bring_up_to_date(*database, name, options, schema);
    return database;
  } catch (const SQLite::Exception& error) {
    return tl::unexpected(storage_error(path, error.getErrorCode(), error.what()));
  } catch (const std::exception& error) {
    return tl::unexpected(storage_error(path, SQLITE_ERROR, error.what()));
  }
}

}  // namespace isthmus
