#if defined(__x86_64__)
#include <immintrin.h>

#include "dataplane/fib/vrf_burst.h"

namespace isthmus::dataplane::vrf {
namespace {

// AVX2 compares signed numbers only; unsigned, a <= b where max(a, b) == b.
struct Avx2Cpu {
  template <class Family>
  static constexpr bool kGathersTables = sizeof(typename Family::Address) == 4;
  static constexpr size_t kLanes = 8;

  static inline unsigned count(unsigned bits) {
    return static_cast<unsigned>(__builtin_popcount(bits));
  }
  static inline unsigned bytes_at_most(const uint16_t* keys, uint16_t key) {
    const __m256i wanted = _mm256_set1_epi16(static_cast<short>(key));
    const __m256i all = _mm256_load_si256(reinterpret_cast<const __m256i*>(keys));
    return static_cast<unsigned>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi16(_mm256_max_epu16(all, wanted), wanted)));
  }
  static inline unsigned find(const Leaf& node, uint16_t key) {
    return count(bytes_at_most(node.keys, key)) / 2 - 1;
  }
  static inline unsigned find(const Branch& node, uint16_t key) {
    return count(bytes_at_most(node.keys, key) & ((1u << 2 * kBranchKeys) - 1)) / 2;
  }
  static inline unsigned find(const Span4& node, uint32_t key) {
    const __m256i wanted = _mm256_set1_epi32(static_cast<int>(key));
    const __m256i all = _mm256_load_si256(reinterpret_cast<const __m256i*>(node.keys));
    const __m256i at_most = _mm256_cmpeq_epi32(_mm256_max_epu32(all, wanted), wanted);
    return count(bits_of(at_most) & ((1u << kSpanKeys4) - 1));
  }
  static inline unsigned find(const Span6& node, uint64_t key) {
    constexpr uint64_t kSign = 0x8000000000000000;
    const __m256i sign = _mm256_set1_epi64x(static_cast<long long>(kSign));
    const __m256i wanted = _mm256_xor_si256(_mm256_set1_epi64x(static_cast<long long>(key)), sign);
    const __m256i all = _mm256_load_si256(reinterpret_cast<const __m256i*>(node.keys));
    const __m256i above = _mm256_cmpgt_epi64(_mm256_xor_si256(all, sign), wanted);
    const auto bits = static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(above)));
    return 4 - count(bits) + (node.keys[4] <= key ? 1 : 0);
  }

  static inline unsigned bits_of(__m256i lanes) {
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
  }
  static inline __m256i load(const uint32_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  }
  static inline void store(uint32_t* to, __m256i lanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), lanes);
  }
  static inline __m256i all(uint32_t value) { return _mm256_set1_epi32(static_cast<int>(value)); }
  static inline __m256i are(__m256i heads, Kind kind) {
    return _mm256_cmpeq_epi32(heads, all(head_of(kind)));
  }

  // Two levels of tables at once, where there are any.
  static inline void through_tables(const Line* lines, Entry* entries, const uint32_t* addresses) {
    const auto* const cells = reinterpret_cast<const int*>(lines);
    for (int level = 0; level < 2; ++level) {
      for (size_t i = 0; i < kBurst; i += kLanes) {
        const __m256i entry = load(entries + i);
        const __m256i tables = are(_mm256_srli_epi32(entry, kKindBit), Kind::Table);
        if (_mm256_testz_si256(tables, tables)) continue;
        const __m256i shift =
            _mm256_and_si256(_mm256_srli_epi32(entry, kPlaceBit - 3), all(15 * 8));
        const __m256i byte =
            _mm256_and_si256(_mm256_srlv_epi32(load(addresses + i), shift), all(0xFF));
        const __m256i line = _mm256_slli_epi32(_mm256_and_si256(entry, all(kLineMask)), 4);
        store(entries + i, _mm256_mask_i32gather_epi32(entry, cells, _mm256_add_epi32(line, byte),
                                                       tables, sizeof(Entry)));
      }
    }
  }

  static inline Waiting classify(const Entry* entries) {
    Waiting waiting;
    for (size_t i = 0; i < kBurst; i += kLanes) {
      const __m256i heads = _mm256_srli_epi32(load(entries + i), kKindBit);
      waiting.tables |= uint64_t{bits_of(are(heads, Kind::Table))} << i;
      waiting.branches |= uint64_t{bits_of(are(heads, Kind::Branch))} << i;
      waiting.spans |= uint64_t{bits_of(are(heads, Kind::Span))} << i;
    }
    return waiting;
  }
};

}  // namespace

const Kernel kKernelAvx2 = kernel_of<Avx2Cpu>();

}  // namespace isthmus::dataplane::vrf
#endif
