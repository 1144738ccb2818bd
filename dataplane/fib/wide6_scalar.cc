// The wide IPv6 table's lookups for any processor.
#include "dataplane/fib/wide6_kernel.h"

namespace isthmus::dataplane::wide6 {
namespace {

// In stages, each over the whole burst: the loads of a stage do not wait for each other.
void burst_scalar(const View& view, const uint8_t (*addresses)[16], uint32_t* values) {
  uint32_t top[kBurst];
  uint64_t word[kBurst];
  uint32_t entry[kBurst];
  for (size_t i = 0; i < kBurst; ++i) {
    top[i] = top_bits(addresses[i]);
    const uint32_t slot = load_cell(&view.root[top[i] >> 16]);
    word[i] = load_cell(&view.words[word_index(slot, top[i])]);
  }
  for (size_t i = 0; i < kBurst; ++i)
    entry[i] = load_cell(&view.entries[entry_index(word[i], top[i])]);
  for (size_t i = 0; i < kBurst; ++i)
    values[i] = value_of(view, decide(view, entry[i], addresses[i], 4));
}

}  // namespace

void lookup_scalar(const View& view, const uint8_t (*addresses)[16], uint32_t* values, size_t n) {
  const auto burst = [&](const uint8_t(*some)[16], uint32_t* answers) {
    burst_scalar(view, some, answers);
  };
  in_bursts(addresses, values, n, burst);
}

}  // namespace isthmus::dataplane::wide6
