// The long run: every layout follows millions of changes of the real tables, and has to give the
// right answer at every boundary of them afterwards, in the memory of a fresh build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "tools/bench/fib/progress.h"
#include "tools/bench/fib/table_file.h"

namespace isthmus::bench {

struct SoakPlan {
  size_t updates = 0;  // changes of routes, of both families together
  double share6 = 0.1;
  uint64_t seed = 20260724;
};

struct SoakRow {
  std::string_view layout;
  size_t updates = 0;  // those of its families
  double seconds = 0;  // of CPU time, for those
  size_t asked = 0;    // addresses, each on every path and by itself
  size_t wrong = 0;    // answers
  std::string example;
  size_t bytes = 0;
  size_t fresh_bytes = 0;

  bool passed() const {
    constexpr double kGrowthMax = 1.05;
    return wrong == 0 && asked > 0 &&
           static_cast<double>(bytes) <= kGrowthMax * static_cast<double>(fresh_bytes);
  }
};

// Tells each row as soon as it is there; whether all passed.
bool soak(const SoakPlan& plan, const TableText& tables, Progress& progress,
          const std::function<void(const SoakRow&)>& tell);
// The lines of a report.
std::string soak_heading(const SoakPlan& plan);
std::string soak_line(const SoakRow& row);

}  // namespace isthmus::bench
