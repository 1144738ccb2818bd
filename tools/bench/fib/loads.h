// What the memory of this machine gives, so that the figures of different machines can be read side
// by side: no lookup that reads a table of some size is faster than the loads that it consists of.
#pragma once

#include <cstddef>
#include <vector>

namespace isthmus::bench {

struct LoadCost {
  size_t bytes;           // of the memory that the loads are spread over, at random
  double independent_ns;  // each: of loads whose addresses are known beforehand
  double dependent_ns;    // each: of loads whose address is what the one before gave
};

// 32 KB to 64 MB, on the CPU that this thread is on. Takes about a second.
std::vector<LoadCost> measure_loads();

}  // namespace isthmus::bench
