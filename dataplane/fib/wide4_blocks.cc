#include "dataplane/fib/wide4_blocks.h"

#include <algorithm>
#include <array>
#include <bit>

#include "dataplane/fib/pool.h"

namespace isthmus::dataplane::wide4 {
namespace {

constexpr unsigned kFinestShift = 8;  // a cell decides a /24
constexpr unsigned kDeepOrder = 8;    // a deep block decides a /24 address by address
constexpr uint32_t kDeepCells = 1 << kDeepOrder;
constexpr uint32_t kValueMax = (1 << 24) - 2;

// One /16 unpacked, a cell for each /24: the form in which changes are made. Packing it finds the
// fewest cells that say the same, so that the shape depends on the content only.
//
// A cell that is not deep is as it is in a block. A deep one has the number of its deep block; with
// kFresh, it is a new one that has no place yet.
using Unpacked = std::array<uint32_t, kSlotCells>;
constexpr uint32_t kDeepTag = 1u << 31;
constexpr uint32_t kFresh = 1u << 30;

constexpr bool is_deep(uint32_t cell) { return (cell & kDeepTag) != 0; }
constexpr uint32_t number_of(uint32_t cell) { return cell & ~(kDeepTag | kFresh); }
constexpr uint32_t make_entry(uint32_t base, unsigned shift) { return base << kShiftBits | shift; }

// The largest shift that these cells allow: each boundary between two of them stands at a multiple
// of a packed cell. A deep cell equals no other, so that it is never packed together with one.
unsigned shift_for(const Unpacked& cells) {
  uint32_t boundaries = kSlotCells;
  for (uint32_t i = 1; i < kSlotCells && (boundaries & 1) == 0; ++i) {
    if (cells[i] != cells[i - 1]) boundaries |= i;
  }
  return kFinestShift + static_cast<unsigned>(std::countr_zero(boundaries));
}

template <class Cell>
class BlocksOf final : public Blocks {
 public:
  BlocksOf() : cells_(kCellsMax), deep_(size_t{kLinesMax} << kDeepOrder) {
    cells_.allocate(kOwnNumbersOrder);
  }

  Wide4::View pointers() const noexcept override {
    return {{nullptr, cells_.data(), deep_.data(), palette_.words(), kNoRoute}, 8 * sizeof(Cell)};
  }

  bool admit(std::span<const ValueRange> ranges) override;
  uint32_t entry_of(uint32_t value) override { return one_value_entry(cell_of(value)); }
  std::optional<uint32_t> change(const SlotChange& change, Trail trail) override;
  std::optional<Store> change_in_place(const SlotChange& change, Trail trail) override;

  void replace(uint32_t entry, Trail trail) const override {
    replace_block(entry, trail);
    if (kDeepFollow || shift_of(entry) != kFinestShift) return;
    for (uint32_t i = 0; i < kSlotCells; ++i)
      replace_deep(unpacked(cells_[base_of(entry) + i]), trail);
  }
  void release(std::span<const Block> blocks) noexcept override {
    for (const Block& block : blocks)
      (block.is_deep ? deep_ : cells_).release(block.first, block.order);
  }
  void store(const Store& store) noexcept override {
    Cell& cell = (store.where == Store::Where::DeepCell ? deep_ : cells_)[store.index];
    __atomic_store_n(&cell, static_cast<Cell>(store.value), __ATOMIC_RELEASE);
  }
  size_t bytes(uint32_t numbers) const noexcept override {
    const size_t in_use = kHasPalette<Cell> ? Palette::kCodes : numbers;
    const size_t unused = (size_t{1} << kOwnNumbersOrder) - in_use;
    return cells_.bytes_used() - unused * sizeof(Cell) + deep_.bytes_used();
  }

 private:
  // 256 cells: a block at its finest, or a deep one. Loops go over a copy, of which the compiler
  // knows that nothing else writes it: so they become vector instructions.
  using Line = std::array<Cell, kSlotCells>;
  static_assert(kSlotCells == kDeepCells);
  // Whether deep blocks follow the cells of their /16, or are in a place of their own.
  static constexpr bool kDeepFollow = kHasPalette<Cell>;
  static constexpr size_t kCellsMax = size_t{1} << (32 - kShiftBits);
  static constexpr uint32_t kLinesMax = kDeepFollow ? 1 : sizeof(Cell) == 2 ? kDeep<Cell> : 1 << 20;
  // The first cells hold their own numbers: where the entries of one value lead.
  static constexpr unsigned kOwnNumbersOrder = sizeof(Cell) == 1 ? 8 : sizeof(Cell) == 2 ? 15 : 24;
  static constexpr unsigned kBlockOrderMin = Pool<Cell>::kOrderMin;

  uint32_t cell_of(uint32_t value) const {
    return kHasPalette<Cell> ? palette_.code_of(value) : value + 1;  // kNoRoute becomes 0
  }
  static uint32_t unpacked(Cell cell);
  static Cell packed(uint32_t cell);

  // The first cell of a deep block. `entry`: of the slot as it was unpacked.
  const Cell* deep_at(uint32_t entry, uint32_t cell) const;
  uint32_t count_deep(const Unpacked& cells) const;
  static unsigned block_order(unsigned shift, uint32_t deep);
  Line read_line(uint32_t entry) const {
    Line line;
    std::copy_n(&cells_[base_of(entry)], kSlotCells, line.begin());
    return line;
  }
  void place_deep(const SlotChange& change, Unpacked& cells, uint32_t base);
  unsigned order_of_block(uint32_t entry) const;
  Line deep_content(RangeCursor& ranges, uint32_t first) const;
  uint32_t deep_cell(const Line& content, const SlotChange& change, uint32_t before, Trail trail);

  void unpack(uint32_t entry, Unpacked& cells);
  bool paint(const SlotChange& change, Unpacked& cells, Trail trail);
  std::optional<uint32_t> pack(const SlotChange& change, Unpacked& cells, Trail trail);
  uint32_t one_value_entry(uint32_t cell);
  std::optional<Store> one_store(const SlotChange& change, const Unpacked& before,
                                 const Unpacked& after) const;
  std::optional<Store> one_deep_store(const SlotChange& change, uint32_t cell) const;
  std::optional<Store> quick_store(const SlotChange& change) const;

  static uint32_t allocate(Pool<Cell>& pool, unsigned order, bool is_deep, Trail trail);
  void replace_block(uint32_t entry, Trail trail) const {
    if (shift_of(entry) == kOneValueShift) return;
    trail.replaced.push_back({base_of(entry), static_cast<uint8_t>(order_of_block(entry)), false});
  }
  static void replace_deep(uint32_t cell, Trail trail) {
    if (!kDeepFollow && is_deep(cell))
      trail.replaced.push_back({number_of(cell) << kDeepOrder, kDeepOrder, true});
  }

  Pool<Cell> cells_;
  Pool<Cell> deep_;
  std::vector<Line> fresh_;  // scratch: of the slot that is changed
};

template <class Cell>
bool BlocksOf<Cell>::admit(std::span<const ValueRange> ranges) {
  constexpr uint32_t kMax = sizeof(Cell) == 2 ? kDeep<Cell> - 2 : kValueMax;
  return std::all_of(ranges.begin(), ranges.end(), [this](const ValueRange& range) {
    if (range.value == kNoRoute) return true;
    return range.value <= kMax && (!kHasPalette<Cell> || palette_.admit(range.value));
  });
}

template <class Cell>
uint32_t BlocksOf<Cell>::allocate(Pool<Cell>& pool, unsigned order, bool is_deep, Trail trail) {
  auto& made = trail.made;  // room first, so that no block is lost
  if (made.size() == made.capacity()) made.reserve(made.size() * 2 + 4);
  made.push_back({pool.allocate(order), static_cast<uint8_t>(order), is_deep});
  return made.back().first;
}

// ---- one /16, packed and unpacked

template <class Cell>
uint32_t BlocksOf<Cell>::unpacked(Cell cell) {
  if (kHasPalette<Cell>)
    return cell < kFirstDeepCode ? cell : kDeepTag | (cell - kFirstDeepCode + 1);
  return (cell & kDeep<Cell>) == 0 ? cell : kDeepTag | (cell & (kDeep<Cell> - 1));
}

template <class Cell>
Cell BlocksOf<Cell>::packed(uint32_t cell) {
  if (!is_deep(cell)) return static_cast<Cell>(cell);
  return static_cast<Cell>(kHasPalette<Cell> ? number_of(cell) - 1 + kFirstDeepCode
                                             : number_of(cell) | kDeep<Cell>);
}

template <class Cell>
void BlocksOf<Cell>::unpack(uint32_t entry, Unpacked& cells) {
  fresh_.clear();
  const Cell* block = &cells_[base_of(entry)];
  const uint32_t step = 1u << (shift_of(entry) - kFinestShift);
  if (step == 1) {
    const Line line = read_line(entry);
    for (uint32_t i = 0; i < kSlotCells; ++i) cells[i] = unpacked(line[i]);
    return;
  }
  for (uint32_t i = 0; i < kSlotCells; i += step)
    std::fill_n(cells.begin() + i, step, unpacked(*block++));
}

template <class Cell>
const Cell* BlocksOf<Cell>::deep_at(uint32_t entry, uint32_t cell) const {
  if (!kDeepFollow) return &deep_[number_of(cell) << kDeepOrder];
  if ((cell & kFresh) != 0) return fresh_[number_of(cell)].data();
  return &cells_[base_of(entry) + (number_of(cell) << kDeepOrder)];
}

// Deep blocks that follow cells.
template <class Cell>
uint32_t BlocksOf<Cell>::count_deep(const Unpacked& cells) const {
  if (!kDeepFollow) return 0;
  uint32_t count = 0;
  for (const uint32_t cell : cells) count += is_deep(cell) ? 1 : 0;
  return count;
}

template <class Cell>
unsigned BlocksOf<Cell>::block_order(unsigned shift, uint32_t deep) {
  if (deep != 0) return kDeepOrder + static_cast<unsigned>(std::bit_width(deep));
  return std::max(kOneValueShift - shift, kBlockOrderMin);
}

template <class Cell>
unsigned BlocksOf<Cell>::order_of_block(uint32_t entry) const {
  if (!kDeepFollow || shift_of(entry) != kFinestShift) return block_order(shift_of(entry), 0);
  Cell last = 0;
  for (const Cell cell : read_line(entry)) last = std::max(last, cell);
  return block_order(kFinestShift, last < kFirstDeepCode ? 0 : last - kFirstDeepCode + 1);
}

// Deep blocks of a new block, which get the numbers of their places in it.
template <class Cell>
void BlocksOf<Cell>::place_deep(const SlotChange& change, Unpacked& cells, uint32_t base) {
  uint32_t number = 0;
  for (uint32_t& cell : cells) {
    if (!is_deep(cell)) continue;
    const Cell* content = deep_at(change.entry, cell);
    cell = kDeepTag | ++number;
    std::copy_n(content, kDeepCells, &cells_[base + (number << kDeepOrder)]);
  }
}

template <class Cell>
std::optional<uint32_t> BlocksOf<Cell>::pack(const SlotChange& change, Unpacked& cells,
                                             Trail trail) {
  const unsigned shift = shift_for(cells);
  if (shift == kOneValueShift) return one_value_entry(cells[0]);
  const uint32_t deep = shift == kFinestShift ? count_deep(cells) : 0;
  const unsigned order = block_order(shift, deep);
  if (deep > kDeepCodes) return std::nullopt;
  if (cells_.bytes_touched() / sizeof(Cell) + (size_t{2} << order) > kCellsMax) return std::nullopt;
  const uint32_t base = allocate(cells_, order, false, trail);
  if (deep != 0) place_deep(change, cells, base);
  Line line;
  const uint32_t step = 1u << (shift - kFinestShift);
  for (uint32_t i = 0; i < kSlotCells / step; ++i) line[i] = packed(cells[i * step]);
  std::copy_n(line.begin(), kSlotCells / step, &cells_[base]);
  return make_entry(base, shift);
}

template <class Cell>
uint32_t BlocksOf<Cell>::one_value_entry(uint32_t cell) {
  // The same number every time; readers may be looking at it.
  if (cells_[cell] != cell)
    __atomic_store_n(&cells_[cell], static_cast<Cell>(cell), __ATOMIC_RELEASE);
  return make_entry(cell, kOneValueShift);
}

// ---- what ranges say

template <class Cell>
typename BlocksOf<Cell>::Line BlocksOf<Cell>::deep_content(RangeCursor& ranges,
                                                           uint32_t first) const {
  Line content;
  for (uint32_t i = 0; i < kDeepCells;) {
    ranges.seek(first + i);
    const uint32_t end = std::min(ranges.last() - first, kDeepCells - 1) + 1;
    const auto cell = static_cast<Cell>(cell_of(ranges.value()));
    while (i < end) content[i++] = cell;
  }
  return content;
}

// A deep block with this content, the one that is there where it stays; 0 where there can be no
// more.
template <class Cell>
uint32_t BlocksOf<Cell>::deep_cell(const Line& content, const SlotChange& change, uint32_t before,
                                   Trail trail) {
  if (is_deep(before) && std::equal(content.begin(), content.end(), deep_at(change.entry, before)))
    return before;
  if (kDeepFollow) {
    fresh_.push_back(content);
    return kDeepTag | kFresh | static_cast<uint32_t>(fresh_.size() - 1);
  }
  if (deep_.bytes_used() == kLinesMax * sizeof(Line)) return 0;
  const uint32_t first = allocate(deep_, kDeepOrder, true, trail);
  std::copy(content.begin(), content.end(), &deep_[first]);
  return kDeepTag | first >> kDeepOrder;
}

template <class Cell>
bool BlocksOf<Cell>::paint(const SlotChange& change, Unpacked& cells, Trail trail) {
  const auto set = [&](uint32_t i, uint32_t cell) {
    if (cells[i] != cell) replace_deep(cells[i], trail);
    cells[i] = cell;
  };
  RangeCursor cursor(change.ranges);
  for (uint32_t i = change.first; i <= change.last;) {
    const uint32_t address = change.slot << 16 | i << kDeepOrder;
    cursor.seek(address);
    // Whole /24s up to the end of the range; where there is none, one of several ranges.
    const uint32_t decided = std::min(cursor.last(), change.slot << 16 | 0xFFFF) - address + 1;
    const uint32_t end = std::min(i + (decided >> kDeepOrder), change.last + 1);
    if (i == end) {
      const uint32_t cell = deep_cell(deep_content(cursor, address), change, cells[i], trail);
      if (cell == 0) return false;
      set(i++, cell);
      continue;
    }
    for (const uint32_t cell = cell_of(cursor.value()); i < end; ++i) set(i, cell);
  }
  return true;
}

// ---- changes

template <class Cell>
std::optional<uint32_t> BlocksOf<Cell>::change(const SlotChange& change, Trail trail) {
  Unpacked before;
  unpack(change.entry, before);
  Unpacked after = before;
  if (!paint(change, after, trail)) return std::nullopt;
  if (after == before) return change.entry;
  replace_block(change.entry, trail);
  return pack(change, after, trail);
}

template <class Cell>
std::optional<Store> BlocksOf<Cell>::change_in_place(const SlotChange& change, Trail trail) {
  if (const auto store = quick_store(change)) return store;
  Unpacked before;
  unpack(change.entry, before);
  if (const auto store = one_deep_store(change, before[change.first])) return store;
  Unpacked after = before;
  if (!paint(change, after, trail)) return std::nullopt;
  if (const auto store = one_store(change, before, after)) return store;
  replace_block(change.entry, trail);
  const auto entry = pack(change, after, trail);
  if (!entry) return std::nullopt;
  return Store{Store::Where::Slot, change.slot, *entry};
}

// Most changes: one /24 of a block that has a cell for each, and that needs them whatever this cell
// says, as two others in the same cache line show. Nothing else of the block is read.
template <class Cell>
std::optional<Store> BlocksOf<Cell>::quick_store(const SlotChange& change) const {
  constexpr uint32_t kLineCells = 64 / sizeof(Cell);
  if (shift_of(change.entry) != kFinestShift || change.first != change.last) return std::nullopt;
  const Cell* block = &cells_[base_of(change.entry)];
  if (change.ranges.size() != 1 || is_deep(unpacked(block[change.first]))) return std::nullopt;
  const uint32_t cell = cell_of(change.ranges[0].value);
  if (cell == block[change.first]) return Store{};
  const uint32_t line = change.first / kLineCells * kLineCells;
  for (uint32_t i = line; i < line + kLineCells; i += 2) {
    if (i == (change.first & ~1u) || block[i] == block[i + 1]) continue;
    return Store{Store::Where::Cell, base_of(change.entry) + change.first, cell};
  }
  return std::nullopt;
}

template <class Cell>
std::optional<Store> BlocksOf<Cell>::one_store(const SlotChange& change, const Unpacked& before,
                                               const Unpacked& after) const {
  const unsigned shift = shift_of(change.entry);
  const uint32_t step = 1u << (shift - kFinestShift);
  Store found;
  for (uint32_t i = change.first / step * step; i <= change.last; i += step) {
    if (before[i] == after[i]) continue;
    // Deep blocks that follow cells are numbered anew when one comes or goes.
    if (kDeepFollow && (is_deep(before[i]) || is_deep(after[i]))) return std::nullopt;
    if (found.where != Store::Where::Nowhere) return std::nullopt;
    found = {Store::Where::Cell, base_of(change.entry) + i / step, packed(after[i])};
  }
  if (found.where == Store::Where::Nowhere && before == after) return found;
  if (shift == kOneValueShift || shift_for(after) != shift) return std::nullopt;
  return found;
}

template <class Cell>
std::optional<Store> BlocksOf<Cell>::one_deep_store(const SlotChange& change, uint32_t cell) const {
  if (change.first != change.last || !is_deep(cell) || change.ranges.size() == 1)
    return std::nullopt;
  RangeCursor cursor(change.ranges);
  const Line content = deep_content(cursor, change.slot << 16 | change.first << kDeepOrder);
  const Cell* block = deep_at(change.entry, cell);
  Store found;
  for (uint32_t i = 0; i < kDeepCells; ++i) {
    if (block[i] == content[i]) continue;
    if (found.where != Store::Where::Nowhere) return std::nullopt;
    found = kDeepFollow ? Store{Store::Where::Cell, 0, content[i]}
                        : Store{Store::Where::DeepCell, 0, content[i]};
    found.index = static_cast<uint32_t>(&block[i] - (kDeepFollow ? cells_ : deep_).data());
  }
  return found;
}

}  // namespace

std::shared_ptr<Blocks> Blocks::make(unsigned cell_bits) {
  if (cell_bits == 8) return std::make_shared<BlocksOf<uint8_t>>();
  if (cell_bits == 16) return std::make_shared<BlocksOf<uint16_t>>();
  return std::make_shared<BlocksOf<uint32_t>>();
}

}  // namespace isthmus::dataplane::wide4
