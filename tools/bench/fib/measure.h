// Times lookups: all contenders in turn, again and again.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/packets.h"
#include "tools/bench/fib/result.h"

namespace isthmus::bench {

// A contender that was built, and how.
struct Entry {
  ContenderRow row;
  std::unique_ptr<Contender> contender;
  double build_seconds = 0;
  size_t fresh_bytes = 0;  // before any change
  size_t wrong = 0;        // answers, before anything was measured
};

using Entries = std::vector<Entry*>;

// How much is measured.
struct Effort {
  size_t repetitions = 25;
  size_t runs_max = 3;  // a run that is not calm is repeated, so often in all
  size_t packets = size_t{1} << 20;
  size_t questions = 1'600'000;  // random ones; and every edge
  bool every_edge = true;
  size_t builds = 5;
  double changes_seconds = 0.2;  // of one repetition, at most
  size_t changes_timed = 200'000;
  double reader_seconds = 0.1;  // of one phase
  size_t half_updates = 200'000;
  size_t memory_changes = 10'000'000;
  double memory_seconds = 60;
};
Effort full_effort();
Effort quick_effort();

Row row_of(const Entry& entry, const RouteSet& routes);

// Each repetition is one untimed pass to warm the caches and one in thread CPU time.
Result measure_lookups(const Entries& entries, const RouteSet& routes, const Packets& packets,
                       size_t burst, const Effort& effort);
// Builds anew, and drops it again.
Result measure_builds(const Entries& entries, const RouteSet& routes, const Effort& effort);

// Runs `once` until ours and the best peer are calm, or often enough; gives the calmest run.
Result calmest(const Effort& effort, const std::function<Result()>& once);

}  // namespace isthmus::bench
