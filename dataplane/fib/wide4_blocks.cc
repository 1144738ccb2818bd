#include "dataplane/fib/wide4_blocks.h"

#include <algorithm>
#include <array>
#include <bit>

#include "dataplane/fib/pool.h"

namespace isthmus::dataplane::wide4 {
namespace {

constexpr unsigned kFinestShift = 8;  // a cell decides a /24
constexpr unsigned kDeepOrder = 8;    // a deep block decides a /24 address by address

constexpr uint32_t make_entry(uint32_t base, unsigned shift) { return base << kShiftBits | shift; }
constexpr unsigned block_order(unsigned shift) { return kOneValueShift - shift; }

// Cells is one /16 unpacked, a cell for each /24: the form in which changes are made. Packing it
// finds the fewest cells that say the same, so that the shape depends on the content only.
template <class Cell>
class BlocksOf final : public Blocks {
 public:
  BlocksOf() : cells_(kCellsMax), deep_(size_t{kDeepBlocksMax} << kDeepOrder) {
    cells_.allocate(kOwnNumbersOrder);
  }

  Wide4::View pointers() const noexcept override {
    return {{nullptr, cells_.data(), deep_.data(), kNoRoute}, sizeof(Cell) == 4};
  }
  uint32_t value_max() const noexcept override { return (1u << kOwnNumbersOrder) - 2; }

  uint32_t one_value_entry(uint32_t cell) override;
  std::optional<uint32_t> change(const SlotChange& change, Trail trail) override;
  std::optional<Store> change_in_place(const SlotChange& change, Trail trail) override;

  void replace(uint32_t entry, Trail trail) const override {
    replace_block(entry, trail);
    if (shift_of(entry) != kFinestShift) return;
    for (uint32_t i = 0; i < kSlotCells; ++i) replace_deep(cells_[base_of(entry) + i], trail);
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
    const size_t unused = (size_t{1} << kOwnNumbersOrder) - numbers;
    return cells_.bytes_used() - unused * sizeof(Cell) + deep_.bytes_used();
  }

 private:
  using Cells = std::array<Cell, kSlotCells>;
  static constexpr uint32_t kDeepBit = kDeep<Cell>;
  static constexpr size_t kCellsMax = size_t{1} << (32 - kShiftBits);
  static constexpr uint32_t kDeepBlocksMax = sizeof(Cell) == 2 ? kDeepBit : 1 << 20;
  // The first cells hold their own numbers: where the entries of one value lead.
  static constexpr unsigned kOwnNumbersOrder = sizeof(Cell) == 2 ? 15 : 24;

  static bool is_deep(uint32_t cell) { return (cell & kDeepBit) != 0; }
  static uint32_t deep_base(uint32_t cell) { return (cell & ~kDeepBit) << kDeepOrder; }
  static unsigned shift_for(const Cells& cells);
  static Cells deep_content(RangeCursor& ranges, uint32_t first);
  void unpack(uint32_t entry, Cells& cells) const;
  bool paint(const SlotChange& change, Cells& cells, Trail trail);
  uint32_t pack(const Cells& cells, Trail trail);
  uint32_t deep_cell(const Cells& content, uint32_t before, Trail trail);
  std::optional<Store> one_store(const SlotChange& change, const Cells& before,
                                 const Cells& after) const;
  std::optional<Store> one_deep_store(const SlotChange& change, uint32_t cell) const;
  std::optional<Store> quick_store(const SlotChange& change) const;

  static uint32_t allocate(Pool<Cell>& pool, unsigned order, bool is_deep, Trail trail);
  static void replace_block(uint32_t entry, Trail trail) {
    if (shift_of(entry) == kOneValueShift) return;
    const unsigned order = block_order(shift_of(entry));
    trail.replaced.push_back({base_of(entry), static_cast<uint8_t>(order), false});
  }
  static void replace_deep(uint32_t cell, Trail trail) {
    if (is_deep(cell)) trail.replaced.push_back({deep_base(cell), kDeepOrder, true});
  }

  Pool<Cell> cells_;
  Pool<Cell> deep_;
};

template <class Cell>
uint32_t BlocksOf<Cell>::allocate(Pool<Cell>& pool, unsigned order, bool is_deep, Trail trail) {
  auto& made = trail.made;  // room first, so that no block is lost
  if (made.size() == made.capacity()) made.reserve(made.size() * 2 + 4);
  made.push_back({pool.allocate(order), static_cast<uint8_t>(order), is_deep});
  return made.back().first;
}

template <class Cell>
void BlocksOf<Cell>::unpack(uint32_t entry, Cells& cells) const {
  const Cell* block = &cells_[base_of(entry)];
  if (shift_of(entry) == kFinestShift) {
    std::copy_n(block, kSlotCells, cells.begin());
    return;
  }
  const uint32_t step = 1u << (shift_of(entry) - kFinestShift);
  for (uint32_t i = 0; i < kSlotCells; i += step) std::fill_n(cells.begin() + i, step, *block++);
}

// The largest shift that these cells allow: each boundary between two of them stands at a multiple
// of a packed cell. A deep cell equals no other, so that it is never packed together with one.
template <class Cell>
unsigned BlocksOf<Cell>::shift_for(const Cells& cells) {
  uint32_t boundaries = kSlotCells;
  for (uint32_t i = 1; i < kSlotCells && (boundaries & 1) == 0; ++i) {
    if (cells[i] != cells[i - 1]) boundaries |= i;
  }
  return kFinestShift + static_cast<unsigned>(std::countr_zero(boundaries));
}

template <class Cell>
uint32_t BlocksOf<Cell>::pack(const Cells& cells, Trail trail) {
  const unsigned shift = shift_for(cells);
  if (shift == kOneValueShift) return one_value_entry(cells[0]);
  const uint32_t base = allocate(cells_, block_order(shift), false, trail);
  const uint32_t step = 1u << (shift - kFinestShift);
  Cell* block = &cells_[base];
  for (uint32_t i = 0; i < kSlotCells; i += step) *block++ = cells[i];
  return make_entry(base, shift);
}

template <class Cell>
uint32_t BlocksOf<Cell>::one_value_entry(uint32_t cell) {
  // The same number every time; readers may be looking at it.
  if (cells_[cell] != cell)
    __atomic_store_n(&cells_[cell], static_cast<Cell>(cell), __ATOMIC_RELEASE);
  return make_entry(cell, kOneValueShift);
}

template <class Cell>
typename BlocksOf<Cell>::Cells BlocksOf<Cell>::deep_content(RangeCursor& ranges, uint32_t first) {
  Cells content;
  for (uint32_t i = 0; i < kSlotCells; ++i) {
    ranges.seek(first + i);
    content[i] = static_cast<Cell>(cell_of(ranges.value()));
  }
  return content;
}

// A deep block with this content, the one that is there where it stays; 0 where there can be no
// more.
template <class Cell>
uint32_t BlocksOf<Cell>::deep_cell(const Cells& content, uint32_t before, Trail trail) {
  if (is_deep(before) && std::equal(content.begin(), content.end(), &deep_[deep_base(before)]))
    return before;
  if (deep_.bytes_used() == kDeepBlocksMax * sizeof(Cells)) return 0;
  const uint32_t first = allocate(deep_, kDeepOrder, true, trail);
  std::copy(content.begin(), content.end(), &deep_[first]);
  return kDeepBit | first >> kDeepOrder;
}

template <class Cell>
bool BlocksOf<Cell>::paint(const SlotChange& change, Cells& cells, Trail trail) {
  const auto set = [&](uint32_t i, uint32_t cell) {
    if (cells[i] != cell) replace_deep(cells[i], trail);
    cells[i] = static_cast<Cell>(cell);
  };
  RangeCursor cursor(change.ranges);
  for (uint32_t i = change.first; i <= change.last;) {
    const uint32_t address = change.slot << 16 | i << kDeepOrder;
    cursor.seek(address);
    // Whole /24s up to the end of the range; where there is none, one of several ranges.
    const uint32_t decided = std::min(cursor.last(), change.slot << 16 | 0xFFFF) - address + 1;
    const uint32_t end = std::min(i + (decided >> kDeepOrder), change.last + 1);
    if (i == end) {
      const uint32_t cell = deep_cell(deep_content(cursor, address), cells[i], trail);
      if (cell == 0) return false;
      set(i++, cell);
      continue;
    }
    for (const uint32_t cell = cell_of(cursor.value()); i < end; ++i) set(i, cell);
  }
  return true;
}

template <class Cell>
std::optional<uint32_t> BlocksOf<Cell>::change(const SlotChange& change, Trail trail) {
  Cells before;
  unpack(change.entry, before);
  Cells after = before;
  if (!paint(change, after, trail)) return std::nullopt;
  if (after == before) return change.entry;
  replace_block(change.entry, trail);
  return pack(after, trail);
}

template <class Cell>
std::optional<Store> BlocksOf<Cell>::change_in_place(const SlotChange& change, Trail trail) {
  if (const auto store = quick_store(change)) return store;
  Cells before;
  unpack(change.entry, before);
  if (const auto store = one_deep_store(change, before[change.first])) return store;
  Cells after = before;
  if (!paint(change, after, trail)) return std::nullopt;
  if (const auto store = one_store(change, before, after)) return store;
  replace_block(change.entry, trail);
  return Store{Store::Where::Slot, change.slot, pack(after, trail)};
}

// Most changes: one /24 of a block that has a cell for each, and that needs them whatever this cell
// says, as two others in the same cache line show. Nothing else of the block is read.
template <class Cell>
std::optional<Store> BlocksOf<Cell>::quick_store(const SlotChange& change) const {
  constexpr uint32_t kLineCells = 64 / sizeof(Cell);
  if (shift_of(change.entry) != kFinestShift || change.first != change.last) return std::nullopt;
  const Cell* block = &cells_[base_of(change.entry)];
  if (change.ranges.size() != 1 || is_deep(block[change.first])) return std::nullopt;
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
std::optional<Store> BlocksOf<Cell>::one_store(const SlotChange& change, const Cells& before,
                                               const Cells& after) const {
  const unsigned shift = shift_of(change.entry);
  const uint32_t step = 1u << (shift - kFinestShift);
  Store found;
  for (uint32_t i = change.first / step * step; i <= change.last; i += step) {
    if (before[i] == after[i]) continue;
    if (found.where != Store::Where::Nowhere) return std::nullopt;
    found = {Store::Where::Cell, base_of(change.entry) + i / step, after[i]};
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
  const Cells content = deep_content(cursor, change.slot << 16 | change.first << kDeepOrder);
  Store found;
  for (uint32_t i = 0; i < kSlotCells; ++i) {
    const uint32_t index = deep_base(cell) + i;
    if (deep_[index] == content[i]) continue;
    if (found.where != Store::Where::Nowhere) return std::nullopt;
    found = {Store::Where::DeepCell, index, content[i]};
  }
  return found;
}

}  // namespace

std::shared_ptr<Blocks> Blocks::make(bool wide) {
  if (wide) return std::make_shared<BlocksOf<uint32_t>>();
  return std::make_shared<BlocksOf<uint16_t>>();
}

}  // namespace isthmus::dataplane::wide4
