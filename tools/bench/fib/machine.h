// The processor that is measured on: its clocks, its CPUs, and what to call it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/bench/fib/loads.h"

namespace isthmus::bench {

double thread_cpu_seconds();  // of this thread: what others run meanwhile does not count
double wall_seconds();        // monotonic

std::vector<int> allowed_cpus();  // of this process, ascending
void pin_to(int cpu);             // this thread; throws std::runtime_error

struct Machine {
  std::string processor;
  size_t cpus = 0;
  double clock_ghz = 0;  // measured: a chain of multiplications, each of which takes three cycles
  size_t l1_bytes = 0;   // data caches; 0 where the system does not tell
  size_t l2_bytes = 0;
  size_t l3_bytes = 0;
  std::string compiler;
  std::string flags;
  std::string cpu_path;  // of the product's lookup loops
  std::string dpdk;      // version; empty where this build has none
  std::vector<LoadCost> loads;
};
Machine describe_machine();

}  // namespace isthmus::bench
