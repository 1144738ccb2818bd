// The lookup loops of Wide4, one build for each kind of processor. For wide4*.cc; the structure is
// drawn in wide4.h. Functions here are static: each build keeps its own, for its own processor.
//
// What a cell says is a word: the cell itself, or of a cell that is a byte what the palette has for
// it. A deep word is negative, and says which deep block decides.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isthmus::dataplane::wide4 {

struct Pointers {
  const uint32_t* slots;
  const void* cells;
  const void* deep;         // of cells of 16 and 32 bits
  const uint32_t* palette;  // of cells of 8 bits
  uint32_t default_value;
};

using Loop = void (*)(const Pointers& table, const uint32_t* addresses, uint32_t* values,
                      size_t count);
struct Loops {
  Loop cells8;
  Loop cells16;
  Loop cells32;
};

extern const Loops kScalarLoops;
extern const Loops kAvx2Loops;
extern const Loops kAvx512Loops;

constexpr unsigned kShiftBits = 5;
constexpr unsigned kOneValueShift = 16;  // of a /16 that is all one value
constexpr size_t kStage = 64;  // addresses that go through the loads of one level together

template <class Cell>
constexpr bool kHasPalette = sizeof(Cell) == 1;

// Deep cells: codes from here on, or cells with the top bit set.
constexpr uint32_t kDeepCodes = 32;
constexpr uint32_t kFirstDeepCode = 256 - kDeepCodes;
template <class Cell>
constexpr uint32_t kDeep = uint32_t{1} << (8 * sizeof(Cell) - 1);

// Words below this one are deep. In a palette -1 is where the default route decides.
template <class Cell>
constexpr int32_t kDeepBelow = kHasPalette<Cell> ? -1 : 0;
template <class Cell>
static inline bool is_deep_word(uint32_t word) {
  return static_cast<int32_t>(word) < kDeepBelow<Cell>;
}
// Of a palette: the deep blocks of a /16 are numbered from 1 on.
constexpr uint32_t kDeepNumber = 0xFF;
constexpr uint32_t deep_word(uint32_t number) { return uint32_t{1} << 31 | number; }

// Slots are read before what they lead to, and cells may be stored while they are read. On x86 all
// are plain loads.
template <class T>
static inline T load_now(const T* from) {
  return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static inline uint32_t base_of(uint32_t slot) { return slot >> kShiftBits; }
static inline unsigned shift_of(uint32_t slot) { return slot & ((1u << kShiftBits) - 1); }
static inline uint32_t cell_index(uint32_t slot, uint32_t address) {
  return base_of(slot) + ((address & 0xFFFF) >> shift_of(slot));
}

// The pointers that a loop needs, out of the way of the compiler's doubts that a store or an
// acquiring load might change them.
template <class Cell>
struct Cells {
  const Cell* cells;
  const uint32_t* palette;
};
template <class Cell>
static inline Cells<Cell> cells_of(const Pointers& table) {
  return {static_cast<const Cell*>(table.cells), table.palette};
}
// Those that deep_index() counts in.
template <class Cell>
static inline Cells<Cell> deep_cells_of(const Pointers& table) {
  return {static_cast<const Cell*>(kHasPalette<Cell> ? table.cells : table.deep), table.palette};
}
template <class Cell>
static inline uint32_t word_of(Cells<Cell> of, uint32_t index) {
  const Cell cell = load_now(of.cells + index);
  if constexpr (kHasPalette<Cell>) return load_now(of.palette + cell);
  if constexpr (sizeof(Cell) == 2) return static_cast<uint32_t>(static_cast<int16_t>(cell));
  return cell;
}
// `index`: of the cell of the /24, that said `word`. Where cells are bytes, 256 of them are
// followed by the deep blocks.
template <class Cell>
static inline uint32_t deep_index(uint32_t index, uint32_t word, uint32_t address) {
  const uint32_t low8 = address & 0xFF;
  if constexpr (kHasPalette<Cell>)
    return index - (address >> 8 & 0xFF) + ((word & kDeepNumber) << 8) + low8;
  return (word & (kDeep<Cell> - 1)) << 8 | low8;
}
// Replaces the deep words of a stage by those of deep cells.
template <class Cell>
static inline void look_deeper(const Pointers& table, const uint32_t* addresses, uint32_t* index,
                               uint32_t* words, size_t count) {
  const Cells<Cell> cells = deep_cells_of<Cell>(table);
  if constexpr (kHasPalette<Cell>) {
    // What is not deep is read once more: that costs less than a branch for each.
    for (size_t i = 0; i < count; ++i) {
      const uint32_t deep = deep_index<Cell>(index[i], words[i], addresses[i]);
      index[i] = is_deep_word<Cell>(words[i]) ? deep : index[i];
    }
    for (size_t i = 0; i < count; ++i) words[i] = word_of(cells, index[i]);
  } else {
    for (size_t i = 0; i < count; ++i) {
      if (is_deep_word<Cell>(words[i]))
        words[i] = word_of(cells, deep_index<Cell>(index[i], words[i], addresses[i]));
    }
  }
}

// What no deep block decides: the default route's words, and the others' values.
template <class Cell>
constexpr uint32_t kDefaultWord = kHasPalette<Cell> ? ~uint32_t{0} : 0;
template <class Cell>
constexpr uint32_t kWordOfValue0 = kHasPalette<Cell> ? 0 : 1;
template <class Cell>
static inline uint32_t value_of(uint32_t word, uint32_t default_value) {
  return word == kDefaultWord<Cell> ? default_value : word - kWordOfValue0<Cell>;
}
// Whether all words are values as they are.
template <class Cell>
static inline bool words_are_values(const Pointers& table) {
  return kHasPalette<Cell> && table.default_value == kDefaultWord<Cell>;
}

template <class Cell>
static inline uint32_t lookup_one(const Pointers& table, uint32_t address) {
  const uint32_t index = cell_index(load_now(table.slots + (address >> 16)), address);
  uint32_t word = word_of(cells_of<Cell>(table), index);
  if (__builtin_expect(is_deep_word<Cell>(word), 0))
    word = word_of(deep_cells_of<Cell>(table), deep_index<Cell>(index, word, address));
  return value_of<Cell>(word, table.default_value);
}

}  // namespace isthmus::dataplane::wide4
