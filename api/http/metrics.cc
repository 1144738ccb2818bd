#include "api/http/metrics.h"

#include <algorithm>

namespace isthmus::api::http {

void Metrics::count(int method_index, int status, std::chrono::microseconds duration) {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const int status_class = std::clamp(status / 100, 1, kStatusClasses) - 1;
  requests[static_cast<size_t>(method_index)][static_cast<size_t>(status_class)].fetch_add(
      1, kRelaxed);
  const auto bound =
      std::lower_bound(kDurationBoundsUs.begin(), kDurationBoundsUs.end(), duration.count());
  durations[static_cast<size_t>(bound - kDurationBoundsUs.begin())].fetch_add(1, kRelaxed);
  duration_sum_us.fetch_add(static_cast<uint64_t>(duration.count()), kRelaxed);
}

}  // namespace isthmus::api::http
