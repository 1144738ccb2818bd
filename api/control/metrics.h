// What /metrics shows, as values. Built when it is asked for, from counters that others keep:
// nothing of Prometheus is in any hot path.
#pragma once

#include <string>
#include <vector>

#include "api/front/admission.h"
#include "api/http/metrics.h"
#include "controller/controller.h"

namespace prometheus {
struct MetricFamily;
}

namespace isthmus::api::control {

// `http` and `load` may be null; without a server nothing is loaded. Names follow Prometheus'
// conventions: base units, counters end in _total.
std::vector<prometheus::MetricFamily> metric_families(const Controller& controller,
                                                      const http::Metrics* http,
                                                      const front::LoadMetrics* load = nullptr);

// The text format, version 0.0.4.
std::string metrics_text(const Controller& controller, const http::Metrics* http,
                         const front::LoadMetrics* load = nullptr);

}  // namespace isthmus::api::control
