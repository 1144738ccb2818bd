#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
// g++ 12 takes its own intrinsics' deliberately undefined registers for mistakes (bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "dataplane/fib/vrf_burst.h"

namespace isthmus::dataplane::vrf {
namespace {

struct Avx512Cpu {
  template <class Family>
  static constexpr bool kGathersTables = sizeof(typename Family::Address) == 4;
  static constexpr size_t kLanes = 16;

  static inline unsigned count(unsigned bits) {
    return static_cast<unsigned>(__builtin_popcount(bits));
  }
  static inline unsigned at_most(const uint16_t* keys, uint16_t key) {
    return _mm256_cmple_epu16_mask(_mm256_load_si256(reinterpret_cast<const __m256i*>(keys)),
                                   _mm256_set1_epi16(static_cast<short>(key)));
  }
  static inline unsigned find(const Leaf& node, uint16_t key) {
    return count(at_most(node.keys, key)) - 1;
  }
  static inline unsigned find(const Branch& node, uint16_t key) {
    return count(at_most(node.keys, key) & ((1u << kBranchKeys) - 1));
  }
  static inline unsigned find(const Span4& node, uint32_t key) {
    const __m256i keys = _mm256_load_si256(reinterpret_cast<const __m256i*>(node.keys));
    const unsigned bits = _mm256_cmple_epu32_mask(keys, _mm256_set1_epi32(static_cast<int>(key)));
    return count(bits & ((1u << kSpanKeys4) - 1));
  }
  static inline unsigned find(const Span6& node, uint64_t key) {
    const __m512i keys = _mm512_load_si512(node.keys);
    const unsigned bits =
        _mm512_cmple_epu64_mask(keys, _mm512_set1_epi64(static_cast<long long>(key)));
    return count(bits & ((1u << kSpanKeys6) - 1));
  }

  static inline __m512i all(uint32_t value) { return _mm512_set1_epi32(static_cast<int>(value)); }
  static inline __mmask16 are(__m512i heads, Kind kind) {
    return _mm512_cmpeq_epi32_mask(heads, all(head_of(kind)));
  }

  // Two levels of tables at once, where there are any.
  static inline void through_tables(const Line* lines, Entry* entries, const uint32_t* addresses) {
    for (int level = 0; level < 2; ++level) {
      for (size_t i = 0; i < kBurst; i += kLanes) {
        const __m512i entry = _mm512_loadu_si512(entries + i);
        const __mmask16 tables = are(_mm512_srli_epi32(entry, kKindBit), Kind::Table);
        if (tables == 0) continue;
        const __m512i shift =
            _mm512_and_si512(_mm512_srli_epi32(entry, kPlaceBit - 3), all(15 * 8));
        const __m512i byte = _mm512_and_si512(
            _mm512_srlv_epi32(_mm512_loadu_si512(addresses + i), shift), all(0xFF));
        const __m512i line = _mm512_slli_epi32(_mm512_and_si512(entry, all(kLineMask)), 4);
        _mm512_storeu_si512(entries + i,
                            _mm512_mask_i32gather_epi32(entry, tables, _mm512_add_epi32(line, byte),
                                                        lines, sizeof(Entry)));
      }
    }
  }

  static inline Waiting classify(const Entry* entries) {
    Waiting waiting;
    for (size_t i = 0; i < kBurst; i += kLanes) {
      const __m512i heads = _mm512_srli_epi32(_mm512_loadu_si512(entries + i), kKindBit);
      waiting.tables |= uint64_t{are(heads, Kind::Table)} << i;
      waiting.branches |= uint64_t{are(heads, Kind::Branch)} << i;
      waiting.spans |= uint64_t{are(heads, Kind::Span)} << i;
    }
    return waiting;
  }
};

}  // namespace

const Kernel kKernelAvx512 = kernel_of<Avx512Cpu>();

}  // namespace isthmus::dataplane::vrf
#endif
