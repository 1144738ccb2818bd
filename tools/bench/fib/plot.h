// A bar chart of the lookups, drawn by gnuplot.
#pragma once

#include <span>
#include <string>

#include "tools/bench/fib/result.h"

namespace isthmus::bench {

// What gnuplot reads: a group of bars for each workload of lookups, a bar for each contender.
std::string plot_script(std::span<const Result> results, const std::string& file);

// Why there is no chart; empty where `file` has it.
std::string plot(std::span<const Result> results, const std::string& file);

}  // namespace isthmus::bench
