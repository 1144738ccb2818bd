// A store that fails when a test says so. It wraps another one, which keeps what really happened.
//
// Like every store it answers an Unknown with nothing but load(): until that succeeds, commits are
// NotDone. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "controller/store/store.h"

namespace isthmus {

enum class Fate {
  Done,             // passed on: the answer is the wrapped store's
  NotDone,          // refused; the wrapped store hears nothing of it
  UnknownHappened,  // answered Unknown, and the wrapped store holds the batch
  UnknownLost,      // answered Unknown, and the wrapped store does not
};

class FaultyStore final : public Store {
 public:
  using Script = std::function<Fate(uint64_t commit)>;  // commits count from 1

  FaultyStore(std::unique_ptr<Store> inner, Script script)
      : inner_(std::move(inner)), script_(std::move(script)) {}

  Result<StoreContents> load() override;
  CommitReport commit(const Batch& batch, Revision expected_revision) override;
  Result<std::vector<JournalEntry>> journal(Revision after, size_t limit) override;
  Result<std::vector<RecordChange>> undo(Revision to) override;

  // The next `count` calls of load(), journal() and undo() fail as StorageUnavailable.
  void refuse_reads(int count) { refused_reads_ = count; }
  uint64_t commits() const { return commits_; }  // that the script was asked about
  Store& inner() { return *inner_; }

 private:
  bool refuses_read();

  std::unique_ptr<Store> inner_;
  Script script_;
  uint64_t commits_ = 0;
  int refused_reads_ = 0;
  bool outcome_unknown_ = false;
};

// One row per commit, in order; later commits are Done.
FaultyStore::Script script_of(std::vector<Fate> fates);

}  // namespace isthmus
