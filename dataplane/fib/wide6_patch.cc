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
  constexpr size_t kRangesOfInnerLine = size_t{kRangesPerLine} * kChildrenMax;
  old_.reserve(kRangesOfInnerLine);
  new_.reserve(kRangesOfInnerLine);
  old_.clear();
  for (uint32_t piece = pieces.first; piece <= pieces.last; ++piece) read(entry, piece, old_);
  const auto before = std::ranges::lower_bound(old_, numbers.first, {}, &CellRange::first);
  new_.assign(old_.begin(), before);
  for (const CellRange& range : inside) append(new_, range);
  const uint32_t end = (pieces.last + 1) << Form::of(entry).shift;
  if (numbers.last + 1 == end) return;
  const auto rest = std::ranges::upper_bound(old_, numbers.last + 1, {}, &CellRange::first);
  append(new_, {numbers.last + 1, std::prev(rest)->cell});
  new_.insert(new_.end(), rest, old_.end());
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

// Ranges of a piece; there may be more. Of an inner line the children are counted, and what is
// in them only where the piece and its neighbour may be too much for one line of lines.
size_t EntryPatch::ranges_at_least(uint32_t entry, uint32_t piece) const {
  const Form form = Form::of(entry);
  const auto line = [&](uint32_t at) -> const Line& { return memory_.lines[(entry >> 6) + at]; };
  if (form.is_direct) return ranges_in(line(piece));
  const unsigned children = children_in(line(piece));
  if (children > 1 && children + children_in(line(piece ^ 1)) > kChildrenMax)
    return survey(entry, piece).ranges;
  return (children - 1) * kRangesPerLine + 1;
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

// Adds up pieces in their order; done when what is known so far settles the form, whatever follows.
class EntryPatch::Sum {
 public:
  explicit Sum(const Form& form) : form_(form), is_coarsest_(form.order() == 0) {}
  // `begun` of a piece's ranges are no continuation of the one before.
  void add(size_t ranges, size_t begun) {
    ranges_ += begun;
    if (is_second_ && before_ + begun > form_.ranges_max()) is_coarsest_ = true;
    before_ = ranges;
    is_second_ = !is_second_;
  }
  // Pieces of twice the size would hold more than they can.
  bool is_coarsest() const { return is_coarsest_; }
  size_t ranges() const { return ranges_; }
  bool settles() const {
    return is_coarsest_ && finest_shift(ranges_) <= (form_.is_direct ? form_.shift : kFinestShift);
  }

 private:
  Form form_;
  bool is_coarsest_;
  bool is_second_ = false;
  size_t before_ = 0;
  size_t ranges_ = 0;
};

// First by what is seen at a glance, which is most often enough.
EntryPatch::Sum EntryPatch::sum_up(uint32_t entry, Numbers pieces) const {
  const Form form = Form::of(entry);
  Sum least(form);
  for (uint32_t piece = 0; piece < form.pieces() && !least.settles(); ++piece) {
    const size_t ranges = pieces.contain(piece) ? piece_of(new_, form.shift, piece).size()
                                                : ranges_at_least(entry, piece);
    least.add(ranges, ranges - 1);
  }
  if (least.settles()) return least;
  Sum sum(form);
  uint32_t last_cell = kNoRoute;
  for (uint32_t piece = 0; piece < form.pieces() && !sum.settles(); ++piece) {
    const Piece now = pieces.contain(piece) ? survey_new(form, piece) : survey(entry, piece);
    sum.add(now.ranges, now.ranges - (now.first_cell == last_cell ? 1 : 0));
    last_cell = now.last_cell;
  }
  return sum;
}

// Whether choose_form() would give the ranges the form that they have.
bool EntryPatch::keeps_form(uint32_t entry, Numbers pieces) {
  const Form form = Form::of(entry);
  if (!pieces_hold(new_, form.shift, form.ranges_max())) return false;
  if (form.order() == 0 && form.is_direct) return new_.size() > 1;
  const Sum sum = sum_up(entry, pieces);
  if (!sum.is_coarsest()) return false;
  const unsigned finest = finest_shift(sum.ranges());
  return form.is_direct ? finest <= form.shift : !fits_direct(entry, pieces, finest);
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
