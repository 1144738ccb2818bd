// How the forwarding tables of virtual networks lie in memory. Read by the writer (vrf_nodes.h,
// vrf_build.h) and by the lookup loops (vrf_kernel.h).
//
// A table is an entry that leads to nodes of whole cache lines. Each node decides by some bits of
// the address which of its entries goes on, until an entry holds the value:
//
//   Entry  1 | value + 1                                 31 bits; 0 = no route
//          0 | kind 3 | place 4 | line 24                the node, and which bits it looks at
//
//   Table  256 entries: the 8 bits at `place`            16 lines
//   Leaf   16 keys of 16 bits, 16 values of 16 bits      ranges of the 16 bits at `place`
//   Branch 10 keys of 16 bits, 11 entries                the same, each leading anywhere
//   Span   7 keys of 32 bits, 8 entries (IPv4)           ranges of the whole IPv4 address, or of
//          5 keys of 64 bits, 6 entries (IPv6)           one half of the IPv6 address at `place`
//   Cell   one value of 32 bits                          what 31 bits cannot hold
//
// `place` counts the bytes to the right of those bits. Keys are the first addresses of ranges in
// ascending order; one comparison of all keys and a count of bits find the range. Unused keys are
// all ones, unused values and entries equal the last one, so that no count need be stored.
#pragma once

#include <cstdint>

namespace isthmus::dataplane::vrf {

using Entry = uint32_t;

enum class Kind : uint8_t { Leaf, Branch, Span, Cell, Table };

constexpr Entry kValueFlag = 0x80000000;
constexpr unsigned kKindBit = 28;
constexpr unsigned kPlaceBit = 24;
constexpr Entry kLineMask = (Entry{1} << kPlaceBit) - 1;
constexpr uint32_t kLinesMax = kLineMask + 1;  // 1 GB of nodes
constexpr Entry kNoRouteEntry = kValueFlag;
// Two lines are no nodes. Line 0 is all zero: what a lookup may read when it needs nothing. Word 0
// of line 1 tells the loops whether the nodes are more than near caches hold; it alone ever
// changes.
constexpr uint32_t kZeroLine = 0;
constexpr uint32_t kHintLine = 1;
constexpr uint32_t kReservedLines = 2;

constexpr int kLeafRanges = 16;
constexpr int kBranchKeys = 10;
constexpr int kSpanKeys4 = 7;
constexpr int kSpanKeys6 = 5;
constexpr int kTableEntries = 256;
constexpr uint32_t kTableLines = 16;
constexpr uint32_t kLeafValueMax = 0xFFFE;  // value + 1 in 16 bits

struct alignas(64) Line {
  uint32_t words[16];
};
struct alignas(64) Leaf {
  uint16_t keys[kLeafRanges];  // keys[0] = 0
  uint16_t values[kLeafRanges];
};
struct alignas(64) Branch {
  uint16_t keys[kBranchKeys];  // entries[i + 1] begins at keys[i]
  Entry entries[kBranchKeys + 1];
};
struct alignas(64) Span4 {
  uint32_t keys[kSpanKeys4];
  uint32_t unused;
  Entry entries[kSpanKeys4 + 1];
};
struct alignas(64) Span6 {
  uint64_t keys[kSpanKeys6];
  Entry entries[kSpanKeys6 + 1];
};
struct alignas(64) Table {
  Entry entries[kTableEntries];
};
static_assert(sizeof(Leaf) == 64 && sizeof(Branch) == 64 && sizeof(Span4) == 64);
static_assert(sizeof(Span6) == 64 && sizeof(Table) == 64 * kTableLines);

constexpr bool is_value(Entry entry) { return (entry & kValueFlag) != 0; }
constexpr Kind kind_of(Entry entry) { return static_cast<Kind>(entry >> kKindBit & 7); }
constexpr uint32_t line_of(Entry entry) { return entry & kLineMask; }
constexpr unsigned place_of(Entry entry) { return entry >> kPlaceBit & 15; }
constexpr Entry node_entry(Kind kind, unsigned place, uint32_t line) {
  return static_cast<Entry>(kind) << kKindBit | place << kPlaceBit | line;
}

}  // namespace isthmus::dataplane::vrf
