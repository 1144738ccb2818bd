// The lookup loops of Wide4, one build for each kind of processor. For wide4*.cc; the structure is
// drawn in wide4.h. Functions here are static: each build keeps its own, for its own processor.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isthmus::dataplane::wide4 {

struct Pointers {
  const uint32_t* slots;
  const void* cells;
  const void* deep;
  uint32_t default_value;
};

using Loop = void (*)(const Pointers& table, const uint32_t* addresses, uint32_t* values,
                      size_t count);
struct Loops {
  Loop narrow;  // cells of 16 bits
  Loop wide;    // cells of 32 bits
};

extern const Loops kScalarLoops;
extern const Loops kAvx2Loops;
extern const Loops kAvx512Loops;

constexpr unsigned kShiftBits = 5;
constexpr unsigned kOneValueShift = 16;  // of a /16 that is all one value
constexpr size_t kStage = 64;  // addresses that go through the loads of one level together

template <class Cell>
constexpr uint32_t kDeep = uint32_t{1} << (8 * sizeof(Cell) - 1);

// Slots are read before what they lead to, and cells may be stored while they are read. On x86 both
// are plain loads.
static inline uint32_t load_slot(const uint32_t* slot) {
  return __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}
template <class Cell>
static inline uint32_t load_cell(const Cell* cell) {
  return __atomic_load_n(cell, __ATOMIC_ACQUIRE);
}

static inline uint32_t base_of(uint32_t slot) { return slot >> kShiftBits; }
static inline unsigned shift_of(uint32_t slot) { return slot & ((1u << kShiftBits) - 1); }
static inline uint32_t cell_index(uint32_t slot, uint32_t address) {
  return base_of(slot) + ((address & 0xFFFF) >> shift_of(slot));
}
template <class Cell>
static inline uint32_t deep_index(uint32_t cell, uint32_t address) {
  return (cell & ~kDeep<Cell>) << 8 | (address & 0xFF);
}
static inline uint32_t value_of(uint32_t cell, uint32_t default_value) {
  return cell == 0 ? default_value : cell - 1;
}

template <class Cell>
static inline uint32_t lookup_one(const Pointers& table, uint32_t address) {
  const auto* cells = static_cast<const Cell*>(table.cells);
  uint32_t cell = load_cell(cells + cell_index(load_slot(table.slots + (address >> 16)), address));
  if (__builtin_expect((cell & kDeep<Cell>) != 0, 0)) {
    cell = load_cell(static_cast<const Cell*>(table.deep) + deep_index<Cell>(cell, address));
  }
  return value_of(cell, table.default_value);
}

}  // namespace isthmus::dataplane::wide4
