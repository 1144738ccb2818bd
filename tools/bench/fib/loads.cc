#include "tools/bench/fib/loads.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>

#include "tools/bench/fib/machine.h"

namespace isthmus::bench {
namespace {

constexpr size_t kLineBytes = 64;
constexpr size_t kSizes[] = {32 << 10, 256 << 10, 1 << 20, 4 << 20, 10 << 20, 16 << 20, 64 << 20};
constexpr size_t kIndependentLoads = size_t{1} << 18;
constexpr size_t kDependentLoads = size_t{1} << 16;
constexpr int kRuns = 7;

struct alignas(kLineBytes) Line {
  uint32_t next;
};

// The median of some runs after one that warms the caches.
template <class Loads>
double nanoseconds_each(size_t count, Loads loads) {
  loads();
  double each[kRuns];
  for (double& time : each) {
    const double start = thread_cpu_seconds();
    loads();
    time = (thread_cpu_seconds() - start) / static_cast<double>(count) * 1e9;
  }
  std::nth_element(each, each + kRuns / 2, each + kRuns);
  return each[kRuns / 2];
}

// All lines in one round, in random order (Sattolo's shuffle).
void make_round(std::vector<Line>& lines, size_t count, std::mt19937_64& random) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = count; i-- > 1;) std::swap(order[i], order[random() % i]);
  for (size_t i = 0; i < count; ++i) lines[i].next = order[i];
}

LoadCost measure(std::vector<Line>& lines, size_t bytes, std::mt19937_64& random) {
  const size_t count = bytes / kLineBytes;
  make_round(lines, count, random);
  std::vector<uint32_t> places(kIndependentLoads);
  for (uint32_t& place : places) place = static_cast<uint32_t>(random() % count);
  const Line* const line = lines.data();

  const double independent = nanoseconds_each(kIndependentLoads, [&] {
    for (const uint32_t place : places) {
      uint32_t loaded = line[place].next;
      asm volatile("" : "+r"(loaded));  // one load each, not a gather
    }
  });
  const double dependent = nanoseconds_each(kDependentLoads, [&] {
    uint32_t place = 0;
    for (size_t i = 0; i < kDependentLoads; ++i) place = line[place].next;
    asm volatile("" : "+r"(place));
  });
  return {bytes, independent, dependent};
}

}  // namespace

std::vector<LoadCost> measure_loads() {
  std::mt19937_64 random(1);
  std::vector<Line> lines(*std::max_element(std::begin(kSizes), std::end(kSizes)) / kLineBytes);
  std::vector<LoadCost> costs;
  for (const size_t bytes : kSizes) costs.push_back(measure(lines, bytes, random));
  return costs;
}

}  // namespace isthmus::bench
