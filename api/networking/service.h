// What the calls of this dialect share: the controller, the options, and what is remembered of
// earlier calls. Any thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "api/dialect/recent.h"
#include "api/json/render.h"
#include "api/json/saved_models.h"
#include "api/networking/networking_handler.h"
#include "controller/controller.h"

namespace isthmus::api::networking {

// A PUT or DELETE that was accepted.
struct StartedOperation {
  Verb verb;
  ResourceId resource;
  ModelPtr before;  // of a deletion that takes time: the model that still has what goes
};

// A restore, as it is told about.
struct RestoreRecord {
  std::string path;
  ResourceId credential;
  std::string error;  // empty: it succeeded
  std::vector<std::string> restored;
};

struct ConnectivityResult;

struct Service {
  static constexpr size_t kResultsKept = 1'000;
  static constexpr int64_t kResultsAgeMs = 60 * 60 * 1000;  // as real controllers keep them

  Service(Controller& of, const NetworkingOptions& with)
      : controller(of),
        options(with),
        operations(with.operations_kept),
        connectivity_results(kResultsKept, kResultsAgeMs),
        slb_results(kResultsKept, kResultsAgeMs),
        restores(kResultsKept),
        backups(with.backups, "backup") {}

  int64_t now_ms() const { return controller.clock().now_ms(); }
  int64_t delay_ms() const { return options.provisioning_delay.count(); }
  // What has not arrived yet at this moment.
  json::Phase phase() const {
    return delay_ms() > 0 ? json::Phase{now_ms() - delay_ms(), false} : json::Phase{};
  }

  Controller& controller;
  const NetworkingOptions options;
  dialect::Recent<StartedOperation> operations;
  dialect::Recent<std::shared_ptr<const ConnectivityResult>> connectivity_results;
  dialect::Recent<std::string> slb_results;  // the output, as JSON
  dialect::Recent<RestoreRecord> restores;
  std::atomic<int64_t> state_collected_ms{0};  // when networkControllerState was asked for last
  json::SavedModels backups;
  boost::asio::thread_pool background{1};  // for calls that wait for the disk
};

}  // namespace isthmus::api::networking
