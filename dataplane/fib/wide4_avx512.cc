#include "dataplane/fib/wide4_kernel.h"

#if defined(__x86_64__)
#if defined(__clang__)
#include <immintrin.h>
#else  // g++ 12 takes the intrinsics' own undefined operands for mistakes (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

namespace isthmus::dataplane::wide4 {
namespace {

constexpr size_t kLanes = 16;

// The last few of a burst: a stage of copies, so that the loop has one shape.
template <class Cell>
void lookup_rest(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count);

inline __m512i all(uint32_t value) { return _mm512_set1_epi32(static_cast<int>(value)); }

// cell_index() of a stage.
inline void find_cells(const Pointers& table, const uint32_t* addresses, uint32_t* index) {
#pragma GCC unroll 4
  for (size_t i = 0; i < kStage; i += kLanes) {
    const __m512i address = _mm512_loadu_si512(addresses + i);
    const __m512i slot = _mm512_i32gather_epi32(_mm512_srli_epi32(address, 16), table.slots, 4);
    // A variable shift counts modulo nothing: 16 and more give 0, so the shift must stand alone.
    const __m512i shift = _mm512_and_si512(slot, all((1 << kShiftBits) - 1));
    const __m512i offset = _mm512_srlv_epi32(_mm512_and_si512(address, all(0xFFFF)), shift);
    _mm512_storeu_si512(index + i, _mm512_add_epi32(_mm512_srli_epi32(slot, kShiftBits), offset));
  }
}

inline __mmask16 are_below(__m512i words, int32_t limit) {
  return _mm512_cmplt_epi32_mask(words, _mm512_set1_epi32(limit));
}

// Slots by gather (256 KB: they stay in the second-level cache), cells by plain loads: measured
// faster than gathering both, or neither.
template <class Cell>
inline void lookup_stage(const Pointers& table, const uint32_t* addresses, uint32_t* values) {
  alignas(64) uint32_t index[kStage];
  find_cells(table, addresses, index);
  const Cells<Cell> cells = cells_of<Cell>(table);
#pragma GCC unroll 16
  for (size_t i = 0; i < kStage; ++i) values[i] = word_of(cells, index[i]);
  unsigned deep = 0;
#pragma GCC unroll 4
  for (size_t i = 0; i < kStage; i += kLanes)
    deep |= are_below(_mm512_loadu_si512(values + i), kDeepBelow<Cell>);
  if (__builtin_expect(deep != 0, 0)) look_deeper<Cell>(table, addresses, index, values, kStage);
  if (words_are_values<Cell>(table)) return;
#pragma GCC unroll 4
  for (size_t i = 0; i < kStage; i += kLanes) {
    const __m512i word = _mm512_loadu_si512(values + i);
    const __mmask16 is_default = _mm512_cmpeq_epi32_mask(word, all(kDefaultWord<Cell>));
    const __m512i value = _mm512_sub_epi32(word, all(kWordOfValue0<Cell>));
    _mm512_storeu_si512(values + i,
                        _mm512_mask_mov_epi32(value, is_default, all(table.default_value)));
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

const Loops kAvx512Loops = {&lookup<uint8_t>, &lookup<uint16_t>, &lookup<uint32_t>};

}  // namespace isthmus::dataplane::wide4
#endif
