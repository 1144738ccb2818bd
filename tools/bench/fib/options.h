// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/bench/fib/workloads.h"

namespace isthmus::bench {

struct Options {
  std::string table;  // a file; empty for the built-in full table
  uint32_t next_hops = 64;
  size_t networks = 1000;
  size_t burst = 64;
  std::vector<Workload> chosen;
  bool quick = false;
  bool list = false;
  int pin = -1;           // the reader's CPU; -1: the last one allowed
  size_t soak = 0;        // updates of the long run, which is instead of the workloads; 0: none
  double soak_ipv6 = 10;  // percent of them
  uint64_t soak_seed = 20260724;
  std::string json;  // a file, or "-"; empty for none
  std::string plot;  // a file; empty for none
};

// What to do instead of running: text for standard output (status 0), or a complaint for standard
// error (status 2).
struct Instead {
  int status = 0;
  std::string text;
};

// `words` without the program's name. Where Instead has a text, the options are of no use.
Instead parse_options(const std::vector<std::string>& words, Options& options);

}  // namespace isthmus::bench
