#include "api/control/metrics.h"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "api/config/version.h"
#include "api/control/calls.h"
#include "controller/model/text.h"
#include "controller/program/values.h"

namespace isthmus::api::control {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

constexpr double kMicrosecondsPerSecond = 1e6;  // divided by: 100/1e6 is 0.0001, 100*1e-6 is not

template <class Number>
double number(const Number& value) {
  return static_cast<double>(value);
}

class Family {
 public:
  Family(MetricType type, std::string name, std::string help) {
    family_.name = std::move(name);
    family_.help = std::move(help);
    family_.type = type;
  }
  Family& value(double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family_.metric.push_back(std::move(metric));
    return *this;
  }
  Family& histogram(ClientMetric::Histogram histogram) {
    ClientMetric metric;
    metric.histogram = std::move(histogram);
    family_.metric.push_back(std::move(metric));
    return *this;
  }
  MetricFamily take() { return std::move(family_); }

 private:
  MetricFamily family_;
};

Family counter(std::string name, std::string help) {
  return {MetricType::Counter, std::move(name), std::move(help)};
}
Family gauge(std::string name, std::string help) {
  return {MetricType::Gauge, std::move(name), std::move(help)};
}

using Families = std::vector<MetricFamily>;

ClientMetric::Histogram durations_of(const http::Metrics& http) {
  ClientMetric::Histogram histogram;
  for (size_t i = 0; i < http.durations.size(); ++i) {
    histogram.sample_count += http.durations[i];
    const double bound = i < http::kDurationBoundsUs.size()
                             ? number(http::kDurationBoundsUs[i]) / kMicrosecondsPerSecond
                             : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({histogram.sample_count, bound});
  }
  histogram.sample_sum = number(http.duration_sum_us.load()) / kMicrosecondsPerSecond;
  return histogram;
}

void add_http(Families& families, const http::Metrics& http) {
  Family requests =
      counter("isthmus_http_requests_total", "Requests answered, by method and class of status.");
  for (size_t method = 0; method < http.requests.size(); ++method) {
    const std::string_view name =
        method < http::kMethodCount ? http::to_string(static_cast<http::Method>(method)) : "other";
    for (size_t status = 0; status < http.requests[method].size(); ++status) {
      const uint64_t count = http.requests[method][status];
      if (count > 0)
        requests.value(number(count),
                       {{"method", std::string(name)}, {"code", fmt::format("{}xx", status + 1)}});
    }
  }
  families.push_back(requests.take());
  families.push_back(Family(MetricType::Histogram, "isthmus_http_request_duration_seconds",
                            "From the first byte of a request to the last one of its answer.")
                         .histogram(durations_of(http))
                         .take());
  families.push_back(gauge("isthmus_http_connections", "Open connections.")
                         .value(number(http.connections_open.load()))
                         .take());
  families.push_back(counter("isthmus_http_connections_accepted_total", "Connections accepted.")
                         .value(number(http.connections_accepted.load()))
                         .take());
  families.push_back(
      counter("isthmus_http_connections_refused_total", "Connections refused over a limit.")
          .value(number(http.connections_refused.load()))
          .take());
  families.push_back(counter("isthmus_http_connections_given_up_total",
                             "Connections that their clients closed before they were accepted.")
                         .value(number(http.connections_given_up.load()))
                         .take());
  families.push_back(
      counter("isthmus_http_timeouts_total", "Requests and connections that were too slow.")
          .value(number(http.timeouts.load()))
          .take());
  families.push_back(
      counter("isthmus_http_guard_refusals_total", "Requests that broke a rule of the guard.")
          .value(number(http.guard_refusals.load()))
          .take());
}

void add_load(Families& families, const front::LoadMetrics& load) {
  families.push_back(gauge("isthmus_http_requests_in_flight", "Calls that are being answered.")
                         .value(number(load.reads_in_flight.load()), {{"kind", "read"}})
                         .value(number(load.writes_in_flight.load()), {{"kind", "write"}})
                         .take());
  families.push_back(
      counter("isthmus_http_overload_refusals_total",
              "Calls that were told to come again: too many in flight, or too many of one client.")
          .value(number(load.reads_refused.load()), {{"reason", "reads-in-flight"}})
          .value(number(load.writes_refused.load()), {{"reason", "writes-in-flight"}})
          .value(number(load.throttled.load()), {{"reason", "client"}})
          .take());
}

void add_controller(Families& families, const Controller& controller) {
  const ControllerStats& stats = controller.stats();
  families.push_back(counter("isthmus_changes_total", "Changes, by what became of them.")
                         .value(number(stats.changes.load()), {{"result", "acknowledged"}})
                         .value(number(stats.refused.load()), {{"result", "refused"}})
                         .value(number(stats.failed.load()), {{"result", "failed"}})
                         .take());
  families.push_back(counter("isthmus_transactions_total",
                             "Transactions of the store; changes that wait together share one.")
                         .value(number(stats.transactions.load()))
                         .take());
  families.push_back(counter("isthmus_commit_seconds_total", "Time spent in the store's commits.")
                         .value(number(stats.commit_time_us.load()) / kMicrosecondsPerSecond)
                         .take());
  families.push_back(counter("isthmus_recomputed_routes_total",
                             "Pairs of table and prefix that changes looked at.")
                         .value(number(stats.recomputed_routes.load()))
                         .take());
}

void add_model(Families& families, const Model& model) {
  families.push_back(gauge("isthmus_revision", "How often the controller has changed.")
                         .value(number(model.revision()))
                         .take());
  Family resources = gauge("isthmus_resources", "Resources, by type.");
  for (const KindInfo& row : kKinds)
    resources.value(number(model.count(row.kind)), {{"kind", std::string(row.noun)}});
  families.push_back(resources.take());

  constexpr std::array kStates = {PeeringState::Initiated, PeeringState::Connected,
                                  PeeringState::Disconnected};
  std::array<uint64_t, kStates.size()> count{};
  for (const ResourcePtr& peering : model.collection(Kind::Peering))
    ++count[static_cast<size_t>(peering->as<Peering>().state)];
  Family peerings = gauge("isthmus_peerings", "Peering objects, by state; each side is one.");
  for (const PeeringState state : kStates)
    peerings.value(number(count[static_cast<size_t>(state)]),
                   {{"state", Text<PeeringState>::print(state)}});
  families.push_back(peerings.take());
}

void add_dataplane(Families& families, const dataplane::DataplaneStats& stats) {
  const auto add = [&families](std::string_view name, std::string_view help, uint64_t value) {
    families.push_back(gauge(fmt::format("isthmus_dataplane_{}", name), std::string(help))
                           .value(number(value))
                           .take());
  };
  families.push_back(
      counter("isthmus_dataplane_publications_total", "Versions of the tables that were published.")
          .value(number(stats.version))
          .take());
  add("tables", "Routing tables.", stats.tables);
  add("routes", "Routes in all tables.", stats.routes);
  add("actions", "Distinct actions that routes lead to.", stats.actions);
  add("peer_policies", "Directions between two networks that packets may pass.", stats.policies);
  add("endpoints", "Addresses of interfaces and virtual routers.", stats.endpoints);
  add("ports", "Interfaces, and the virtual router of each subnet.", stats.ports);
  add("access_lists", "Access lists.", stats.access_lists);
  add("memory_bytes", "Memory of the present version's nodes and values.", stats.bytes);
  add("versions_pending", "Replaced versions that a reader may still hold.",
      stats.versions_pending);
}

// Of interfaces and networks that are there: what was counted for others is told with them no more.
void add_packets(Families& families, const Model& model, const dataplane::CounterTotals& totals) {
  Family packets = counter("isthmus_interface_packets_total",
                           "Frames that an interface sent, and that were delivered to it.");
  Family bytes = counter("isthmus_interface_bytes_total", "Bytes of these frames.");
  for (const auto& [port, traffic] : totals.ports) {
    const Resource* nic = program::resource_of(model, port);
    if (nic == nullptr) continue;
    for (const auto& [direction, count] :
         {std::pair{"sent", traffic.sent}, {"received", traffic.received}}) {
      const Labels labels = {{"interface", nic->id.path()}, {"direction", direction}};
      packets.value(number(count.packets), labels);
      bytes.value(number(count.bytes), labels);
    }
  }
  Family crossed = counter("isthmus_peering_packets_total",
                           "Frames that were delivered from a network to one it is peered with.");
  Family crossed_bytes = counter("isthmus_peering_bytes_total", "Bytes of these frames.");
  for (const auto& [peering, count] : totals.peerings) {
    const Resource* from = program::resource_of(model, peering.from);
    const Resource* to = program::resource_of(model, peering.to);
    if (from == nullptr || to == nullptr) continue;
    const Labels labels = {{"from", from->id.path()}, {"to", to->id.path()}};
    crossed.value(number(count.packets), labels);
    crossed_bytes.value(number(count.bytes), labels);
  }
  Family dropped = counter("isthmus_dropped_packets_total", "Frames that were dropped, by reason.");
  for (size_t i = 1; i < totals.drops.size(); ++i)
    dropped.value(number(totals.drops[i]),
                  {{"reason", std::string(dataplane::kDropReasons[i].text)}});
  for (Family* family : {&packets, &bytes, &crossed, &crossed_bytes, &dropped})
    families.push_back(family->take());
}

// The second number of statm is the resident set in pages (proc(5)).
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size_pages = 0;
  uint64_t resident_pages = 0;
  statm >> size_pages >> resident_pages;
  return number(resident_pages) * number(sysconf(_SC_PAGESIZE));
}

void add_process(Families& families) {
  families.push_back(gauge("process_resident_memory_bytes", "Resident memory size in bytes.")
                         .value(resident_bytes())
                         .take());
  families.push_back(gauge("isthmus_build_info", "Always 1; the labels say what was built.")
                         .value(1, {{"version", std::string(config::kVersion)}})
                         .take());
}

}  // namespace

std::vector<MetricFamily> metric_families(const Controller& controller,
                                          const MetricSources& sources) {
  Families families;
  if (sources.http != nullptr) add_http(families, *sources.http);
  if (sources.http != nullptr && sources.load != nullptr) add_load(families, *sources.load);
  add_controller(families, controller);
  add_model(families, *controller.model());
  add_dataplane(families, controller.dataplane_stats());
  if (sources.packets != nullptr) add_packets(families, *controller.model(), *sources.packets);
  add_process(families);
  return families;
}

std::string metrics_text(const Controller& controller, const MetricSources& sources) {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, metric_families(controller, sources));
  return text.str();
}

http::Response show_metrics(const Service& service, const http::Request&) {
  std::optional<dataplane::CounterTotals> packets;
  if (service.options.packets) packets = service.options.packets();
  return text_answer(metrics_text(service.controller, {service.http_metrics, &service.load,
                                                       packets ? &*packets : nullptr}),
                     "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace isthmus::api::control
