// What was answered lately, by id, so that a client can ask for it again. In memory, the newest
// ones only: after a restart nobody waits for an old one. Any thread.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "controller/model/text.h"

namespace isthmus::api::dialect {

template <class T>
class Recent {
 public:
  struct Entry {
    std::string id;
    int64_t added_ms;
    T value;
  };

  // At most `kept` entries, none older than `age_ms`.
  explicit Recent(size_t kept, int64_t age_ms = std::numeric_limits<int64_t>::max())
      : kept_(kept), age_ms_(age_ms) {}

  // In the place of an older entry with this id.
  void put(std::string_view id, T value, int64_t now_ms) {
    const std::lock_guard lock(mutex_);
    erase(id);
    numbers_[lower_case(id)] = ++last_number_;
    entries_.emplace(last_number_, Entry{std::string(id), now_ms, std::move(value)});
    while (!entries_.empty() &&
           (entries_.size() > kept_ || is_old(entries_.begin()->second, now_ms)))
      erase(std::string(entries_.begin()->second.id));
  }

  // Ids compare without case.
  std::optional<Entry> find(std::string_view id, int64_t now_ms) const {
    const std::lock_guard lock(mutex_);
    const auto number = numbers_.find(lower_case(id));
    if (number == numbers_.end()) return std::nullopt;
    const Entry& entry = entries_.at(number->second);
    return is_old(entry, now_ms) ? std::nullopt : std::optional(entry);
  }
  // The newest entry that holds(entry), of those that were added after `since_ms`.
  template <class Holds>
  std::optional<T> newest(int64_t since_ms, const Holds& holds) const {
    const std::lock_guard lock(mutex_);
    for (auto it = entries_.rbegin(); it != entries_.rend() && it->second.added_ms > since_ms;
         ++it) {
      if (holds(it->second)) return it->second.value;
    }
    return std::nullopt;
  }
  // Oldest first.
  std::vector<Entry> all(int64_t now_ms) const {
    const std::lock_guard lock(mutex_);
    std::vector<Entry> entries;
    for (const auto& [number, entry] : entries_) {
      if (!is_old(entry, now_ms)) entries.push_back(entry);
    }
    return entries;
  }
  bool remove(std::string_view id) {
    const std::lock_guard lock(mutex_);
    return erase(id);
  }

 private:
  bool is_old(const Entry& entry, int64_t now_ms) const {
    return now_ms - entry.added_ms > age_ms_;
  }
  bool erase(std::string_view id) {
    const auto number = numbers_.find(lower_case(id));
    if (number == numbers_.end()) return false;
    entries_.erase(number->second);
    numbers_.erase(number);
    return true;
  }

  const size_t kept_;
  const int64_t age_ms_;
  mutable std::mutex mutex_;  // guards the three below
  uint64_t last_number_ = 0;
  std::map<uint64_t, Entry> entries_;                  // in the order in which they came
  std::unordered_map<std::string, uint64_t> numbers_;  // by id in lower case
};

}  // namespace isthmus::api::dialect
