#include "tools/bench/fib/contender.h"

namespace isthmus::bench {

std::vector<ContenderRow> contenders(Shape shape) {
  std::vector<ContenderRow> rows;
  for (const auto& list : {wide4_contenders(), wide6_contenders(), vrf_contenders(),
                           rib_contenders(), dpdk_contenders(), baseline_contenders()}) {
    for (const ContenderRow& row : list)
      if (row.shape == shape) rows.push_back(row);
  }
  return rows;
}

}  // namespace isthmus::bench
