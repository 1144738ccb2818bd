#include "dataplane/fib/wide6_form.h"

#include <algorithm>
#include <bit>

namespace isthmus::dataplane::wide6 {
namespace {

// A piece may be a line of its own as long as a /32 takes no more than this many times the lines
// that its ranges would fill. More makes lookups faster and the table larger.
constexpr size_t kLinesPerFullLine = 24;

}  // namespace

Form Form::of(uint32_t entry) {
  if ((entry & kLeaf) != 0) return {kShiftOfOnePiece, true};
  return {(entry >> 1) & 31, (entry & kIndirect) == 0};
}

uint32_t Form::entry(uint32_t first_line) const {
  return first_line << 6 | shift << 1 | (is_direct ? 0 : kIndirect);
}

unsigned finest_shift(size_t ranges) {
  const size_t lines_max = kLinesPerFullLine * (ranges / kRangesPerLine + 1);
  const auto order_max = static_cast<unsigned>(std::bit_width(lines_max) - 1);
  return std::max(kFinestShift,
                  Form::kShiftOfOnePiece - std::min(order_max, Form::kShiftOfOnePiece));
}

Form choose_form(std::span<const CellRange> ranges) {
  const unsigned finest = finest_shift(ranges.size());
  for (Form form{Form::kShiftOfOnePiece, true}; form.shift >= finest; --form.shift)
    if (pieces_hold(ranges, form.shift, form.ranges_max())) return form;
  Form form{Form::kShiftOfOnePiece, false};
  while (!pieces_hold(ranges, form.shift, form.ranges_max())) --form.shift;
  return form;
}

std::span<const CellRange> piece_of(std::span<const CellRange> ranges, unsigned shift,
                                    uint32_t piece) {
  const auto before = [](const CellRange& range, uint32_t at) { return range.first < at; };
  const uint32_t first = piece << shift;
  const uint32_t after_last = first + (uint32_t{1} << shift);
  const auto begin = std::lower_bound(ranges.begin(), ranges.end(), first + 1, before) - 1;
  const auto end = std::lower_bound(begin, ranges.end(), after_last, before);
  return {begin, end};
}

bool pieces_hold(std::span<const CellRange> ranges, unsigned shift, size_t most) {
  size_t count = 0;
  uint32_t piece = 0;
  for (const CellRange& range : ranges) {
    if (range.first >> shift != piece || count == 0) {
      piece = range.first >> shift;
      count = (range.first & ((1u << shift) - 1)) != 0 ? 1 : 0;  // what reaches in from before
    }
    if (++count > most) return false;
  }
  return true;
}

}  // namespace isthmus::dataplane::wide6
