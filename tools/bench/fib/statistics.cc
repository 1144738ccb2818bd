#include "tools/bench/fib/statistics.h"

#include <algorithm>
#include <cmath>

namespace isthmus::bench {

double quantile(std::vector<double>& samples, double part) {
  if (samples.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(part * static_cast<double>(samples.size())));
  const size_t at = std::min(rank == 0 ? 0 : rank - 1, samples.size() - 1);
  std::nth_element(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at),
                   samples.end());
  return samples[at];
}

Statistics statistics(std::vector<double> samples) {
  if (samples.empty()) return {};
  Statistics result;
  result.count = samples.size();
  result.median = quantile(samples, 0.5);
  result.p90 = quantile(samples, 0.9);
  result.min = *std::min_element(samples.begin(), samples.end());
  return result;
}

}  // namespace isthmus::bench
