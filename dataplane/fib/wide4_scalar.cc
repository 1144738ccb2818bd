#include "dataplane/fib/wide4_kernel.h"

namespace isthmus::dataplane::wide4 {
namespace {

// Stage by stage: the loads of a stage do not wait for each other, and few of them are in flight
// when the next stage begins.
template <class Cell>
void lookup_stage(const Pointers& table, const uint32_t* addresses, uint32_t* values,
                  size_t count) {
  uint32_t index[kStage];
  for (size_t i = 0; i < count; ++i)
    index[i] = cell_index(load_now(table.slots + (addresses[i] >> 16)), addresses[i]);
  const Cells<Cell> cells = cells_of<Cell>(table);
  for (size_t i = 0; i < count; ++i) values[i] = word_of(cells, index[i]);
  bool any_deep = false;
  for (size_t i = 0; i < count; ++i) any_deep |= is_deep_word<Cell>(values[i]);
  if (__builtin_expect(any_deep, 0)) look_deeper<Cell>(table, addresses, index, values, count);
  if (words_are_values<Cell>(table)) return;
  for (size_t i = 0; i < count; ++i) values[i] = value_of<Cell>(values[i], table.default_value);
}

template <class Cell>
void lookup(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count) {
  for (; count >= kStage; count -= kStage, addresses += kStage, values += kStage)
    lookup_stage<Cell>(table, addresses, values, kStage);
  lookup_stage<Cell>(table, addresses, values, count);
}

}  // namespace

const Loops kScalarLoops = {&lookup<uint8_t>, &lookup<uint16_t>, &lookup<uint32_t>};

}  // namespace isthmus::dataplane::wide4
