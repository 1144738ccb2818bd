// Our own API: liveness and readiness, metrics, and /_isthmus/v1. docs/api/control.md is its
// reference.
//
// It answers every path that it is given: what it does not know is a 404 that names what is near.
// Threads: handle() and show() may be called from any thread. Reads answer on the calling thread;
// apply and reset answer on the controller's, snapshots on a thread of their own.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/access/role.h"
#include "api/config/config.h"
#include "api/control/problem.h"
#include "api/front/admission.h"
#include "api/front/fault_table.h"
#include "api/front/request_log.h"
#include "api/http/message.h"
#include "api/http/metrics.h"
#include "controller/base/settable_clock.h"
#include "controller/controller.h"
#include "dataplane/io/flow_list.h"
#include "dataplane/pipeline/counters.h"

namespace isthmus::api::control {

// Something that must hold before /readyz says so, beyond what the controller itself needs.
struct ReadyCheck {
  std::string name;
  std::function<std::string()> trouble;  // empty: all is well; called from any thread
};

struct ControlOptions {
  std::vector<config::Setting> settings = {};  // what /_isthmus/v1/config shows
  std::vector<ReadyCheck> ready_checks = {};
  SettableClock* clock = nullptr;  // the controller's, which clients may set; never null
  std::string snapshots = {};      // a folder; empty: snapshots are kept in memory
  // What was forwarded and dropped; empty where no packets are. Called from any thread.
  std::function<dataplane::CounterTotals()> packets = {};
  std::string wires = {};  // the path of the socket that wires are plugged in at; may be empty
  // The flows that are known now; empty where no packets are. Called from any thread.
  std::function<dataplane::io::FlowList(const dataplane::io::FlowQuery&)> flows = {};
  std::function<std::string()> ca_pem = {};  // empty where there is no CA; called from any thread
  size_t requests_kept = 1000;
  std::string subscription{config::kDefaultSubscription};  // of lab documents, in Azure
};

class ControlHandler final : public http::Handler {
 public:
  ControlHandler(Controller& controller, ControlOptions options);
  ~ControlHandler() override;  // waits for the calls that wait for the disk
  // The server's counters, which /metrics shows from now on. They outlive the handler's last call.
  void show(const http::Metrics& metrics) { http_metrics_.store(&metrics); }
  // What its calls show and set, for the handlers that stand before the dialects.
  front::RequestLog& requests();
  front::FaultTable& faults();
  front::LoadMetrics& load();
  void handle(http::Request request, http::Done done) override;

 private:
  Controller& controller_;
  const ControlOptions options_;
  std::atomic<const http::Metrics*> http_metrics_{nullptr};
  struct Kept;  // snapshots, and the thread that reads and writes them; the last calls; faults
  const std::unique_ptr<Kept> kept_;
};

// The table of routes, for the documentation and its test.
struct RouteInfo {
  http::Method method;
  std::string_view path;
  access::Role role;
  std::string_view summary;
};
std::vector<RouteInfo> control_routes();

// Who may make this call: by its method, path and parameters, before anything is looked at.
access::Role required_role(const http::Request& request);

}  // namespace isthmus::api::control
