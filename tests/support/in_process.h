// The whole controller in one process, without sockets: an in-memory store, a dataplane, the rules
// and the dialects of the Network Controller and of Azure. Its identity is fixed, so that the same
// requests give the same answers, etags and instance ids included.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "api/arm/resource_calls.h"
#include "api/front/fault_injector.h"
#include "api/front/fault_json.h"
#include "api/http/target.h"
#include "api/json/store_encoding.h"
#include "api/networking/networking_handler.h"
#include "controller/controller.h"
#include "controller/store/sqlite_store.h"

namespace isthmus::testing {

class InProcess {
 public:
  struct Options {
    Controller::Options controller;
    api::networking::NetworkingOptions networking;
    api::arm::ResourceOptions azure;
    api::arm::ArmOptions front;
  };

  explicit InProcess(Options options = {}) : options_(options) {
    SqliteOptions sqlite;
    sqlite.identity = "7e57c0de-0000-4000-8000-000000000000";
    auto store = open_sqlite_store(":memory:", sqlite);
    if (!store) throw std::runtime_error(store.error().message);
    store_ = std::move(*store);
    start();
  }

  // A new controller over what the store holds, as after a restart of the daemon.
  void restart() {
    azure_.reset();
    azure_resources_.reset();
    handler_.reset();
    controller_.reset();
    dataplane_.reset();
    start();
  }

  // From here on: a fault of /_isthmus/v1/faults, as JSON.
  void inject(std::string_view fault) {
    auto read = api::front::read_fault(fault, "");
    if (!read) throw std::runtime_error(read.error().text());
    if (auto put = faults_.put(*read); !put) throw std::runtime_error(put.error().text());
  }

  void pass(std::chrono::milliseconds time) { clock_.time_ms += time.count(); }

  Controller& controller() { return *controller_; }
  ModelPtr model() const { return controller_->model(); }
  dataplane::Dataplane& dataplane() { return *dataplane_; }
  std::chrono::milliseconds now() const { return std::chrono::milliseconds(clock_.time_ms); }

  // Waits for the answer. `target` is a path with perhaps a query.
  api::http::Response call(api::http::Method method, std::string_view target, std::string body = {},
                           api::http::Headers headers = {}) {
    api::http::Request request;
    request.method = method;
    request.target = target;
    const auto parts = api::http::split_target(target);
    if (!parts) throw std::runtime_error("not a target: " + std::string(target));
    auto path = api::http::decode_path(parts->path);
    auto query = api::http::decode_query(parts->query);
    if (!path || !query) throw std::runtime_error("not a target: " + std::string(target));
    request.segments = std::move(path->segments);
    request.trailing_slash = path->trailing_slash;
    request.query = std::move(*query);
    request.headers = std::move(headers);
    request.headers.add("Host", "nc.test");
    request.body = std::move(body);
    request.peer = "127.0.0.1";
    request.request_id = Uuid::derive({}, ++requests_, "request").to_string();
    std::promise<api::http::Response> answered;
    api::http::Handler* handler = handler_.get();
    if (api::arm::is_arm(request.segments)) handler = azure_.get();
    api::front::FaultInjector injector(faults_, api::http::default_error_body, *handler);
    injector.handle(std::move(request), [&answered](api::http::Response response) {
      answered.set_value(std::move(response));
    });
    return answered.get_future().get();
  }

 private:
  static constexpr int64_t kStartMs = 1'798'797'600'000;  // 2027-01-01 10:00 UTC

  void start() {
    dataplane_ = std::make_unique<dataplane::Dataplane>();
    controller_ =
        std::make_unique<Controller>(*store_, encoding_, *dataplane_, clock_, options_.controller);
    if (auto started = controller_->start(); !started)
      throw std::runtime_error(started.error().message);
    handler_ =
        std::make_unique<api::networking::NetworkingHandler>(*controller_, options_.networking);
    azure_resources_ =
        std::make_unique<api::arm::ControllerResources>(*controller_, options_.azure);
    api::arm::ArmOptions azure = options_.front;
    azure.resources = azure_resources_.get();
    azure_ = std::make_unique<api::arm::ArmHandler>(azure);
  }

  Options options_;
  ManualClock clock_{kStartMs};
  api::json::StoreEncoding encoding_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<dataplane::Dataplane> dataplane_;
  std::unique_ptr<Controller> controller_;
  std::unique_ptr<api::networking::NetworkingHandler> handler_;
  std::unique_ptr<api::arm::ControllerResources> azure_resources_;
  std::unique_ptr<api::arm::ArmHandler> azure_;
  api::front::FaultTable faults_{clock_};
  uint64_t requests_ = 0;
};

}  // namespace isthmus::testing
