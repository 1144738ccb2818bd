// Points with a name at which a run can be told to die, to fail or to wait, so that a test meets a
// moment which chance would hardly find.
//
//   ISTHMUS_FAILPOINTS='store.before_commit=crash@17;store.after_commit=delay:20ms'
//
// A rule is POINT=ACTION, or POINT=ACTION@N for the Nth time that the point is passed; without @N
// it is every time. Actions: `crash` (SIGKILL to the own process), `error` (what is begun there
// fails as if the system had failed it), `delay:TIME` (TIME in ms or s, the caller sleeps). A new
// point is a row here and a call of fails_at() where it is.
//
// Only in builds with the CMake option ISTHMUS_FAILPOINTS; packages have none of it. Where nothing
// is armed, a point costs one branch on a value that does not change. What the option means for a
// point stands in the header of its layer (controller/store/store_point.h), so that it is told to
// few sources.
//
// Threads: points are passed in any thread. arm_failpoints() and disarm_failpoints() are called
// while no other thread passes one.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace isthmus {

// clang-format off
#define ISTHMUS_FAILPOINT_LIST(X) \
  /* a path becomes a database */ \
  X(StoreOpen,                "store.open",                  "the file is about to be looked for") \
  X(StoreFileMade,            "store.file_made",             "the file is there, perhaps empty; SQLite has not seen it") \
  X(StoreClaimed,             "store.claimed",               "no other process can have the file, and nothing is written") \
  X(StoreTablesMade,          "store.tables_made",           "a new file has its tables, but no identity") \
  X(StoreBeforeCreated,       "store.before_created",        "a new file is complete, before COMMIT") \
  X(StoreBeforeBackup,        "store.before_backup",         "a file of an older schema is about to be copied") \
  X(StoreBackedUp,            "store.backed_up",             "the copy is written and synced") \
  X(StoreMigrating,           "store.migrating",             "a step of a migration is about to run") \
  X(StoreMigrated,            "store.migrated",              "a step of a migration has run, the version is the old one") \
  X(StoreBeforeMigrationDone, "store.before_migration_done", "the version is the new one, before COMMIT") \
  X(StoreAfterMigrationDone,  "store.after_migration_done",  "the migration is durable") \
  X(StoreLogSync,             "store.log_sync",              "the log of the last run is about to be folded into the file") \
  /* a batch */ \
  X(StoreBegin,               "store.begin",                 "before BEGIN") \
  X(StoreChange,              "store.change",                "before each record of a batch") \
  X(StoreJournalEntry,        "store.journal_entry",         "before each entry of the journal") \
  X(StoreUndoRecord,          "store.undo_record",           "before each record that undoes an entry") \
  X(StoreCompact,             "store.compact",               "the oldest entries of the journal are about to go") \
  X(StoreCompactUndo,         "store.compact_undo",          "the entries are gone, what undoes them is not") \
  X(StoreCompacted,           "store.compacted",             "both are gone, before it is noted how far the journal reaches") \
  X(StoreBeforeCommit,        "store.before_commit",         "all of the batch is written, before COMMIT") \
  X(StoreAfterCommit,         "store.after_commit",          "COMMIT has succeeded, nobody knows yet") \
  X(StoreRollback,            "store.rollback",              "before ROLLBACK of a batch that failed") \
  /* reading */ \
  X(StoreLoad,                "store.load",                  "before all records are read") \
  X(StoreJournal,             "store.journal",               "before entries of the journal are read") \
  X(StoreUndo,                "store.undo",                  "before it is read what a way back takes")
// clang-format on

enum class Failpoint : uint8_t {
#define X(point, name, moment) point,
  ISTHMUS_FAILPOINT_LIST(X)
#undef X
};

struct FailpointInfo {
  Failpoint point;
  std::string_view name;
  std::string_view moment;
};
std::span<const FailpointInfo> failpoints();
const FailpointInfo& info(Failpoint point);

// Whether this build has them.
bool has_failpoints();

// Rules as above, separated by ';', instead of those before; an empty text disarms. What is wrong
// with them, in one sentence with the remedy; then nothing is armed.
tl::expected<void, std::string> arm_failpoints(std::string_view rules);
void disarm_failpoints();

// How often a point was passed since the rules came; 0 while none are armed.
uint64_t passes(Failpoint point);

namespace failpoint_detail {
extern std::atomic<bool> is_any_armed;
bool meet(Failpoint point);
}  // namespace failpoint_detail

// True when the caller is to fail now. May wait, and may not return.
inline bool fails_at(Failpoint point) {
  if (failpoint_detail::is_any_armed.load(std::memory_order_acquire)) [[unlikely]]
    return failpoint_detail::meet(point);
  return false;
}

}  // namespace isthmus
