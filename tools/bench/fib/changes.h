// Measures changes of routes, and what readers notice of them. All work on table 0 and leave every
// route as it was. Only contenders that take changes have rows; only those that take them while
// others read, where someone reads.
#pragma once

#include <cstddef>
#include <vector>

#include "tools/bench/fib/measure.h"
#include "tools/bench/fib/oracle.h"

namespace isthmus::bench {

// Two CPUs, one for each side. The calling thread is the reader and pinned already.
struct Places {
  int reader = 0;
  int writer = 0;
};

// Random routes withdrawn and announced again; nobody reads. The figure is of one change;
// p50_ns, p99_ns and max_ns are by the wall clock.
Result measure_changes(const Entries& entries, const RouteSet& routes, const Effort& effort);

// Lookups alone, with 10,000 changes a second, and with as many as the writer can, in turn.
std::vector<Result> measure_reader(const Entries& entries, const RouteSet& routes,
                                   const Packets& packets, size_t burst, const Places& places,
                                   const Effort& effort);

// Changes back and forth, after which memory should be what a fresh build takes, and answers what
// they were.
Result measure_memory(const Entries& entries, const RouteSet& routes, const Questions& questions,
                      size_t burst, const Effort& effort);

// Counts the changes of a prefix of which a reader saw a part: of two addresses of the prefix the
// one read first was new already, the other one still old. half_updated_routes is the count.
Result count_half_updates(const Entries& entries, const RouteSet& routes, const Places& places,
                          const Effort& effort);  // half_updates.cc

}  // namespace isthmus::bench
