// The nodes of the forwarding tables of all virtual networks, each content once.
//
// Hash-consing (A. P. Ershov, "On programming of arithmetic operations", CACM 1(8), 1958): a node
// that is asked for a second time is the first one with a higher count, so that tables share
// whatever part of their content is equal; a node goes when its count reaches zero. A node counts
// for the entries it holds: once for each run of equal entries.
//
// Nodes never change while they are counted and never move. Threads: the writer only; readers read
// lines(), and whoever published a table releases it when no reader can hold it (dataplane/rcu.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "dataplane/fib/pool.h"
#include "dataplane/fib/vrf_format.h"

namespace isthmus::dataplane {

class VrfNodes {
 public:
  // Room for so many lines: address space, until they are used.
  explicit VrfNodes(uint32_t lines_max = vrf::kLinesMax);
  VrfNodes(const VrfNodes&) = delete;
  VrfNodes& operator=(const VrfNodes&) = delete;

  // The node with this content, counted once for the caller, which gives the counts that it has on
  // the entries in it to the node. Content: one line, or 16 of a Table. Strong guarantee.
  vrf::Entry add(vrf::Kind kind, unsigned place, const void* content, bool is_v4);
  void retain(vrf::Entry entry) noexcept;
  void release(vrf::Entry entry) noexcept;

  const vrf::Line* lines() const noexcept { return lines_.data(); }
  const vrf::Line& line(vrf::Entry entry) const noexcept { return lines_[vrf::line_of(entry)]; }
  size_t nodes() const noexcept { return nodes_; }
  // Bytes of the nodes: what lookups go through.
  size_t bytes_used() const noexcept {
    return lines_.bytes_used() - vrf::kReservedLines * sizeof(vrf::Line);
  }
  // Bytes of the counts and of the index by content: the writer's alone.
  size_t bytes_of_index() const noexcept {
    return counts_.capacity() * sizeof(Count) + buckets_.capacity() * sizeof(uint32_t);
  }

 private:
  // Beside each line; of a Table beside its first.
  struct Count {
    uint32_t references = 0;
    uint32_t next = 0;  // of the same bucket; 0 is the last
    uint32_t hash = 0;
    vrf::Kind kind = vrf::Kind::Leaf;
    bool is_v4 = false;
  };
  template <class Visit>
  void for_each_entry(const void* content, vrf::Kind kind, bool is_v4, Visit visit) const;
  uint32_t find(vrf::Kind kind, bool is_v4, const void* content, uint32_t hash) const noexcept;
  void unlink(uint32_t line) noexcept;
  void grow_index();
  void give_hint() noexcept;

  Pool<vrf::Line> lines_;
  std::vector<Count> counts_;
  std::vector<uint32_t> buckets_;  // a power of two of them
  size_t nodes_ = 0;
};

// An entry with its count.
class VrfEntry {
 public:
  VrfEntry() noexcept = default;
  VrfEntry(VrfNodes& nodes, vrf::Entry entry) noexcept : nodes_(&nodes), entry_(entry) {}
  VrfEntry(VrfEntry&& other) noexcept
      : nodes_(other.nodes_), entry_(std::exchange(other.entry_, vrf::kNoRouteEntry)) {}
  VrfEntry(const VrfEntry& other) noexcept : nodes_(other.nodes_), entry_(other.entry_) {
    if (nodes_ != nullptr) nodes_->retain(entry_);
  }
  VrfEntry& operator=(VrfEntry other) noexcept {
    std::swap(nodes_, other.nodes_);
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~VrfEntry() {
    if (nodes_ != nullptr) nodes_->release(entry_);
  }
  vrf::Entry get() const noexcept { return entry_; }
  // The entry without its count, which the caller takes over.
  vrf::Entry take() noexcept { return std::exchange(entry_, vrf::kNoRouteEntry); }

 private:
  VrfNodes* nodes_ = nullptr;
  vrf::Entry entry_ = vrf::kNoRouteEntry;
};

}  // namespace isthmus::dataplane
