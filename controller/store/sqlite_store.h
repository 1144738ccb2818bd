// The store of one machine: an SQLite file in write-ahead-log mode, synced at every commit.
//
// Invariants: an open store has the file to itself (SQLite's exclusive lock, which the kernel
// releases when the process dies, however it dies). What commit() reported as Done is on the disk.
// What load() reports is on the disk too: the log is synced anew at every open, since pages that a
// killed process wrote, or that a failed sync left behind, may be in memory only.
//
// Disk use is bounded by the largest content that the store ever had: the log is folded into the
// file every `checkpoint_pages`, the journal is cut at its limits, and freed pages are used again.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "controller/store/store.h"

namespace isthmus {

struct SqliteOptions {
  // The journal keeps what is within all three limits. Cutting lags behind by a few entries, so
  // that no commit ever pays for many.
  uint64_t journal_entries_max = 100'000;
  uint64_t journal_bytes_max = 64ull << 20;
  std::chrono::milliseconds journal_age_max = std::chrono::hours(24 * 30);

  int checkpoint_pages = 1000;  // of 4 KiB; SQLite's own default, about 5 ms of work at a time
  std::string identity = {};    // of a store that is created now; empty: a random UUID
  std::string vfs = {};         // SQLite's name for the file system to use; empty: the platform's
};

// ":memory:" is a store that lives and dies with the object. A file is created when it is not
// there, with its folder, and readable by its owner only. Fails as StorageUnavailable.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path,
                                                 const SqliteOptions& options = {});

}  // namespace isthmus
