// The wide IPv6 table's lookups for processors with AVX2 and BMI2. Empty elsewhere.
#include "dataplane/fib/wide6_kernel.h"

#if defined(__AVX2__)
#include <immintrin.h>

namespace isthmus::dataplane::wide6 {
namespace {

constexpr size_t kLanes = 8;

// The first 64 bits of 8 addresses, as their upper and lower halves in host order.
struct Halves {
  __m256i top;
  __m256i low;
};
Halves load_addresses(const uint8_t (*addresses)[16]) {
  const auto pair = [&](int i) {  // addresses i and i + 4
    const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(addresses[i]));
    const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(addresses[i + 4]));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
  };
  const __m256i host_order = _mm256_broadcastsi128_si256(
      _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  const __m256i even = _mm256_shuffle_epi8(_mm256_unpacklo_epi64(pair(0), pair(1)), host_order);
  const __m256i odd = _mm256_shuffle_epi8(_mm256_unpacklo_epi64(pair(2), pair(3)), host_order);
  const __m256 a = _mm256_castsi256_ps(even);
  const __m256 b = _mm256_castsi256_ps(odd);
  return {_mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD)),
          _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88))};
}

__m256i load(const uint32_t* from) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(from));
}
void store(uint32_t* to, __m256i numbers) {
  _mm256_store_si256(reinterpret_cast<__m256i*>(to), numbers);
}

// Twice the number of keys below `wanted`, which is where a line's value stands, in bytes.
unsigned value_offset(const Line& line, int16_t wanted) {
  const __m256i keys = _mm256_load_si256(reinterpret_cast<const __m256i*>(line.number));
  const __m256i below = _mm256_cmpgt_epi16(_mm256_set1_epi16(wanted), keys);
  return static_cast<unsigned>(
      __builtin_popcount(static_cast<unsigned>(_mm256_movemask_epi8(below))));
}
uint32_t child_of(const Line& line, int16_t wanted_key) {
  const __m256i wanted = _mm256_set1_epi16(wanted_key);
  const auto below = [&](const int16_t* keys) {
    return _mm256_cmpgt_epi16(wanted, _mm256_load_si256(reinterpret_cast<const __m256i*>(keys)));
  };
  const __m256i both = _mm256_packs_epi16(below(line.number), below(line.number + 16));
  // The last four bytes of the line are no keys: after packing, two bytes of the upper lane.
  const unsigned mask = static_cast<unsigned>(_mm256_movemask_epi8(both)) & 0x3FFFFFFF;
  return children_of(line) + static_cast<unsigned>(__builtin_popcount(mask));
}

struct alignas(32) Burst {
  uint32_t top[kBurst];
  uint32_t wanted[kBurst];  // the 16 bits that lines are searched by, less 0x8000 as keys are
  uint32_t at[kBurst];      // the word, then the line
  uint32_t entry[kBurst];
  uint8_t queue[kBurst + kLanes];  // lanes whose line is an inner one
  size_t queued;

  int16_t key(size_t lane) const {  // read as 16 bits, it takes one instruction into all lanes
    int16_t low;
    __builtin_memcpy(&low, &wanted[lane], sizeof low);
    return low;
  }
};

void find_words(const View& view, const uint8_t (*addresses)[16], Burst& burst) {
  for (size_t i = 0; i < kBurst; i += kLanes) {
    const Halves halves = load_addresses(addresses + i);
    const __m256i slot = _mm256_i32gather_epi32(reinterpret_cast<const int*>(view.root),
                                                _mm256_srli_epi32(halves.top, 16), 4);
    const __m256i within = _mm256_and_si256(halves.top, _mm256_set1_epi32(0xFFFF));
    const __m256i shift = _mm256_and_si256(slot, _mm256_set1_epi32(31));
    store(burst.at + i,
          _mm256_add_epi32(_mm256_srli_epi32(slot, 5), _mm256_srlv_epi32(within, shift)));
    store(burst.top + i, halves.top);
    store(burst.wanted + i,
          _mm256_sub_epi32(_mm256_srli_epi32(halves.low, 16), _mm256_set1_epi32(0x8000)));
  }
}

void load_entries(const View& view, Burst& burst) {
#pragma GCC unroll 8
  for (size_t i = 0; i < kBurst; ++i) {
    uint64_t word = view.words[burst.at[i]];
    asm("" : "+r"(word));  // else g++ gathers words in vector registers, to count bits elsewhere
    burst.entry[i] = view.entries[entry_index(word, burst.top[i])];
  }
}

// Leaves search line 0, and what they find there does not count.
void find_lines(Burst& burst) {
  burst.queued = 0;
  for (size_t i = 0; i < kBurst; i += kLanes) {
    const __m256i entry = load(burst.entry + i);
    const __m256i leaf = _mm256_srai_epi32(entry, 31);
    const __m256i shift = _mm256_and_si256(_mm256_srli_epi32(entry, 1), _mm256_set1_epi32(31));
    const __m256i bits = _mm256_add_epi32(load(burst.wanted + i), _mm256_set1_epi32(0x8000));
    const __m256i line =
        _mm256_add_epi32(_mm256_srli_epi32(entry, 6), _mm256_srlv_epi32(bits, shift));
    store(burst.at + i, _mm256_andnot_si256(leaf, line));
    const __m256i inner = _mm256_slli_epi32(_mm256_andnot_si256(leaf, entry), 31);
    const auto mask = static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(inner)));
    // The places of the mask's bits, as bytes side by side.
    const uint64_t wanted = _pdep_u64(mask, 0x0101010101010101) * 0xFF;
    const uint64_t lanes = _pext_u64(0x0706050403020100 + i * 0x0101010101010101, wanted);
    __builtin_memcpy(burst.queue + burst.queued, &lanes, sizeof lanes);
    burst.queued += static_cast<unsigned>(__builtin_popcount(mask));
  }
}

template <bool kWide>
void search(const View& view, Burst& burst, uint32_t* cells) {
  for (size_t i = 0; i < burst.queued; ++i) {
    const size_t lane = burst.queue[i];
    const uint32_t child = child_of(view.lines[burst.at[lane]], burst.key(lane));
    burst.at[lane] = child;
    __builtin_prefetch(&view.lines[child]);
  }
#pragma GCC unroll 8
  for (size_t i = 0; i < kBurst; ++i) {
    const Line& line = view.lines[burst.at[i]];
    const unsigned offset = value_offset(line, burst.key(i));
    const auto value_in = [&](const void* values) {
      uint16_t value;
      __builtin_memcpy(&value, static_cast<const uint8_t*>(values) + offset, sizeof value);
      return uint32_t{value};
    };
    uint32_t cell = value_in(line.number + kRangesPerLine);
    if constexpr (kWide) cell |= value_in(view.high[burst.at[i]].value) << 16;
    cells[i] = cell;
  }
}

// The extended ones, which are few, go on in plain code.
void finish(const View& view, const uint8_t (*addresses)[16], const Burst& burst,
            const uint32_t* cells, uint32_t* values, uint32_t extended_bit) {
  const __m256i by_default = _mm256_set1_epi32(static_cast<int>(view.default_value));
  const __m256i extended_mask = _mm256_set1_epi32(static_cast<int>(extended_bit));
  for (size_t i = 0; i < kBurst; i += kLanes) {
    const __m256i entry = load(burst.entry + i);
    const __m256i leaf = _mm256_srai_epi32(entry, 31);
    const __m256i found = load(cells + i);
    const __m256i cell =
        _mm256_blendv_epi8(found, _mm256_and_si256(entry, _mm256_set1_epi32(0x7FFFFFFF)), leaf);
    const __m256i value = _mm256_add_epi32(cell, _mm256_set1_epi32(-1));
    const __m256i none = _mm256_cmpeq_epi32(cell, _mm256_setzero_si256());
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + i),
                        _mm256_blendv_epi8(value, by_default, none));
    const __m256i extended = _mm256_andnot_si256(leaf, _mm256_and_si256(found, extended_mask));
    if (_mm256_testz_si256(extended, extended)) [[likely]]
      continue;
    for (size_t lane = i; lane < i + kLanes; ++lane) {
      if ((burst.entry[lane] & kLeaf) != 0 || (cells[lane] & extended_bit) == 0) continue;
      const uint32_t next = view.extensions[cells[lane] & ~extended_bit];
      values[lane] = value_of(view, decide(view, next, addresses[lane], 6));
    }
  }
}

template <bool kWide>
struct Loop {
  static void run(const View& view, const uint8_t (*addresses)[16], uint32_t* values) {
    Burst burst;
    alignas(32) uint32_t cells[kBurst];
    find_words(view, addresses, burst);
    load_entries(view, burst);
    find_lines(burst);
    search<kWide>(view, burst, cells);
    finish(view, addresses, burst, cells, values, kWide ? kExtended : uint32_t{kExtended16});
  }
};

}  // namespace

void lookup_avx2(const View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n) {
  in_bursts<Loop>(view, addresses, values, n);
}

}  // namespace isthmus::dataplane::wide6

#endif
