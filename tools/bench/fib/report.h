// What a run came to, for people.
#pragma once

#include <span>
#include <string>

#include "tools/bench/fib/machine.h"
#include "tools/bench/fib/options.h"
#include "tools/bench/fib/result.h"

namespace isthmus::bench {

std::string describe(const Machine& machine, const Options& options);
// A table for each group of workloads on one table, then a line for each workload.
std::string report(std::span<const Result> results);

}  // namespace isthmus::bench
