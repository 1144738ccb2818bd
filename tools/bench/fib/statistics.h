// What a series of measurements comes to.
#pragma once

#include <cstddef>
#include <vector>

namespace isthmus::bench {

struct Statistics {
  double median = 0;
  double min = 0;
  double p90 = 0;
  size_t count = 0;
  // Calm enough to be compared: nine in ten within 15 % of the fastest.
  bool calm() const { return p90 <= 1.15 * min; }
};

Statistics statistics(std::vector<double> samples);

// The value below which this part of the samples lies (nearest rank); 0 of none. Reorders them.
double quantile(std::vector<double>& samples, double part);

}  // namespace isthmus::bench
