// How the nodes of the wide IPv6 table are made of ranges, and taken apart. For wide6*.cc.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide6_form.h"
#include "dataplane/fib/wide6_memory.h"

namespace isthmus::dataplane::wide6 {

// The ranges of one region, given out for smaller regions, which come in order.
class RangeCursor {
 public:
  explicit RangeCursor(std::span<const ValueRange> ranges) : rest_(ranges) {}
  // Those that decide the addresses from first to last; the first one may begin before.
  std::span<const ValueRange> within(net::Bits128 first, net::Bits128 last);

 private:
  std::span<const ValueRange> rest_;
};

// The 16 bits of an address from `depth` on.
inline uint32_t stretch_at(net::Bits128 bits, int depth) {
  const uint64_t half = depth < 64 ? bits.hi : bits.lo;
  return static_cast<uint32_t>(half >> (48 - depth % 64)) & 0xFFFF;
}
struct Numbers {  // of 16 bits, or of pieces
  uint32_t first;
  uint32_t last;
  bool contain(uint32_t number) const { return first <= number && number <= last; }
};

// Makes and takes apart what stands behind one entry.
class EntryBuilder {
 public:
  explicit EntryBuilder(Blocks& blocks) : blocks_(blocks), memory_(blocks.memory()) {}

  // What decides a stretch of 16 bits from `depth` on: ranges of one /32, /48, /64, ...
  uint32_t entry(std::span<const ValueRange> ranges, int depth);
  uint32_t entry(std::span<const CellRange> ranges);
  // Ranges of some of the 16-bit numbers of such a stretch, as cells.
  std::vector<CellRange> cells_of(std::span<const ValueRange> ranges, int depth, Numbers numbers);
  uint32_t cell_of(uint32_t value);
  uint32_t extended(uint32_t entry);  // a cell that leads there
  // The ranges of a piece, into its line or lines.
  void fill(const Form& form, uint32_t line, std::span<const CellRange> ranges);

  // These mark what they name as replaced: everything behind an entry; its lines only; of an
  // extended cell everything; the lines that an inner line leads to.
  void replace(uint32_t entry);
  void replace_lines(uint32_t entry);
  void replace_extended(uint32_t cell);
  void replace_children(uint32_t inner_line);

  // False: a value or an extension did not fit into a cell, and what was built is of no use.
  bool fits() const { return fits_; }

 private:
  void fill_line(uint32_t line, std::span<const CellRange> ranges);
  void fill_inner(uint32_t line, std::span<const CellRange> ranges);

  Blocks& blocks_;
  Memory& memory_;
  bool fits_ = true;
};

// How many ranges, or lines, a line has keys for. Most have few.
inline unsigned ranges_in(const Line& line) {
  const auto end = std::find(line.number, line.number + kRangesPerLine, kUnusedKey);
  return 1 + static_cast<unsigned>(end - line.number);
}
inline unsigned children_in(const Line& line) {
  const auto end = std::find(line.number, line.number + kChildrenMax - 1, kUnusedKey);
  return 1 + static_cast<unsigned>(end - line.number);
}
inline uint32_t begin_after(int16_t key) { return static_cast<uint32_t>(key + 0x8000 + 1); }

// Calls visit(line, first) for each line of ranges of a piece, with the number that it begins at.
template <class Visit>
void for_each_line(const Memory& memory, uint32_t entry, uint32_t piece, const Visit& visit) {
  const Form form = Form::of(entry);
  const uint32_t place = (entry >> 6) + piece;
  if (form.is_direct) return visit(place, piece << form.shift);
  const Line& inner = memory.lines[place];
  for (unsigned child = 0, count = children_in(inner); child < count; ++child) {
    visit(children_of(inner) + child,
          child == 0 ? piece << form.shift : begin_after(inner.number[child - 1]));
  }
}

}  // namespace isthmus::dataplane::wide6
