// What vrf_burst.h asks of a processor, with nothing that not every one has: on x86 that includes
// SSE4.1 (x86-64-v2, which the whole program is compiled for).
#pragma once

#include "dataplane/fib/vrf_burst.h"

#if defined(__SSE4_1__)
#include <smmintrin.h>
#endif

namespace isthmus::dataplane::vrf {
namespace {

struct ScalarCpu {
  template <class Family>
  static constexpr bool kGathersTables = false;

  // How many keys are at most this one. Counting them all takes no branch, which halving does as
  // compilers see it, and is twice as fast.
  template <int kKeys, class Key>
  static inline unsigned at_most(const Key* keys, Key key) {
    unsigned count = 0;
    for (int i = 0; i < kKeys; ++i) count += keys[i] <= key ? 1 : 0;
    return count;
  }
#if defined(__SSE4_1__)
  // A bit for each of 16 keys; unsigned, a <= b where max(a, b) == b.
  static inline unsigned bits_at_most(const uint16_t* keys, uint16_t key) {
    const auto* const halves = reinterpret_cast<const __m128i*>(keys);
    const __m128i wanted = _mm_set1_epi16(static_cast<short>(key));
    const auto at_most = [wanted](__m128i some) {
      return _mm_cmpeq_epi16(_mm_max_epu16(some, wanted), wanted);
    };
    const __m128i all =
        _mm_packs_epi16(at_most(_mm_load_si128(halves)), at_most(_mm_load_si128(halves + 1)));
    return static_cast<unsigned>(_mm_movemask_epi8(all));
  }
  static inline unsigned count(unsigned bits) {
    return static_cast<unsigned>(__builtin_popcount(bits));
  }
  static inline unsigned find(const Leaf& node, uint16_t key) {
    return count(bits_at_most(node.keys, key)) - 1;
  }
  static inline unsigned find(const Branch& node, uint16_t key) {
    return count(bits_at_most(node.keys, key) & ((1u << kBranchKeys) - 1));
  }
#else
  static inline unsigned find(const Leaf& node, uint16_t key) {
    return at_most<kLeafRanges - 1>(node.keys + 1, key);
  }
  static inline unsigned find(const Branch& node, uint16_t key) {
    return at_most<kBranchKeys>(node.keys, key);
  }
#endif
  static inline unsigned find(const Span4& node, uint32_t key) {
    return at_most<kSpanKeys4>(node.keys, key);
  }
  static inline unsigned find(const Span6& node, uint64_t key) {
    return at_most<kSpanKeys6>(node.keys, key);
  }

  static inline Waiting classify(const Entry* entries) {
    Waiting waiting;
    for (size_t i = 0; i < kBurst; ++i) {
      const unsigned head = head_of(entries[i]);
      waiting.tables |= uint64_t{head == head_of(Kind::Table)} << i;
      waiting.branches |= uint64_t{head == head_of(Kind::Branch)} << i;
      waiting.spans |= uint64_t{head == head_of(Kind::Span)} << i;
    }
    return waiting;
  }
};

}  // namespace
}  // namespace isthmus::dataplane::vrf
