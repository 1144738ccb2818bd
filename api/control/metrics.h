// What /metrics shows, as values. Built when it is asked for, from counters that others keep:
// nothing of Prometheus is in any hot path.
#pragma once

#include <string>
#include <vector>

#include "api/front/admission.h"
#include "api/http/metrics.h"
#include "controller/controller.h"
#include "dataplane/pipeline/counters.h"

namespace prometheus {
struct MetricFamily;
}

namespace isthmus::api::control {

// What is counted outside the controller; each may be null where there is no such thing.
struct MetricSources {
  const http::Metrics* http = nullptr;
  const front::LoadMetrics* load = nullptr;  // told with a server alone
  const dataplane::CounterTotals* packets = nullptr;
};

// Names follow Prometheus' conventions: base units, counters end in _total.
std::vector<prometheus::MetricFamily> metric_families(const Controller& controller,
                                                      const MetricSources& sources);

// The text format, version 0.0.4.
std::string metrics_text(const Controller& controller, const MetricSources& sources);

}  // namespace isthmus::api::control
