#include "dataplane/fib/wide6_build.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "dataplane/fib/wide6.h"

namespace isthmus::dataplane::wide6 {
namespace {

bool begins_stretch(net::Bits128 bits, int depth) {  // nothing is set behind the 16 bits
  return (bits & ~net::Bits128::mask(depth + 16)) == net::Bits128{};
}

int16_t key_before(uint32_t first) { return static_cast<int16_t>(first - 1 - 0x8000); }

void set_children(Line& inner, uint32_t first) {
  std::memcpy(&inner.number[kChildrenMax - 1], &first, sizeof first);
}

}  // namespace

std::span<const ValueRange> RangeCursor::within(net::Bits128 first, net::Bits128 last) {
  while (rest_.size() > 1 && rest_[1].first <= first) rest_ = rest_.subspan(1);
  size_t count = 1;
  while (count < rest_.size() && rest_[count].first <= last) ++count;
  const std::span<const ValueRange> found = rest_.first(count);
  rest_ = rest_.subspan(count - 1);
  return found;
}

uint32_t EntryBuilder::cell_of(uint32_t value) {
  if (value == kNoRoute) return 0;
  if (value >= Wide6::kValueEnd) throw std::length_error("Wide6: a value of more than 31 bits");
  if (!memory_.fits(value + 1)) fits_ = false;
  return value + 1;
}

uint32_t EntryBuilder::entry(std::span<const ValueRange> ranges, int depth) {
  if (ranges.size() == 1) return kLeaf | cell_of(ranges[0].value);  // most of a sparse table
  return entry(cells_of(ranges, depth, {0, 0xFFFF}));
}

uint32_t EntryBuilder::entry(std::span<const CellRange> ranges) {
  if (ranges.size() == 1) return kLeaf | ranges[0].cell;
  const Form form = choose_form(ranges);
  const uint32_t first = blocks_.make(Block::Kind::Lines, form.order());
  for (uint32_t piece = 0; piece < form.pieces(); ++piece)
    fill(form, first + piece, piece_of(ranges, form.shift, piece));
  return form.entry(first);
}

uint32_t EntryBuilder::extended(uint32_t entry) {
  const uint32_t place = blocks_.make(Block::Kind::Extensions, 0);
  memory_.extensions[place] = entry;
  if (!memory_.fits(place)) fits_ = false;
  return kExtended | place;
}

// Where others begin inside one number, it is a range of its own, with an extension.
std::vector<CellRange> EntryBuilder::cells_of(std::span<const ValueRange> ranges, int depth,
                                              Numbers numbers) {
  std::vector<CellRange> out;
  size_t at = 0;  // decides the first address of `number`
  uint32_t number = numbers.first;
  while (number <= numbers.last) {
    size_t end = at + 1;
    while (end < ranges.size() && stretch_at(ranges[end].first, depth) == number) ++end;
    if (end > at + 1) {
      append(out, {number, extended(entry(ranges.subspan(at, end - at), depth + 16))});
      ++number;
    } else {
      append(out, {number, cell_of(ranges[at].value)});
      if (end == ranges.size()) break;
      number = stretch_at(ranges[end].first, depth);
    }
    const bool begins = end < ranges.size() && stretch_at(ranges[end].first, depth) == number &&
                        begins_stretch(ranges[end].first, depth);
    at = begins ? end : end - 1;
  }
  return out;
}

void EntryBuilder::fill(const Form& form, uint32_t line, std::span<const CellRange> ranges) {
  form.is_direct ? fill_line(line, ranges) : fill_inner(line, ranges);
}

void EntryBuilder::fill_line(uint32_t line, std::span<const CellRange> ranges) {
  Line& keys = memory_.lines[line];
  std::fill_n(keys.number, kRangesPerLine, kUnusedKey);
  for (unsigned i = 1; i < ranges.size(); ++i) keys.number[i - 1] = key_before(ranges[i].first);
  memory_.set_cells(line, ranges.size(), [&](size_t i) { return ranges[i].cell; });
}

void EntryBuilder::fill_inner(uint32_t line, std::span<const CellRange> ranges) {
  const size_t children = (ranges.size() + kRangesPerLine - 1) / kRangesPerLine;
  const uint32_t first = blocks_.make(Block::Kind::Lines, Pool<Line>::order_of(children));
  Line& inner = memory_.lines[line];
  std::fill_n(inner.number, kChildrenMax - 1, kUnusedKey);
  set_children(inner, first);
  for (size_t child = 0; child < children; ++child) {  // as evenly as it goes
    const size_t begin = child * ranges.size() / children;
    const size_t end = (child + 1) * ranges.size() / children;
    if (child > 0) inner.number[child - 1] = key_before(ranges[begin].first);
    fill_line(first + static_cast<uint32_t>(child), ranges.subspan(begin, end - begin));
  }
}

void EntryBuilder::replace(uint32_t entry) {
  if ((entry & kLeaf) != 0) return;
  for (uint32_t piece = 0; piece < Form::of(entry).pieces(); ++piece) {
    for_each_line(memory_, entry, piece, [&](uint32_t line, uint32_t) {
      for (unsigned i = 0; i < kRangesPerLine; ++i) replace_extended(memory_.cell(line, i));
    });
  }
  replace_lines(entry);
}

void EntryBuilder::replace_lines(uint32_t entry) {
  if ((entry & kLeaf) != 0) return;
  const Form form = Form::of(entry);
  const uint32_t first = entry >> 6;
  for (uint32_t piece = 0; !form.is_direct && piece < form.pieces(); ++piece)
    replace_children(first + piece);
  blocks_.replace(Block::Kind::Lines, form.order(), first);
}

void EntryBuilder::replace_extended(uint32_t cell) {
  if ((cell & kExtended) == 0) return;
  const uint32_t place = cell & ~kExtended;
  replace(memory_.extensions[place]);
  blocks_.replace(Block::Kind::Extensions, 0, place);
}

void EntryBuilder::replace_children(uint32_t inner_line) {
  const Line& inner = memory_.lines[inner_line];
  blocks_.replace(Block::Kind::Lines, Pool<Line>::order_of(children_in(inner)), children_of(inner));
}

}  // namespace isthmus::dataplane::wide6
