#include "tools/bench/fib/machine.h"

#include <sched.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "dataplane/fib/cpu_path.h"
#include "tools/bench/fib/contender.h"

namespace isthmus::bench {
namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown processor";
}

// The fastest of several runs: the chain is as long as the clock says, unless something interrupts.
double clock_ghz() {
  constexpr int kRuns = 7;
  constexpr int kMultiplications = 4'000'000;
  constexpr double kCyclesEach = 3;  // latency of imul on every x86-64 of the last fifteen years
  double best = 1e9;
  uint64_t x = 3;
  for (int run = 0; run < kRuns; ++run) {
    const double start = thread_cpu_seconds();
    for (int i = 0; i < kMultiplications; ++i) {
      x *= 0x9E3779B97F4A7C15ULL;
      asm volatile("" : "+r"(x));
    }
    best = std::min(best, thread_cpu_seconds() - start);
  }
  return kMultiplications * kCyclesEach / best * 1e-9;
}

// Of the first CPU's data cache of this level, as the kernel has it: "32K".
size_t cache_bytes(const std::string& level) {
  for (int index = 0; index < 8; ++index) {
    const std::string folder =
        "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    std::string found_level, type;
    size_t kilobytes = 0;
    std::ifstream(folder + "level") >> found_level;
    std::ifstream(folder + "type") >> type;
    if (found_level != level || type == "Instruction") continue;
    std::ifstream(folder + "size") >> kilobytes;
    return kilobytes << 10;
  }
  return 0;
}

}  // namespace

double thread_cpu_seconds() { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }
double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  return cpus;
}

void pin_to(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof set, &set) != 0)
    throw std::runtime_error("cannot run on CPU " + std::to_string(cpu));
}

Machine describe_machine() {
  Machine machine;
  machine.processor = processor_name();
  machine.cpus = allowed_cpus().size();
  machine.clock_ghz = clock_ghz();
  machine.l1_bytes = cache_bytes("1");
  machine.l2_bytes = cache_bytes("2");
  machine.l3_bytes = cache_bytes("3");
#ifdef __clang__
  machine.compiler = __VERSION__;
#else
  machine.compiler = std::string("g++ ") + __VERSION__;
#endif
  machine.flags = ISTHMUS_BENCH_FLAGS;
  machine.cpu_path = dataplane::to_string(dataplane::cpu_path());
  machine.dpdk = dpdk_version();
  machine.loads = measure_loads();
  return machine;
}

}  // namespace isthmus::bench
