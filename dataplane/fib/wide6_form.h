// Which lines the ranges behind an entry of the wide IPv6 table take. For wide6*.cc.
//
// The form depends on the ranges only, not on how they came about, so that a table has after any
// changes the size of one that is built anew.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/fib/wide6_kernel.h"

namespace isthmus::dataplane::wide6 {

// Of the 16 bits that an entry decides by: the numbers from `first` to just before the next range's
// first one have the cell. The first range begins where the entry or the piece of it does.
struct CellRange {
  uint32_t first;
  uint32_t cell;
  friend bool operator==(const CellRange&, const CellRange&) = default;
};

// Adds a range, unless the one before says the same.
inline void append(std::vector<CellRange>& ranges, CellRange range) {
  if (ranges.empty() || ranges.back().cell != range.cell) ranges.push_back(range);
}

// 2^(16 - shift) pieces of the same size, each in a line; or each in a line of lines, which hold 16
// ranges each but for the rest of a division. A leaf is like one line with one range.
struct Form {
  unsigned shift;
  bool is_direct;

  static constexpr unsigned kShiftOfOnePiece = 16;
  static Form of(uint32_t entry);
  uint32_t entry(uint32_t first_line) const;
  unsigned order() const { return kShiftOfOnePiece - shift; }
  uint32_t pieces() const { return uint32_t{1} << order(); }
  size_t ranges_max() const {  // of a piece
    return is_direct ? kRangesPerLine : size_t{kRangesPerLine} * kChildrenMax;
  }
  friend bool operator==(const Form&, const Form&) = default;
};

// A line each where that costs little memory, else a line of lines; in as few pieces as will do.
Form choose_form(std::span<const CellRange> ranges);
// The shift of the smallest pieces that may have a line each, where there are so many ranges; of
// any number of them no less than kFinestShift, which makes 512 lines: 32 KB, which a change has to
// copy.
constexpr unsigned kFinestShift = 7;
unsigned finest_shift(size_t ranges);

// The ranges of a piece, among those of the whole or of some pieces from there on; the first one
// may begin before the piece.
std::span<const CellRange> piece_of(std::span<const CellRange> ranges, unsigned shift,
                                    uint32_t piece);
// True if no piece of that size has more than `most` ranges.
bool pieces_hold(std::span<const CellRange> ranges, unsigned shift, size_t most);

}  // namespace isthmus::dataplane::wide6
