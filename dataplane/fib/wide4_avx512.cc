#include "dataplane/fib/wide4_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace isthmus::dataplane::wide4 {
namespace {

constexpr size_t kLanes = 16;

// The last few of a burst: a stage of copies, so that the loop has one shape.
template <class Cell>
void lookup_rest(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count);

// Slots by gather (256 KB: they stay in the second-level cache), cells by plain loads: measured
// faster than gathering both, or neither.
template <class Cell>
inline void lookup_stage(const Pointers& table, const uint32_t* addresses, uint32_t* values) {
  alignas(64) uint32_t index[kStage];
  const __m512i low16 = _mm512_set1_epi32(0xFFFF);
#pragma GCC unroll 4
  for (size_t i = 0; i < kStage; i += kLanes) {
    const __m512i address = _mm512_loadu_si512(addresses + i);
    const __m512i slot = _mm512_i32gather_epi32(_mm512_srli_epi32(address, 16), table.slots, 4);
    // A variable shift counts modulo nothing: 16 and more give 0, so the shift must stand alone.
    const __m512i shift = _mm512_and_si512(slot, _mm512_set1_epi32((1 << kShiftBits) - 1));
    const __m512i offset = _mm512_srlv_epi32(_mm512_and_si512(address, low16), shift);
    _mm512_store_si512(index + i, _mm512_add_epi32(_mm512_srli_epi32(slot, kShiftBits), offset));
  }
  const auto* cells = static_cast<const Cell*>(table.cells);
#pragma GCC unroll 16
  for (size_t i = 0; i < kStage; ++i) index[i] = load_cell(cells + index[i]);

  const __m512i deep_bit = _mm512_set1_epi32(static_cast<int>(kDeep<Cell>));
  const __m512i one = _mm512_set1_epi32(1);
  const __m512i default_value = _mm512_set1_epi32(static_cast<int>(table.default_value));
#pragma GCC unroll 4
  for (size_t i = 0; i < kStage; i += kLanes) {
    __m512i cell = _mm512_load_si512(index + i);
    const __mmask16 deep = _mm512_test_epi32_mask(cell, deep_bit);
    if (__builtin_expect(deep != 0, 0)) {
      const __m512i low8 =
          _mm512_and_si512(_mm512_loadu_si512(addresses + i), _mm512_set1_epi32(0xFF));
      const __m512i at =
          _mm512_or_si512(_mm512_slli_epi32(_mm512_andnot_si512(deep_bit, cell), 8), low8);
      cell = _mm512_mask_i32gather_epi32(cell, deep, at, table.deep, sizeof(Cell));
      if (sizeof(Cell) == 2) cell = _mm512_and_si512(cell, low16);
    }
    const __mmask16 is_default = _mm512_testn_epi32_mask(cell, cell);
    const __m512i value =
        _mm512_mask_mov_epi32(_mm512_sub_epi32(cell, one), is_default, default_value);
    _mm512_storeu_si512(values + i, value);
  }
}

template <class Cell>
void lookup(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count) {
  for (; count >= kStage; count -= kStage, addresses += kStage, values += kStage)
    lookup_stage<Cell>(table, addresses, values);
  if (count != 0) lookup_rest<Cell>(table, addresses, values, count);
}

template <class Cell>
void lookup_rest(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count) {
  if (count < kLanes / 2) {
    for (size_t i = 0; i < count; ++i) values[i] = lookup_one<Cell>(table, addresses[i]);
    return;
  }
  alignas(64) uint32_t padded[kStage] = {};
  alignas(64) uint32_t found[kStage];
  for (size_t i = 0; i < count; ++i) padded[i] = addresses[i];
  lookup_stage<Cell>(table, padded, found);
  for (size_t i = 0; i < count; ++i) values[i] = found[i];
}

}  // namespace

const Loops kAvx512Loops = {&lookup<uint16_t>, &lookup<uint32_t>};

}  // namespace isthmus::dataplane::wide4
#endif
