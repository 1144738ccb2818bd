// What /metrics shows, as values. Built when it is asked for, from counters that others keep:
// nothing of Prometheus is in any hot path.
#pragma once

#include <string>
#include <vector>

#include "api/http/metrics.h"
#include "controller/controller.h"

namespace prometheus {
struct MetricFamily;
}

namespace isthmus::api::control {

// `http` may be null. Names follow Prometheus' conventions: base units, counters end in _total.
std::vector<prometheus::MetricFamily> metric_families(const Controller& controller,
                                                      const http::Metrics* http);

// The text format, version 0.0.4.
std::string metrics_text(const Controller& controller, const http::Metrics* http);

}  // namespace isthmus::api::control
