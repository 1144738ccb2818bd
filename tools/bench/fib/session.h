// A whole run: for each table, build the contenders, hold them against the oracle, measure.
#pragma once

#include <stdexcept>
#include <vector>

#include "tools/bench/fib/options.h"
#include "tools/bench/fib/progress.h"
#include "tools/bench/fib/result.h"
#include "tools/bench/fib/table_file.h"

namespace isthmus::bench {

// One of our own tables gave a wrong answer: nothing that it measured would mean anything.
struct WrongAnswer : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The table that the options name, or the built-in one. Throws TableFileError.
TableText read_tables(const Options& options, Progress& progress);

// Throws WrongAnswer, TableFileError.
std::vector<Result> run(const Options& options, Progress& progress);

}  // namespace isthmus::bench
