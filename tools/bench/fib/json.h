// What a run came to, for programs: an array of one object per workload.
//
//   {"name", "table", "unit", "ours": {"name", "median_ns", "min_ns", "p90_ns", "bytes", "routes",
//   ...},
//    "also": {NAME: {...}}, "peers": {NAME: {...}}, "baselines": {NAME: {...}}, "ratio",
//    "best_peer", "noisy", "runs", "left_out", "run": {...}}
//
// "also" are our other structures, "baselines" naive ones that the ratio does not count.
// "ours" is null where none of ours took part, "ratio" and "best_peer" where no peer answered
// right.
#pragma once

#include <span>
#include <string>

#include "tools/bench/fib/machine.h"
#include "tools/bench/fib/options.h"
#include "tools/bench/fib/result.h"

namespace isthmus::bench {

std::string to_json(std::span<const Result> results, const Machine& machine,
                    const Options& options);

}  // namespace isthmus::bench
