// What the lookup loops of the wide IPv6 table read: plain structures and pointers, and one lookup
// in plain code. wide6.h draws the whole.
//
// Included by files that are compiled for one kind of processor, so that it includes nothing and
// everything in it has internal linkage: an inline function of theirs, linked into other files,
// would run where it cannot.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isthmus::dataplane::wide6 {

// An entry or an extension, 32 bits: what decides a stretch of 16 address bits.
//   leaf    1 | cell:31
//   lines   0 | first line:25 | shift:5 | indirect:1    line = first + (the 16 bits >> shift)
constexpr uint32_t kLeaf = 0x80000000;
constexpr uint32_t kIndirect = 1;
// A cell: 0 where no route but the default one decides, else the value + 1; or, only in lines, the
// place of an extension, which decides by the next 16 bits.
constexpr uint32_t kExtended = 0x80000000;
constexpr uint16_t kExtended16 = 0x8000;  // the same in a table of 16-bit cells

// 64 bytes, a cache line, of one type for both things that it may be, so that no compiler takes the
// one for something that the other cannot be:
//   ranges    16 keys, 16 values         up to 16 ranges of the 16 bits: range 0 begins where the
//                                        line does, range i after key i - 1
//   children  30 keys, one 32-bit number  lines in a row from that one on: child i begins after
//                                        key i - 1
// Keys are 0x8000 less than what they stand for, since AVX2 compares signed numbers only, and the
// unused ones are the highest: no number is greater.
constexpr unsigned kRangesPerLine = 16;
constexpr unsigned kChildrenMax = 31;
constexpr int16_t kUnusedKey = 0x7FFF;
struct alignas(64) Line {
  int16_t number[32];
};
static_assert(sizeof(Line) == 64);
// The upper halves of a line's values, in tables of 32-bit cells.
struct HighHalves {
  uint16_t value[kRangesPerLine];
};

struct View {
  const uint32_t* root;     // 65,536 of {first word:27 | shift:5}
  const uint64_t* words;    // {first entry:32 | run begins:32}
  const uint32_t* entries;  // one for each run of a word
  const Line* lines;
  const HighHalves* high;      // by the same index as lines; nullptr: 16-bit cells
  const uint32_t* extensions;  // by the place that an extended cell names
  uint32_t default_value;      // of ::/0, or kNoRoute
};

constexpr size_t kBurst = 64;  // addresses that go through the stages together

// The builds of the loops, for any n.
void lookup_scalar(const View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n);
void lookup_avx2(const View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n);
void lookup_avx512(const View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n);

// Cells that the writer stores in place.
static inline uint32_t load_cell(const uint32_t* cell) {
  return __atomic_load_n(cell, __ATOMIC_ACQUIRE);
}
static inline uint64_t load_cell(const uint64_t* cell) {
  return __atomic_load_n(cell, __ATOMIC_ACQUIRE);
}

static inline uint32_t top_bits(const uint8_t* address) {  // the first 32
  uint32_t bits;
  __builtin_memcpy(&bits, address, sizeof bits);
  return __builtin_bswap32(bits);
}
static inline uint32_t stretch_bits(const uint8_t* address, unsigned byte) {  // 16 from there
  return static_cast<uint32_t>(address[byte] << 8 | address[byte + 1]);
}

static inline uint64_t word_index(uint32_t slot, uint32_t top) {
  return (slot >> 5) + ((top & 0xFFFF) >> (slot & 31));
}
static inline uint64_t entry_index(uint64_t word, uint32_t top) {
  const uint32_t begun = static_cast<uint32_t>(word) & ((2u << (top & 31)) - 1);
  return (word >> 32) + static_cast<uint32_t>(__builtin_popcount(begun));
}
static inline uint32_t line_index(uint32_t entry, uint32_t bits) {
  return (entry >> 6) + (bits >> ((entry >> 1) & 31));
}
static inline uint16_t value_at(const Line& line, unsigned range) {
  return static_cast<uint16_t>(line.number[kRangesPerLine + range]);
}
static inline uint32_t children_of(const Line& line) {
  uint32_t first;
  __builtin_memcpy(&first, &line.number[kChildrenMax - 1], sizeof first);
  return first;
}
static inline unsigned keys_below(const Line& line, unsigned count, uint32_t bits) {
  const auto wanted = static_cast<int16_t>(bits - 0x8000);
  unsigned below = 0;
  for (unsigned i = 0; i < count; ++i) below += line.number[i] < wanted ? 1 : 0;
  return below;
}
static inline uint32_t child_line(const Line& line, uint32_t bits) {
  return children_of(line) + keys_below(line, kChildrenMax - 1, bits);
}
static inline uint32_t cell_at(const Line* lines, const HighHalves* high, uint32_t line,
                               unsigned range) {
  const uint32_t low = value_at(lines[line], range);
  if (high != nullptr) return low | uint32_t{high[line].value[range]} << 16;
  return (low & 0x7FFF) | (low & kExtended16) << 16;
}
static inline uint32_t search_lines(const View& view, uint32_t entry, uint32_t bits) {
  uint32_t line = line_index(entry, bits);
  if ((entry & kIndirect) != 0) line = child_line(view.lines[line], bits);
  return cell_at(view.lines, view.high, line, keys_below(view.lines[line], kRangesPerLine, bits));
}
// What an entry decides that stands for the stretch from `byte` on.
static inline uint32_t decide(const View& view, uint32_t entry, const uint8_t* address,
                              unsigned byte) {
  for (;; byte += 2) {
    if ((entry & kLeaf) != 0) return entry & ~kLeaf;
    const uint32_t cell = search_lines(view, entry, stretch_bits(address, byte));
    if ((cell & kExtended) == 0) return cell;
    entry = view.extensions[cell & ~kExtended];
  }
}
static inline uint32_t value_of(const View& view, uint32_t cell) {
  return cell == 0 ? view.default_value : cell - 1;
}

// Gives the loop its addresses in whole bursts: the last one is filled up with the first address.
template <class Burst>
static inline void in_bursts(const uint8_t (*addresses)[16], uint32_t* values, size_t n,
                             Burst burst) {
  for (; n >= kBurst; n -= kBurst, addresses += kBurst, values += kBurst) burst(addresses, values);
  if (n == 0) return;
  uint8_t padded[kBurst][16];
  uint32_t answers[kBurst];
  for (size_t i = 0; i < kBurst; ++i) __builtin_memcpy(padded[i], addresses[i < n ? i : 0], 16);
  burst(padded, answers);
  __builtin_memcpy(values, answers, n * sizeof *values);
}

// The same for a loop that is made twice, for cells of 16 and of 32 bits: Burst<kWide>::run.
template <template <bool> class Burst>
static inline void in_bursts(const View& view, const uint8_t (*addresses)[16], uint32_t* values,
                             size_t n) {
  const auto run = [&](auto burst) {
    in_bursts(addresses, values, n,
              [&](const uint8_t(*some)[16], uint32_t* answers) { burst.run(view, some, answers); });
  };
  view.high == nullptr ? run(Burst<false>()) : run(Burst<true>());
}

}  // namespace isthmus::dataplane::wide6
