// What a store should hold, as a map: the oracle that stores are compared with.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "controller/store/store.h"

namespace isthmus {

struct StoreModel {
  std::map<std::string, std::string> records;
  std::vector<JournalEntry> journal;
  Revision revision = 0;

  void apply(const Batch& batch) {
    for (const RecordChange& change : batch.changes) {
      if (change.document) {
        records[change.key] = *change.document;
      } else {
        records.erase(change.key);
      }
    }
    journal.insert(journal.end(), batch.journal.begin(), batch.journal.end());
    revision = batch.journal.back().revision;
  }

  // The batch with what undoes it, as a controller says it. All of it is in the first entry, so the
  // way back leads to where the batch begins.
  Batch undoable(Batch batch) const {
    for (const RecordChange& change : batch.changes) {
      const auto was = records.find(change.key);
      batch.journal.front().before.push_back(
          {change.key, was == records.end() ? std::nullopt : std::optional(was->second)});
    }
    return batch;
  }

  bool equals(const StoreContents& contents) const {
    std::map<std::string, std::string> found;
    for (const Record& record : contents.records) found[record.key] = record.document;
    return contents.revision == revision && found == records &&
           found.size() == contents.records.size();
  }

  bool equals(const std::vector<JournalEntry>& entries) const {
    return entries.size() == journal.size() && ends_with(entries);
  }

  // The newest entries in order, as many as are left of a journal that is cut at its old end.
  bool ends_with(const std::vector<JournalEntry>& entries) const {
    const auto same = [](const JournalEntry& a, const JournalEntry& b) {
      return a.revision == b.revision && a.time_ms == b.time_ms && a.who == b.who &&
             a.what == b.what;
    };
    return entries.size() <= journal.size() &&
           std::equal(entries.rbegin(), entries.rend(), journal.rbegin(), same);
  }
};

// What undo() gave, written over the records of now.
inline std::map<std::string, std::string> undone(std::map<std::string, std::string> records,
                                                 const std::vector<RecordChange>& undo) {
  for (const RecordChange& change : undo) {
    if (change.document) {
      records[change.key] = *change.document;
    } else {
      records.erase(change.key);
    }
  }
  return records;
}

// Batches like those of a controller: a few keys each, short and long documents, now and then a
// deletion of what may not be there, one journal entry for each change or so.
class BatchMaker {
 public:
  explicit BatchMaker(uint64_t seed, size_t document_bytes_max = 12000)
      : random_(seed), document_bytes_max_(document_bytes_max) {}

  Batch next(Revision revision, size_t changes_max = 6) {
    std::map<std::string, std::optional<std::string>> net;
    const uint64_t count = 1 + random_() % changes_max;
    while (net.size() < count) net["onprem/virtualnetworks/" + key()] = document();
    Batch batch;
    for (auto& [name, text] : net) batch.changes.push_back({name, std::move(text)});
    const uint64_t entries = 1 + random_() % 3;
    for (uint64_t i = 0; i < entries; i++) batch.journal.push_back(entry(++revision));
    return batch;
  }

 private:
  std::string key() { return "net-" + std::to_string(random_() % 40); }

  std::optional<std::string> document() {
    if (random_() % 4 == 0) return std::nullopt;
    const size_t bytes = random_() % 4 == 0 ? random_() % document_bytes_max_ : random_() % 300;
    std::string text = std::to_string(random_());
    text.resize(std::max(bytes, text.size()), static_cast<char>('a' + random_() % 26));
    return text;
  }

  JournalEntry entry(Revision revision) {
    time_ms_ += static_cast<int64_t>(random_() % 1000);
    return {revision, time_ms_, "writer-" + std::to_string(random_() % 3),
            document().value_or("{}")};
  }

  std::mt19937_64 random_;
  size_t document_bytes_max_;
  int64_t time_ms_ = 1'700'000'000'000;
};

}  // namespace isthmus
