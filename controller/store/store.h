// Where acknowledged changes live. A store knows keys, documents and revisions; it does not know
// what they mean.
//
// One thread uses a store: the controller's. Calls block until the answer is durable. A store never
// throws at its caller.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "controller/base/error.h"
#include "controller/base/revision.h"

namespace isthmus {

struct Record {
  std::string key;       // a resource's realm and folded path: unique
  std::string document;  // its encoding
};

struct RecordChange {
  std::string key;
  std::optional<std::string> document;  // absent: the record is deleted
};

// What one acknowledged change did; several may share a transaction, each keeps its own entry.
struct JournalEntry {
  Revision revision = 0;
  int64_t time_ms = 0;  // since the Unix epoch
  std::string who;
  std::string what;  // JSON: the changed resources
  // What it changed as it was before, each key once. Written, and read by undo() alone.
  std::vector<RecordChange> before = {};
};

struct Batch {
  std::vector<RecordChange> changes;  // the net effect; each key at most once
  std::vector<JournalEntry> journal;  // ascending revisions, the first is expected_revision + 1
};

enum class Commit {
  Done,     // durable
  NotDone,  // nothing happened; the store goes on
  Unknown,  // the failure came inside COMMIT: only load() knows what the store holds now
};

struct CommitReport {
  Commit outcome = Commit::Done;
  std::string reason;  // for NotDone and Unknown: what failed, for the log and the answer
};

// Everything a store holds, as one consistent read.
struct StoreContents {
  Revision revision = 0;
  std::string
      identity;  // a UUID made when the store was created; etags and instance ids derive from it
  std::vector<Record> records;
};

class Store {
 public:
  virtual ~Store() = default;
  // Reopens the storage where that is needed (after Unknown) and reads all of it.
  virtual Result<StoreContents> load() = 0;
  // All or nothing. `expected_revision` must be what the store holds; the new one is the last
  // journal entry's.
  virtual CommitReport commit(const Batch& batch, Revision expected_revision) = 0;
  // The first `limit` entries after `after`, oldest first; those that are no longer kept are
  // missing.
  virtual Result<std::vector<JournalEntry>> journal(Revision after, size_t limit) = 0;
  // What has to be written to have all records as they were at a revision. Fails as RevisionNotKept
  // where the journal does not reach back that far.
  virtual Result<std::vector<RecordChange>> undo(Revision to) = 0;
};

}  // namespace isthmus
