#include "dataplane/fib/vrf_nodes.h"

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cstring>

namespace isthmus::dataplane {
namespace {

using vrf::Entry;
using vrf::Kind;

// Between what a core has for itself (0.5 to 2 MB) and what all share. Less than this is fastest
// without prefetching, though not all of it be near: traffic prefers some tables.
constexpr size_t kFarBytes = size_t{4} << 20;
constexpr size_t kBucketsMin = 1024;

constexpr unsigned order_of(Kind kind) { return kind == Kind::Table ? 4 : 0; }
constexpr size_t bytes_of(Kind kind) { return sizeof(vrf::Line) << order_of(kind); }

uint32_t hash_of(const void* content, size_t bytes) {
  uint64_t hash = bytes;
  const auto* at = static_cast<const unsigned char*>(content);
  for (const auto* const end = at + bytes; at != end; at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    hash = std::rotl((hash ^ word) * 0x9E3779B97F4A7C15ULL, 29);
  }
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

}  // namespace

VrfNodes::VrfNodes(uint32_t lines_max)
    : lines_(lines_max), counts_(vrf::kReservedLines), buckets_(kBucketsMin) {
  // Somewhat faster where thousands of tables are looked up in; where it is refused, no harm. A few
  // tables do with ordinary pages, of which they touch few.
  constexpr size_t kFewTables = (size_t{2} << 20) / sizeof(vrf::Line);
  if (lines_max > kFewTables) {
    ::madvise(lines_.data() + kFewTables, (lines_max - kFewTables) * sizeof(vrf::Line),
              MADV_HUGEPAGE);
  }
  for (uint32_t i = 0; i < vrf::kReservedLines; ++i) {
    std::memset(static_cast<void*>(&lines_[lines_.allocate(0)]), 0, sizeof(vrf::Line));
  }
}

// Runs of equal entries once: what pads a line, and what fills a stretch of a table.
template <class Visit>
void VrfNodes::for_each_entry(const void* content, Kind kind, bool is_v4, Visit visit) const {
  const auto visit_runs = [&visit](const auto& entries) {
    Entry last = vrf::kNoRouteEntry;
    for (const Entry entry : entries) {
      if (entry != last && !vrf::is_value(entry)) visit(entry);
      last = entry;
    }
  };
  if (kind == Kind::Table) {
    visit_runs(static_cast<const vrf::Table*>(content)->entries);
  } else if (kind == Kind::Branch) {
    visit_runs(static_cast<const vrf::Branch*>(content)->entries);
  } else if (kind == Kind::Span && is_v4) {
    visit_runs(static_cast<const vrf::Span4*>(content)->entries);
  } else if (kind == Kind::Span) {
    visit_runs(static_cast<const vrf::Span6*>(content)->entries);
  }
}

Entry VrfNodes::add(Kind kind, unsigned place, const void* content, bool is_v4) {
  const uint32_t hash = hash_of(content, bytes_of(kind));
  if (const uint32_t found = find(kind, is_v4, content, hash); found != 0) {
    ++counts_[found].references;
    for_each_entry(content, kind, is_v4, [this](Entry entry) { release(entry); });
    return vrf::node_entry(kind, place, found);
  }
  if (nodes_ >= buckets_.size()) grow_index();
  const uint32_t line = lines_.allocate(order_of(kind));
  try {
    if (line >= counts_.size()) {
      if (line >= counts_.capacity()) counts_.reserve(size_t{line} * 2);
      counts_.resize(size_t{line} + 1);
    }
  } catch (...) {
    lines_.release(line, order_of(kind));
    throw;
  }
  std::memcpy(static_cast<void*>(&lines_[line]), content, bytes_of(kind));
  uint32_t& bucket = buckets_[hash & (buckets_.size() - 1)];
  counts_[line] = {1, bucket, hash, kind, is_v4};
  bucket = line;
  ++nodes_;
  give_hint();
  return vrf::node_entry(kind, place, line);
}

void VrfNodes::retain(Entry entry) noexcept {
  if (!vrf::is_value(entry)) ++counts_[vrf::line_of(entry)].references;
}

void VrfNodes::release(Entry entry) noexcept {
  if (vrf::is_value(entry)) return;
  const uint32_t line = vrf::line_of(entry);
  Count& count = counts_[line];
  if (--count.references != 0) return;
  unlink(line);
  for_each_entry(&lines_[line], count.kind, count.is_v4, [this](Entry below) { release(below); });
  lines_.release(line, order_of(count.kind));
  --nodes_;
  give_hint();
}

void VrfNodes::give_hint() noexcept {
  const uint32_t are_far = bytes_used() > kFarBytes ? 1 : 0;
  std::atomic_ref(lines_[vrf::kHintLine].words[0]).store(are_far, std::memory_order_relaxed);
}

uint32_t VrfNodes::find(Kind kind, bool is_v4, const void* content, uint32_t hash) const noexcept {
  for (uint32_t line = buckets_[hash & (buckets_.size() - 1)]; line != 0;
       line = counts_[line].next) {
    const Count& count = counts_[line];
    if (count.hash == hash && count.kind == kind && count.is_v4 == is_v4 &&
        std::memcmp(&lines_[line], content, bytes_of(kind)) == 0) {
      return line;
    }
  }
  return 0;
}

void VrfNodes::unlink(uint32_t line) noexcept {
  uint32_t* link = &buckets_[counts_[line].hash & (buckets_.size() - 1)];
  while (*link != line) link = &counts_[*link].next;
  *link = counts_[line].next;
}

void VrfNodes::grow_index() {
  std::vector<uint32_t> buckets(buckets_.size() * 2);
  for (uint32_t first : buckets_) {
    while (first != 0) {
      Count& count = counts_[first];
      const uint32_t line = first;
      first = count.next;
      uint32_t& bucket = buckets[count.hash & (buckets.size() - 1)];
      count.next = bucket;
      bucket = line;
    }
  }
  buckets_.swap(buckets);
}

}  // namespace isthmus::dataplane
