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

template <class Cell>
inline void lookup_stage(const Pointers& table, const uint32_t* addresses, uint32_t* values) {
  alignas(64) uint32_t index[kStage];
  for (size_t i = 0; i < kStage; i += kLanes) {
    const __m256i address = load(addresses + i);
    const __m256i slot = _mm256_i32gather_epi32(reinterpret_cast<const int*>(table.slots),
                                                _mm256_srli_epi32(address, 16), 4);
    const __m256i shift = _mm256_and_si256(slot, _mm256_set1_epi32((1 << kShiftBits) - 1));
    const __m256i offset =
        _mm256_srlv_epi32(_mm256_and_si256(address, _mm256_set1_epi32(0xFFFF)), shift);
    store(index + i, _mm256_add_epi32(_mm256_srli_epi32(slot, kShiftBits), offset));
  }
  const auto* cells = static_cast<const Cell*>(table.cells);
  uint32_t any = 0;
#pragma GCC unroll 16
  for (size_t i = 0; i < kStage; ++i) {
    index[i] = load_cell(cells + index[i]);
    any |= index[i];
  }
  if (__builtin_expect((any & kDeep<Cell>) != 0, 0)) {
    const auto* deep = static_cast<const Cell*>(table.deep);
    for (size_t i = 0; i < kStage; ++i) {
      if ((index[i] & kDeep<Cell>) != 0)
        index[i] = load_cell(deep + deep_index<Cell>(index[i], addresses[i]));
    }
  }
  const __m256i default_value = _mm256_set1_epi32(static_cast<int>(table.default_value));
  for (size_t i = 0; i < kStage; i += kLanes) {
    const __m256i cell = load(index + i);
    const __m256i is_default = _mm256_cmpeq_epi32(cell, _mm256_setzero_si256());
    const __m256i value = _mm256_sub_epi32(cell, _mm256_set1_epi32(1));
    store(values + i, _mm256_blendv_epi8(value, default_value, is_default));
  }
}

template <class Cell>
void lookup(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count) {
  for (; count >= kStage; count -= kStage, addresses += kStage, values += kStage)
    lookup_stage<Cell>(table, addresses, values);
  for (size_t i = 0; i < count; ++i) values[i] = lookup_one<Cell>(table, addresses[i]);
}

}  // namespace

const Loops kAvx2Loops = {&lookup<uint16_t>, &lookup<uint32_t>};

}  // namespace isthmus::dataplane::wide4
#endif
