#include "controller/store/sqlite_store.h"

#include <SQLiteCpp/Database.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <optional>

#include "controller/store/sqlite_file.h"
#include "controller/store/sqlite_statements.h"
#include "controller/store/store_point.h"

namespace isthmus {
namespace {

struct Meta {
  std::string identity;
  Revision revision = 0;
  uint64_t journal_bytes = 0;
};

// What an entry takes in the file, roughly: its texts and the numbers beside them.
uint64_t entry_bytes(const JournalEntry& entry) {
  uint64_t bytes = entry.who.size() + entry.what.size() + 24;
  for (const RecordChange& record : entry.before)
    bytes += record.key.size() + (record.document ? record.document->size() : 0) + 16;
  return bytes;
}

// The interface's promises about a batch; one that breaks them is our own mistake, but it must not
// reach the file.
std::optional<std::string> flaw(const Batch& batch, Revision expected) {
  if (batch.journal.empty()) return "the batch has no journal entry";
  if (batch.journal.front().revision != expected + 1)
    return "the batch does not begin at the next revision";
  const auto ascends = [](const JournalEntry& a, const JournalEntry& b) {
    return a.revision >= b.revision;
  };
  const bool unordered = std::adjacent_find(batch.journal.begin(), batch.journal.end(), ascends) !=
                         batch.journal.end();
  if (unordered) return "the revisions of the batch do not ascend";
  return std::nullopt;
}

bool disk_full(int code) { return (code & 0xff) == SQLITE_FULL; }

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, SqliteOptions options)
      : path_(std::move(path)), options_(std::move(options)) {}

  Result<StoreContents> load() override;
  CommitReport commit(const Batch& batch, Revision expected_revision) override;
  Result<std::vector<JournalEntry>> journal(Revision after, size_t limit) override;
  Result<std::vector<RecordChange>> undo(Revision to) override;

  Result<void> connect();

 private:
  template <class Work>
  auto guarded(const Work& work) -> decltype(work());

  Meta meta();
  StoreContents read_all();
  std::vector<JournalEntry> read_journal(Revision after, size_t limit);
  Result<std::vector<RecordChange>> read_undo(Revision to);
  std::optional<std::string> write(const Batch& batch, Revision expected);
  void write_changes(const Batch& batch);
  uint64_t write_journal(const Batch& batch);
  uint64_t compact(const Batch& batch, uint64_t bytes);
  CommitReport finish();
  void roll_back();
  Result<void> sync_log();

  const std::string path_;
  const SqliteOptions options_;
  std::unique_ptr<Connection> connection_;  // absent while the storage cannot be opened again
  bool outcome_unknown_ = false;            // a COMMIT failed, and load() has not read since
};

// Runs what reads or opens; SQLite's exceptions and exhausted memory end here.
template <class Work>
auto SqliteStore::guarded(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const SQLite::Exception& error) {
    return tl::unexpected(storage_error(path_, error.getErrorCode(), error.what()));
  } catch (const std::exception& error) {
    return tl::unexpected(storage_error(path_, SQLITE_ERROR, error.what()));
  }
}

Result<StoreContents> SqliteStore::load() {
  // A connection whose COMMIT failed does not know what its log holds; a fresh one reads the log
  // itself. Memory has no such doubt: SQLite has rolled back.
  if (outcome_unknown_ && path_ != kMemoryPath) connection_.reset();
  if (auto connected = connect(); !connected) return tl::unexpected(connected.error());
  auto contents = guarded([this]() -> Result<StoreContents> { return read_all(); });
  if (contents) outcome_unknown_ = false;
  return contents;
}

CommitReport SqliteStore::commit(const Batch& batch, Revision expected_revision) {
  if (auto reason = flaw(batch, expected_revision)) return {Commit::NotDone, *reason};
  if (outcome_unknown_) {
    return {Commit::NotDone, "the outcome of an earlier commit is still unknown"};
  }
  if (auto connected = connect(); !connected) return {Commit::NotDone, connected.error().text()};
  try {
    if (auto reason = write(batch, expected_revision)) {
      roll_back();
      return {Commit::NotDone, *reason};
    }
  } catch (const std::exception& error) {
    roll_back();
    return {Commit::NotDone, error.what()};
  }
  return finish();
}

Result<std::vector<JournalEntry>> SqliteStore::journal(Revision after, size_t limit) {
  if (auto connected = connect(); !connected) return tl::unexpected(connected.error());
  return guarded([&]() -> Result<std::vector<JournalEntry>> { return read_journal(after, limit); });
}

Result<std::vector<RecordChange>> SqliteStore::undo(Revision to) {
  if (auto connected = connect(); !connected) return tl::unexpected(connected.error());
  return guarded([&] { return read_undo(to); });
}

Result<void> SqliteStore::connect() {
  if (connection_) return {};
  auto database = open_state_file(path_, options_);
  if (!database) return tl::unexpected(database.error());
  return guarded([&]() -> Result<void> {
    connection_ = std::make_unique<Connection>(std::move(*database));
    auto synced = sync_log();
    if (!synced) connection_.reset();
    return synced;
  });
}

// Folds the log into the file, which syncs both. A full disk is no obstacle to reading what was
// acknowledged, so a daemon starts on one; but after a COMMIT that failed, a log whose sync
// succeeds only now may have lost pages that the failed one dropped, and the file must have them.
Result<void> SqliteStore::sync_log() {
  if (point_fails(Failpoint::StoreLogSync))
    return tl::unexpected(
        storage_error(path_, SQLITE_IOERR, failpoint_text(Failpoint::StoreLogSync)));
  sqlite3* handle = connection_->database->getHandle();
  const int code =
      sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  const bool good_enough = code == SQLITE_OK || (disk_full(code) && !outcome_unknown_);
  if (good_enough) return {};
  return tl::unexpected(storage_error(path_, code, sqlite3_errmsg(handle)));
}

Meta SqliteStore::meta() {
  SQLite::Statement& query = connection_->meta;
  const Use use(query);
  if (!query.executeStep()) throw SQLite::Exception("the table meta is empty", SQLITE_CORRUPT);
  return {.identity = query.getColumn(0).getString(),
          .revision = static_cast<Revision>(query.getColumn(1).getInt64()),
          .journal_bytes = static_cast<uint64_t>(query.getColumn(2).getInt64())};
}

// The file is ours alone and no transaction is open, so two queries are one consistent read.
StoreContents SqliteStore::read_all() {
  pass(Failpoint::StoreLoad);
  const Meta meta_row = meta();
  StoreContents contents{
      .revision = meta_row.revision, .identity = meta_row.identity, .records = {}};
  SQLite::Statement& query = connection_->records;
  const Use use(query);
  while (query.executeStep()) {
    contents.records.push_back(
        {.key = query.getColumn(0).getString(), .document = query.getColumn(1).getString()});
  }
  return contents;
}

std::vector<JournalEntry> SqliteStore::read_journal(Revision after, size_t limit) {
  pass(Failpoint::StoreJournal);
  std::vector<JournalEntry> entries;
  SQLite::Statement& query = connection_->next;
  const Use use(query);
  bind(query, 1, sql(after));
  bind(query, 2, sql(std::min<uint64_t>(limit, INT64_MAX)));
  while (query.executeStep()) {
    entries.push_back({.revision = static_cast<Revision>(query.getColumn(0).getInt64()),
                       .time_ms = query.getColumn(1).getInt64(),
                       .who = query.getColumn(2).getString(),
                       .what = query.getColumn(3).getString()});
  }
  return entries;
}

Result<std::vector<RecordChange>> SqliteStore::read_undo(Revision to) {
  pass(Failpoint::StoreUndo);
  {
    SQLite::Statement& reach = connection_->undo_from;
    const Use use(reach);
    reach.executeStep();
    const auto first = static_cast<Revision>(reach.getColumn(0).getInt64());
    if (to < first) {
      return fail(
          ErrorCode::RevisionNotKept, "",
          fmt::format("The journal reaches back to revision {}, not to {}.", first, to),
          "Go back to a later revision, or restore a snapshot; those are kept until deleted.");
    }
  }
  std::vector<RecordChange> records;
  SQLite::Statement& query = connection_->undo;
  const Use use(query);
  bind(query, 1, sql(to));
  while (query.executeStep()) {
    const SQLite::Column document = query.getColumn(1);
    records.push_back(
        {.key = query.getColumn(0).getString(),
         .document = document.isNull() ? std::nullopt : std::optional(document.getString())});
  }
  return records;
}

// Everything but COMMIT. A reason when the store is not where the batch begins; throws when SQLite
// fails.
std::optional<std::string> SqliteStore::write(const Batch& batch, Revision expected) {
  pass(Failpoint::StoreBegin);
  run(connection_->begin);
  const Meta before = meta();
  if (before.revision != expected) {
    return fmt::format("the store is at revision {}, not at {}", before.revision, expected);
  }
  write_changes(batch);
  const uint64_t bytes = compact(batch, before.journal_bytes + write_journal(batch));
  run(connection_->advance, sql(batch.journal.back().revision), sql(bytes));
  pass(Failpoint::StoreBeforeCommit);
  return std::nullopt;
}

void SqliteStore::write_changes(const Batch& batch) {
  for (const RecordChange& change : batch.changes) {
    pass(Failpoint::StoreChange);
    if (change.document) {
      run(connection_->put, change.key, *change.document);
    } else {
      run(connection_->erase, change.key);
    }
  }
}

uint64_t SqliteStore::write_journal(const Batch& batch) {
  uint64_t bytes = 0;
  for (const JournalEntry& entry : batch.journal) {
    pass(Failpoint::StoreJournalEntry);
    const uint64_t size = entry_bytes(entry);
    run(connection_->note, sql(entry.revision), entry.time_ms, sql(size), entry.who, entry.what);
    for (const RecordChange& record : entry.before) {
      pass(Failpoint::StoreUndoRecord);
      run(connection_->found, sql(entry.revision), record.key, record.document);
    }
    bytes += size;
  }
  return bytes;
}

// Cuts the oldest entries, a few more than the batch has added, so that the journal shrinks to its
// limits after these become smaller, and no commit waits for it. The newest entry is the present.
uint64_t SqliteStore::compact(const Batch& batch, uint64_t bytes) {
  const JournalEntry& present = batch.journal.back();
  Revision cut = 0;
  {
    SQLite::Statement& query = connection_->oldest;
    const Use use(query);
    bind(query, 1, sql(2 * batch.journal.size() + 8));
    while (query.executeStep()) {
      const auto revision = static_cast<Revision>(query.getColumn(0).getInt64());
      const int64_t age_ms = present.time_ms - query.getColumn(1).getInt64();
      const bool kept = present.revision - revision < options_.journal_entries_max &&
                        age_ms <= options_.journal_age_max.count() &&
                        bytes <= options_.journal_bytes_max;
      if (kept) break;
      cut = revision;
      bytes -= static_cast<uint64_t>(query.getColumn(2).getInt64());
    }
  }
  if (cut > 0) {
    pass(Failpoint::StoreCompact);
    run(connection_->cut, sql(cut));
    pass(Failpoint::StoreCompactUndo);
    run(connection_->cut_undo, sql(cut));
    pass(Failpoint::StoreCompacted);
    run(connection_->advance_undo, sql(cut));
  }
  return bytes;
}

// SQLite reports a full disk when a page was not written whole. The page with the commit mark is
// the last one written before the sync, so a full disk means that there is no mark: nothing
// happened. Every other failure may have come after the mark.
CommitReport SqliteStore::finish() {
  int code = SQLITE_OK;
  std::string reason;
  {
    const Use use(connection_->commit);
    code = connection_->commit.tryExecuteStep();
    const bool in_doubt = code == SQLITE_DONE && point_fails(Failpoint::StoreAfterCommit);
    if (code == SQLITE_DONE && !in_doubt) return {};
    reason = in_doubt ? failpoint_text(Failpoint::StoreAfterCommit)
                      : connection_->database->getErrorMsg();
  }
  if (disk_full(code)) {
    roll_back();
    return {Commit::NotDone, reason};
  }
  outcome_unknown_ = true;
  return {Commit::Unknown, reason};
}

// SQLite has often rolled back by itself when it reports an error. Where it cannot, closing the
// file does: a transaction without its mark is no transaction.
void SqliteStore::roll_back() {
  sqlite3* handle = connection_->database->getHandle();
  if (sqlite3_get_autocommit(handle) != 0) return;
  if (!point_fails(Failpoint::StoreRollback)) {
    const Use use(connection_->rollback);
    connection_->rollback.tryExecuteStep();
  }
  const bool stuck = sqlite3_get_autocommit(handle) == 0;
  if (stuck && path_ != kMemoryPath) connection_.reset();
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path,
                                                 const SqliteOptions& options) {
  auto store = std::make_unique<SqliteStore>(path, options);
  if (auto connected = store->connect(); !connected) return tl::unexpected(connected.error());
  return store;
}

}  // namespace isthmus
