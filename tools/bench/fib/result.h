// What a workload gave, for the report, the JSON and the plot.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/statistics.h"

namespace isthmus::bench {

struct Row {
  std::string contender;
  Role role = Role::Peer;
  Statistics ns;       // of one lookup, change or build
  size_t bytes = 0;    // of what lookups read
  size_t routes = 0;   // held
  size_t refused = 0;  // not taken
  size_t wrong = 0;    // answers
  std::string apart;   // why it is no peer to be held against; empty where it is
  std::vector<std::pair<std::string, double>> more;  // further figures: name with unit, value
};

struct Result {
  std::string name;   // of the workload
  std::string table;  // "IPv4: 901,899 routes, 64 next hops"
  std::string what;   // what one of the figures counts: "lookup", "change", "build"
  std::vector<Row> rows;
  bool compares = true;               // whether ns of ours and of peers make a ratio
  bool noisy = false;                 // not calm, even after it was run again
  size_t runs = 1;                    // of which this is the calmest
  std::vector<std::string> left_out;  // contenders that could not run, and why

  const Row* ours() const;              // the first of ours
  const Row* best_peer() const;         // the fastest whose answers are right
  std::optional<double> ratio() const;  // how many times faster than the best peer ours is
  // Ours and the best peer are calm; the others may be as restless as they like.
  bool calm() const;
};

// "901,899"
std::string grouped(size_t number);

}  // namespace isthmus::bench
