#include "controller/store/faulty_store.h"

#include <fmt/format.h>

namespace isthmus {
namespace {

constexpr const char* kReason = "a fault that the test asked for";

tl::unexpected<Error> read_refused() {
  return fail(ErrorCode::StorageUnavailable, "",
              fmt::format("The store cannot be read: {}.", kReason));
}

}  // namespace

bool FaultyStore::refuses_read() {
  if (refused_reads_ == 0) return false;
  refused_reads_--;
  return true;
}

Result<StoreContents> FaultyStore::load() {
  if (refuses_read()) return read_refused();
  auto contents = inner_->load();
  if (contents) outcome_unknown_ = false;
  return contents;
}

CommitReport FaultyStore::commit(const Batch& batch, Revision expected_revision) {
  if (outcome_unknown_) {
    return {Commit::NotDone, "the outcome of an earlier commit is still unknown"};
  }
  const Fate fate = script_(++commits_);
  if (fate == Fate::NotDone) return {Commit::NotDone, kReason};
  if (fate != Fate::UnknownLost) {
    CommitReport report = inner_->commit(batch, expected_revision);
    if (fate == Fate::Done || report.outcome != Commit::Done) return report;
  }
  outcome_unknown_ = true;
  return {Commit::Unknown, kReason};
}

Result<std::vector<JournalEntry>> FaultyStore::journal(Revision after, size_t limit) {
  if (refuses_read()) return read_refused();
  return inner_->journal(after, limit);
}

Result<std::vector<RecordChange>> FaultyStore::undo(Revision to) {
  if (refuses_read()) return read_refused();
  return inner_->undo(to);
}

FaultyStore::Script script_of(std::vector<Fate> fates) {
  return [fates = std::move(fates)](uint64_t commit) {
    return commit <= fates.size() ? fates[commit - 1] : Fate::Done;
  };
}

}  // namespace isthmus
