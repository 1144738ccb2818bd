#include "dataplane/fib/wide6_patch.h"

#include <algorithm>

namespace isthmus::dataplane::wide6 {

uint32_t EntryPatch::patched(uint32_t entry, int depth, const Rib& after,
                             const net::Prefix& region) {
  if (region.length() > depth + 16) return extended_patched(entry, depth, after, region);
  const Numbers numbers{stretch_at(region.address().bits(), depth),
                        stretch_at(region.last().bits(), depth)};
  after.ranges(region, values_, 1);
  const std::vector<CellRange> inside = builder_.cells_of(values_, depth, numbers);
  const uint32_t next = with(entry, numbers, inside);
  if (next == entry) return entry;
  for (const CellRange& range : old_)
    if (numbers.contain(range.first)) builder_.replace_extended(range.cell);
  return next;
}

// The region lies within one number, whose cell leads on, or will.
uint32_t EntryPatch::extended_patched(uint32_t entry, int depth, const Rib& after,
                                      const net::Prefix& region) {
  const uint32_t number = stretch_at(region.address().bits(), depth);
  const uint32_t cell = cell_at(entry, number);
  const bool was_extended = (cell & kExtended) != 0;
  const uint32_t place = cell & ~kExtended;
  const uint32_t behind = was_extended ? memory_.extensions[place] : kLeaf | cell;
  const uint32_t next = patched(behind, depth + 16, after, region);
  if (next == behind) return entry;
  if (was_extended) blocks_.replace(Block::Kind::Extensions, 0, place);
  const CellRange inside{number, (next & kLeaf) != 0 ? next & ~kLeaf : builder_.extended(next)};
  return with(entry, {number, number}, {&inside, 1});
}

uint32_t EntryPatch::with(uint32_t entry, Numbers numbers, std::span<const CellRange> inside) {
  const Form form = Form::of(entry);
  const Numbers pieces{numbers.first >> form.shift, numbers.last >> form.shift};
  splice(entry, pieces, numbers, inside);
  if (new_ == old_) return entry;
  if ((entry & kLeaf) == 0 && keeps_form(entry, pieces)) return copied(entry, pieces);
  splice(entry, {0, form.pieces() - 1}, numbers, inside);
  builder_.replace_lines(entry);
  return builder_.entry(new_);
}

uint32_t EntryPatch::copied(uint32_t entry, Numbers pieces) {
  const Form form = Form::of(entry);
  const uint32_t from = entry >> 6;
  const uint32_t to = blocks_.make(Block::Kind::Lines, form.order());
  memory_.copy_lines(from, to, form.pieces());
  for (uint32_t piece = pieces.first; piece <= pieces.last; ++piece) {
    if (!form.is_direct) builder_.replace_children(from + piece);
    builder_.fill(form, to + piece, piece_of(new_, form.shift, piece));
  }
  blocks_.replace(Block::Kind::Lines, form.order(), from);
  return form.entry(to);
}

// The ranges of some pieces as they are, and as they will be: others for some numbers in them.
void EntryPatch::splice(uint32_t entry, Numbers pieces, Numbers numbers,
                        std::span<const CellRange> inside) {
  old_.clear();
  for (uint32_t piece = pieces.first; piece <= pieces.last; ++piece) read(entry, piece, old_);
  new_.clear();
  const auto begins_by = [&](uint32_t number) {
    return std::ranges::partition_point(
        old_, [&](const CellRange& range) { return range.first <= number; });
  };
  const auto before = std::ranges::partition_point(
      old_, [&](const CellRange& range) { return range.first < numbers.first; });
  new_.assign(old_.begin(), before);
  for (const CellRange& range : inside) append(new_, range);
  const uint32_t end = (pieces.last + 1) << Form::of(entry).shift;
  if (numbers.last + 1 == end) return;
  const auto after = begins_by(numbers.last + 1);
  append(new_, {numbers.last + 1, std::prev(after)->cell});
  for (auto range = after; range != old_.end(); ++range) append(new_, *range);
}

uint32_t EntryPatch::cell_at(uint32_t entry, uint32_t number) const {
  if ((entry & kLeaf) != 0) return entry & ~kLeaf;
  return search_lines(memory_.view(0, kNoRoute), entry, number);
}

void EntryPatch::read(uint32_t entry, uint32_t piece, std::vector<CellRange>& ranges) const {
  if ((entry & kLeaf) != 0) return append(ranges, {0, entry & ~kLeaf});
  for_each_line(memory_, entry, piece, [&](uint32_t line, uint32_t first) {
    append(ranges, {first, memory_.cell(line, 0)});
    const Line& keys = memory_.lines[line];
    const unsigned count = ranges_in(keys);
    for (unsigned i = 1; i < count; ++i)
      ranges.push_back({begin_after(keys.number[i - 1]), memory_.cell(line, i)});
  });
}

EntryPatch::Piece EntryPatch::survey(uint32_t entry, uint32_t piece) const {
  Piece found{};
  for_each_line(memory_, entry, piece, [&](uint32_t line, uint32_t) {
    const unsigned count = ranges_in(memory_.lines[line]);
    if (found.ranges == 0) found.first_cell = memory_.cell(line, 0);
    found.ranges += count;
    found.last_cell = memory_.cell(line, count - 1);
  });
  return found;
}

EntryPatch::Piece EntryPatch::survey_new(const Form& form, uint32_t piece) const {
  const std::span<const CellRange> ranges = piece_of(new_, form.shift, piece);
  return {ranges.size(), ranges.front().cell, ranges.back().cell};
}

// Whether choose_form() would give the ranges the form that they have. Pieces that would hold at
// twice their size do not: one pair that would not is enough, and most often a near one is found.
bool EntryPatch::keeps_form(uint32_t entry, Numbers pieces) {
  const Form form = Form::of(entry);
  if (!pieces_hold(new_, form.shift, form.ranges_max())) return false;
  if (form.order() == 0 && form.is_direct) return new_.size() > 1;
  const unsigned of_interest = form.is_direct ? form.shift : kFinestShift;
  size_t ranges = 0;
  bool is_coarsest = form.order() == 0;
  Piece before{};
  for (uint32_t piece = 0; piece < form.pieces(); ++piece) {
    const Piece now = pieces.contain(piece) ? survey_new(form, piece) : survey(entry, piece);
    const size_t begun = now.ranges - (piece > 0 && now.first_cell == before.last_cell ? 1 : 0);
    ranges += begun;
    if (piece % 2 == 1 && before.ranges + begun > form.ranges_max()) is_coarsest = true;
    if (is_coarsest && finest_shift(ranges) <= of_interest) break;
    before = now;
  }
  if (!is_coarsest) return false;
  if (form.is_direct) return finest_shift(ranges) <= form.shift;
  return !fits_direct(entry, pieces, finest_shift(ranges));
}

// Whether the ranges fit into pieces of a line each.
bool EntryPatch::fits_direct(uint32_t entry, Numbers pieces, unsigned shift) {
  if (!pieces_hold(new_, shift, kRangesPerLine)) return false;
  for (uint32_t piece = 0; piece < Form::of(entry).pieces(); ++piece) {
    if (pieces.contain(piece)) continue;
    scratch_.clear();
    read(entry, piece, scratch_);
    if (!pieces_hold(scratch_, shift, kRangesPerLine)) return false;
  }
  return true;
}

}  // namespace isthmus::dataplane::wide6
