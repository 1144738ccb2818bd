// The wide IPv6 table's lookups for processors with AVX-512 (F, BW, DQ, VL, VPOPCNTDQ). Empty
// elsewhere.
#include "dataplane/fib/wide6_kernel.h"

#if defined(__AVX512F__)
#if defined(__clang__)
#include <immintrin.h>
#else  // g++ 12 takes the intrinsics' own undefined operands for mistakes (its bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

namespace isthmus::dataplane::wide6 {
namespace {

constexpr size_t kLanes = 16;

__m512i numbers(uint32_t number) { return _mm512_set1_epi32(static_cast<int>(number)); }
const __m512i* at_lanes(const uint32_t* from) { return reinterpret_cast<const __m512i*>(from); }
__m512i load(const uint32_t* from) { return _mm512_load_si512(at_lanes(from)); }
void store(uint32_t* to, __m512i lanes) { _mm512_store_si512(to, lanes); }

// Of 16 numbers of 64 bits, the lower or the upper halves.
__m512i lower_halves(__m512i first, __m512i second) {
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  return _mm512_permutex2var_epi32(first, even, second);
}
__m512i upper_halves(__m512i first, __m512i second) {
  const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  return _mm512_permutex2var_epi32(first, odd, second);
}

// The first 64 bits of 8 addresses in host order.
__m512i load_addresses(const uint8_t (*addresses)[16]) {
  const __m512i even = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i swap =
      _mm512_broadcast_i32x4(_mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  const __m512i first = _mm512_loadu_si512(addresses);
  const __m512i second = _mm512_loadu_si512(addresses + 4);
  return _mm512_shuffle_epi8(_mm512_permutex2var_epi64(first, even, second), swap);
}

uint32_t find_value(const Line& line, int16_t wanted, unsigned& range) {
  const __m256i keys = _mm256_load_si256(reinterpret_cast<const __m256i*>(line.number));
  const __mmask16 below = _mm256_cmpgt_epi16_mask(_mm256_set1_epi16(wanted), keys);
  range = static_cast<unsigned>(__builtin_popcount(below));
  return value_at(line, range);
}
uint32_t child_of(const Line& line, int16_t wanted_key) {
  const __m512i wanted = _mm512_set1_epi16(wanted_key);
  // The last four bytes of the line are no keys.
  const __mmask32 below =
      _mm512_mask_cmpgt_epi16_mask(0x3FFFFFFF, wanted, _mm512_load_si512(&line));
  return children_of(line) + static_cast<unsigned>(__builtin_popcount(below));
}

struct alignas(64) Burst {
  uint32_t top[kBurst];
  uint32_t wanted[kBurst];  // the 16 bits that lines are searched by, less 0x8000 as keys are
  uint32_t at[kBurst];      // the word, then the line
  uint64_t word[kBurst];
  uint32_t entry[kBurst];
  uint32_t cell[kBurst];
  uint32_t queue[kBurst + kLanes];  // lanes whose line is an inner one
  size_t queued;

  int16_t key(size_t lane) const {  // read as 16 bits, it takes one instruction into all lanes
    int16_t low;
    __builtin_memcpy(&low, &wanted[lane], sizeof low);
    return low;
  }
};

void find_words(const View& view, const uint8_t (*addresses)[16], Burst& burst) {
  for (size_t i = 0; i < kBurst; i += kLanes) {
    const __m512i first = load_addresses(addresses + i);
    const __m512i second = load_addresses(addresses + i + 8);
    const __m512i top = upper_halves(first, second);
    const __m512i slot = _mm512_i32gather_epi32(_mm512_srli_epi32(top, 16), view.root, 4);
    const __m512i within = _mm512_and_si512(top, numbers(0xFFFF));
    const __m512i shift = _mm512_and_si512(slot, numbers(31));
    store(burst.at + i,
          _mm512_add_epi32(_mm512_srli_epi32(slot, 5), _mm512_srlv_epi32(within, shift)));
    store(burst.top + i, top);
    const __m512i bits = _mm512_srli_epi32(lower_halves(first, second), 16);
    store(burst.wanted + i, _mm512_sub_epi32(bits, numbers(0x8000)));
  }
}

// Words by plain loads, which are faster than gathering 64 bits; the fence keeps the compiler from
// making gathers of them.
void load_words(const View& view, Burst& burst) {
  for (size_t i = 0; i < kBurst; ++i) {
    uint64_t word = view.words[burst.at[i]];
    asm("" : "+r"(word));
    burst.word[i] = word;
  }
}

// Leaves search line 0, and what they find there does not count.
void find_lines(const View& view, Burst& burst) {
  __m512i lanes = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  burst.queued = 0;
  for (size_t i = 0; i < kBurst; i += kLanes) {
    const __m512i first = _mm512_load_si512(burst.word + i);
    const __m512i second = _mm512_load_si512(burst.word + i + 8);
    const __m512i bit = _mm512_and_si512(load(burst.top + i), numbers(31));
    const __m512i up_to = _mm512_sub_epi32(_mm512_sllv_epi32(numbers(2), bit), numbers(1));
    const __m512i begun = _mm512_and_si512(lower_halves(first, second), up_to);
    const __m512i place = _mm512_add_epi32(upper_halves(first, second), _mm512_popcnt_epi32(begun));
    const __m512i entry = _mm512_i32gather_epi32(place, view.entries, 4);
    const __mmask16 lines = _knot_mask16(_mm512_movepi32_mask(entry));
    const __m512i shift = _mm512_and_si512(_mm512_srli_epi32(entry, 1), numbers(31));
    const __m512i bits = _mm512_add_epi32(load(burst.wanted + i), numbers(0x8000));
    const __m512i within = _mm512_srlv_epi32(bits, shift);
    store(burst.at + i, _mm512_maskz_add_epi32(lines, _mm512_srli_epi32(entry, 6), within));
    store(burst.entry + i, entry);
    const __mmask16 inner = _mm512_mask_test_epi32_mask(lines, entry, numbers(kIndirect));
    _mm512_storeu_si512(burst.queue + burst.queued, _mm512_maskz_compress_epi32(inner, lanes));
    burst.queued += static_cast<unsigned>(__builtin_popcount(inner));
    lanes = _mm512_add_epi32(lanes, numbers(kLanes));
  }
}

template <bool kWide>
void search(const View& view, Burst& burst) {
  for (size_t i = 0; i < burst.queued; ++i) {
    const size_t lane = burst.queue[i];
    const uint32_t child = child_of(view.lines[burst.at[lane]], burst.key(lane));
    burst.at[lane] = child;
    __builtin_prefetch(&view.lines[child]);
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kBurst; ++i) {
    unsigned range;
    uint32_t cell = find_value(view.lines[burst.at[i]], burst.key(i), range);
    if constexpr (kWide) cell |= uint32_t{view.high[burst.at[i]].value[range]} << 16;
    burst.cell[i] = cell;
  }
}

// The extended ones, which are few, go on in plain code.
void finish(const View& view, const uint8_t (*addresses)[16], const Burst& burst, uint32_t* values,
            uint32_t extended_bit) {
  for (size_t i = 0; i < kBurst; i += kLanes) {
    const __m512i entry = load(burst.entry + i);
    const __mmask16 leaf = _mm512_movepi32_mask(entry);
    const __m512i found = load(burst.cell + i);
    const __m512i cell = _mm512_mask_and_epi32(found, leaf, entry, numbers(0x7FFFFFFF));
    const __mmask16 none = _mm512_testn_epi32_mask(cell, cell);
    const __m512i value = _mm512_sub_epi32(cell, numbers(1));
    _mm512_storeu_si512(values + i,
                        _mm512_mask_mov_epi32(value, none, numbers(view.default_value)));
    __mmask16 extended =
        _mm512_mask_test_epi32_mask(_knot_mask16(leaf), found, numbers(extended_bit));
    for (; extended != 0; extended &= static_cast<__mmask16>(extended - 1)) {
      const size_t lane = i + static_cast<unsigned>(__builtin_ctz(extended));
      const uint32_t next = view.extensions[burst.cell[lane] & ~extended_bit];
      values[lane] = value_of(view, decide(view, next, addresses[lane], 6));
    }
  }
}

template <bool kWide>
struct Loop {
  static void run(const View& view, const uint8_t (*addresses)[16], uint32_t* values) {
    Burst burst;
    find_words(view, addresses, burst);
    load_words(view, burst);
    find_lines(view, burst);
    search<kWide>(view, burst);
    finish(view, addresses, burst, values, kWide ? kExtended : uint32_t{kExtended16});
  }
};

}  // namespace

void lookup_avx512(const View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n) {
  in_bursts<Loop>(view, addresses, values, n);
}

}  // namespace isthmus::dataplane::wide6

#endif
