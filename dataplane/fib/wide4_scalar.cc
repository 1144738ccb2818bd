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
    index[i] = cell_index(load_slot(table.slots + (addresses[i] >> 16)), addresses[i]);
  uint32_t any = 0;
  const auto* cells = static_cast<const Cell*>(table.cells);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t cell = load_cell(cells + index[i]);
    index[i] = cell;
    any |= cell;
  }
  if (__builtin_expect((any & kDeep<Cell>) != 0, 0)) {
    const auto* deep = static_cast<const Cell*>(table.deep);
    for (size_t i = 0; i < count; ++i) {
      if ((index[i] & kDeep<Cell>) != 0)
        index[i] = load_cell(deep + deep_index<Cell>(index[i], addresses[i]));
    }
  }
  for (size_t i = 0; i < count; ++i) values[i] = value_of(index[i], table.default_value);
}

template <class Cell>
void lookup(const Pointers& table, const uint32_t* addresses, uint32_t* values, size_t count) {
  for (; count >= kStage; count -= kStage, addresses += kStage, values += kStage)
    lookup_stage<Cell>(table, addresses, values, kStage);
  lookup_stage<Cell>(table, addresses, values, count);
}

}  // namespace

const Loops kScalarLoops = {&lookup<uint16_t>, &lookup<uint32_t>};

}  // namespace isthmus::dataplane::wide4
