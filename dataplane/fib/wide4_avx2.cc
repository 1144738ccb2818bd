#include "dataplane/fib/wide4_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace isthmus::dataplane::wide4 {
namespace {

constexpr size_t kLanes = 8;

inline __m256i load(const uint32_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
inline void store(uint32_t* to, __m256i what) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), what);
}
inline __m256i all(uint32_t value) { return _mm256_set1_epi32(static_cast<int>(value)); }

// cell_index() of a stage.
inline void find_cells(const Pointers& table, const uint32_t* addresses, uint32_t* index) {
  for (size_t i = 0; i < kStage; i += kLanes) {
    const __m256i address = load(addresses + i);
    const __m256i slot = _mm256_i32gather_epi32(reinterpret_cast<const int*>(table.slots),
                                                _mm256_srli_epi32(address, 16), 4);
    const __m256i shift = _mm256_and_si256(slot, all((1 << kShiftBits) - 1));
    const __m256i offset = _mm256_srlv_epi32(_mm256_and_si256(address, all(0xFFFF)), shift);
    store(index + i, _mm256_add_epi32(_mm256_srli_epi32(slot, kShiftBits), offset));
  }
}

template <class Cell>
inline void lookup_stage(const Pointers& table, const uint32_t* addresses, uint32_t* values) {
  alignas(64) uint32_t index[kStage];
  find_cells(table, addresses, index);
  const Cells<Cell> cells = cells_of<Cell>(table);
#pragma GCC unroll 16
  for (size_t i = 0; i < kStage; ++i) values[i] = word_of(cells, index[i]);
  __m256i deep = _mm256_setzero_si256();
  for (size_t i = 0; i < kStage; i += kLanes) {
    deep = _mm256_or_si256(deep, _mm256_cmpgt_epi32(all(kDeepBelow<Cell>), load(values + i)));
  }
  if (__builtin_expect(!_mm256_testz_si256(deep, deep), 0))
    look_deeper<Cell>(table, addresses, index, values, kStage);
  if (words_are_values<Cell>(table)) return;
  for (size_t i = 0; i < kStage; i += kLanes) {
    const __m256i word = load(values + i);
    const __m256i is_default = _mm256_cmpeq_epi32(word, all(kDefaultWord<Cell>));
    const __m256i value = _mm256_sub_epi32(word, all(kWordOfValue0<Cell>));
    store(values + i, _mm256_blendv_epi8(value, all(table.default_value), is_default));
  }
}

template <class Cell>
void lookup(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count) {
  for (; count >= kStage; count -= kStage, addresses += kStage, values += kStage)
    lookup_stage<Cell>(table, addresses, values);
  for (size_t i = 0; i < count; ++i) values[i] = lookup_one<Cell>(table, addresses[i]);
}

}  // namespace

const Loops kAvx2Loops = {&lookup<uint8_t>, &lookup<uint16_t>, &lookup<uint32_t>};

}  // namespace isthmus::dataplane::wide4
#endif
