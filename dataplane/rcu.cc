#include "dataplane/rcu.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace isthmus::dataplane::rcu {

GracePeriods::~GracePeriods() {
  assert(readers_.empty());
  // One after another: a chain of unique_ptr would be destroyed by recursion.
  while (oldest_ != nullptr) oldest_ = std::move(oldest_->next_);
}

void GracePeriods::retire(std::unique_ptr<Retired> object) noexcept {
  // A reader that announces this epoch, or a later one, began after the object was out of reach.
  object->epoch_ = epoch_.fetch_add(1, std::memory_order_seq_cst) + 1;
  Retired* const added = object.get();
  (newest_ == nullptr ? oldest_ : newest_->next_) = std::move(object);
  newest_ = added;
  ++pending_;
}

size_t GracePeriods::reclaim() noexcept {
  if (oldest_ == nullptr) return 0;
  const uint64_t seen = oldest_seen();
  size_t deleted = 0;
  while (oldest_ != nullptr && oldest_->epoch_ <= seen) {
    oldest_ = std::move(oldest_->next_);
    ++deleted;
  }
  if (oldest_ == nullptr) newest_ = nullptr;
  pending_ -= deleted;
  return deleted;
}

// The smallest epoch that an online reader has announced.
uint64_t GracePeriods::oldest_seen() noexcept {
  const std::lock_guard lock(readers_mutex_);
  uint64_t oldest = epoch_.load(std::memory_order_seq_cst);
  for (const auto& slot : readers_) {
    const uint64_t seen = slot->seen.load(std::memory_order_seq_cst);
    if (seen != kOffline) oldest = std::min(oldest, seen);
  }
  return oldest;
}

GracePeriods::Slot* GracePeriods::add_reader() {
  auto slot = std::make_unique<Slot>();
  const std::lock_guard lock(readers_mutex_);
  readers_.push_back(std::move(slot));
  return readers_.back().get();
}

void GracePeriods::remove_reader(Slot* slot) noexcept {
  const std::lock_guard lock(readers_mutex_);
  std::erase_if(readers_, [slot](const auto& other) { return other.get() == slot; });
}

// Store, then load the published pointer: both sequentially consistent, so that either the writer's
// scan sees this reader online, or the reader sees what the writer published before the scan.
void Reader::online() noexcept {
  assert(guards_ == 0);
  is_online_ = true;
  slot_->seen.store(grace_.epoch_.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
}

void Reader::offline() noexcept {
  assert(guards_ == 0);
  is_online_ = false;
  slot_->seen.store(GracePeriods::kOffline, std::memory_order_release);
}

// Acquire: having seen the epoch means seeing the pointer that was published before it. Release:
// what this reader read before happens before what the writer frees.
void Reader::quiescent() noexcept {
  assert(guards_ == 0 && is_online_);
  slot_->seen.store(grace_.epoch_.load(std::memory_order_acquire), std::memory_order_release);
}

}  // namespace isthmus::dataplane::rcu
