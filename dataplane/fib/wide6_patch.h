// Small changes of the wide IPv6 table: one entry rewritten for a region within its /32. For
// wide6*.cc.
//
// What the rest of the /32 holds is read from the lines that are there, so that the routes are
// asked for nothing but the region, and copied where it keeps its form. An extension that stays is
// not touched. What cannot keep its form is made anew from the ranges in the lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/wide6_build.h"

namespace isthmus::dataplane::wide6 {

class EntryPatch {
 public:
  EntryPatch(Blocks& blocks, EntryBuilder& builder)
      : blocks_(blocks), memory_(blocks.memory()), builder_(builder) {}

  // What `entry`, which decides from `depth` on, becomes by the routes in `region`, which is longer
  // than `depth`. The same entry where that changes nothing.
  uint32_t patched(uint32_t entry, int depth, const Rib& after, const net::Prefix& region);

 private:
  struct Piece {
    size_t ranges;
    uint32_t first_cell;
    uint32_t last_cell;
  };

  uint32_t extended_patched(uint32_t entry, int depth, const Rib& after, const net::Prefix& region);
  uint32_t with(uint32_t entry, Numbers numbers, std::span<const CellRange> inside);
  uint32_t copied(uint32_t entry, Numbers pieces);
  void splice(uint32_t entry, Numbers pieces, Numbers numbers, std::span<const CellRange> inside);
  uint32_t cell_at(uint32_t entry, uint32_t number) const;
  void read(uint32_t entry, uint32_t piece, std::vector<CellRange>& ranges) const;

  class Sum;
  bool keeps_form(uint32_t entry, Numbers pieces);
  Sum sum_up(uint32_t entry, Numbers pieces) const;
  size_t ranges_at_least(uint32_t entry, uint32_t piece) const;
  bool fits_direct(uint32_t entry, Numbers pieces, unsigned shift);
  Piece survey(uint32_t entry, uint32_t piece) const;
  Piece survey_new(const Form& form, uint32_t piece) const;

  Blocks& blocks_;
  Memory& memory_;
  EntryBuilder& builder_;
  std::vector<ValueRange> values_;
  std::vector<CellRange> old_;  // of the pieces that the change touches
  std::vector<CellRange> new_;
  std::vector<CellRange> scratch_;
};

}  // namespace isthmus::dataplane::wide6
