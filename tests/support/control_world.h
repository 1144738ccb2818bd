// Our own API in one process: an in-memory store, a dataplane, a controller and its handler.
#pragma once

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "api/control/control_handler.h"
#include "api/http/target.h"
#include "api/json/store_encoding.h"
#include "controller/controller.h"
#include "controller/store/sqlite_store.h"

namespace isthmus::testing {

class ControlWorld {
 public:
  using Response = api::http::Response;
  using Method = api::http::Method;

  explicit ControlWorld(api::control::ControlOptions options = {})
      : clock_({SettableClock::Mode::Frozen, 0, 0}),
        store_(std::move(*open_sqlite_store(":memory:", {}))),
        controller_(*store_, encoding_, dataplane_, clock_, {}),
        handler_(controller_, with_clock(std::move(options))) {
    if (auto started = controller_.start(); !started)
      throw std::runtime_error(started.error().message);
  }

  Controller& controller() { return controller_; }
  api::control::ControlHandler& handler() { return handler_; }

  // Waits for the answer.
  Response call(Method method, std::string_view target, std::string body = {},
                std::string_view type = {}) {
    api::http::Request request;
    request.method = method;
    request.target = target;
    const auto parts = api::http::split_target(target);
    auto path = api::http::decode_path(parts->path);
    request.segments = std::move(path->segments);
    request.trailing_slash = path->trailing_slash;
    request.query = std::move(*api::http::decode_query(parts->query));
    if (!type.empty()) request.headers.add("Content-Type", type);
    request.body = std::move(body);
    request.peer = "127.0.0.1";
    std::promise<Response> answered;
    handler_.handle(std::move(request),
                    [&](Response response) { answered.set_value(std::move(response)); });
    return answered.get_future().get();
  }
  Response get(std::string_view target) { return call(Method::Get, target); }
  Response apply(std::string document, std::string_view query = "") {
    return call(Method::Post, "/_isthmus/v1/apply" + std::string(query), std::move(document),
                "application/yaml");
  }
  Response explain(std::string question) {
    return call(Method::Post, "/_isthmus/v1/explain", std::move(question), "application/json");
  }
  // Removes a resource as the Network Controller's API would.
  void erase(std::string_view path) {
    Operation operation;
    operation.verb = Verb::Delete;
    operation.draft.id = *ResourceId::parse(path);
    std::promise<bool> done;
    controller_.submit({{operation}, "test"}, [&](const Result<Committed>& result) {
      done.set_value(result.has_value());
    });
    if (!done.get_future().get()) throw std::runtime_error("cannot delete " + std::string(path));
  }

 private:
  api::control::ControlOptions with_clock(api::control::ControlOptions options) {
    options.clock = &clock_;
    return options;
  }

  SettableClock clock_;
  api::json::StoreEncoding encoding_;
  std::unique_ptr<Store> store_;
  dataplane::Dataplane dataplane_;
  Controller controller_;
  api::control::ControlHandler handler_;
};

// The text or number at a JSON pointer of a body; empty where there is none.
inline std::string at(const std::string& body, const char* pointer) {
  rapidjson::Document json;
  json.Parse(body.c_str());
  if (json.HasParseError()) throw std::runtime_error("not JSON: " + body);
  const rapidjson::Value* value = rapidjson::Pointer(pointer).Get(json);
  if (value == nullptr) return {};
  if (value->IsString()) return value->GetString();
  if (value->IsUint64()) return std::to_string(value->GetUint64());
  if (value->IsBool()) return value->GetBool() ? "true" : "false";
  return value->IsArray() ? "array of " + std::to_string(value->Size()) : "object";
}

inline void expect_problem(const api::http::Response& response, int status, std::string_view code) {
  EXPECT_EQ(response.status, status) << response.body;
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(at(response.body, "/code"), code) << response.body;
  EXPECT_EQ(at(response.body, "/type"), "urn:isthmus:error:" + std::string(code));
  EXPECT_EQ(at(response.body, "/status"), std::to_string(status));
  EXPECT_FALSE(at(response.body, "/title").empty());
  EXPECT_FALSE(at(response.body, "/detail").empty());
}

// A file of the tree, and a lab of docs/examples.
inline std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(std::filesystem::path(ISTHMUS_SOURCE_DIR) / path);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}
inline std::string example(const std::string& name) {
  return file_text("docs/examples/" + name + ".yaml");
}

constexpr std::string_view kTwoNetworks = R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16], subnets: {s: 10.1.0.0/24}}
  b: {prefixes: [10.2.0.0/16], subnets: {s: 10.2.0.0/24}}
peerings: [{between: [a, b]}]
vms: {v: {at: a/s}, w: {at: b/s}}
)";

}  // namespace isthmus::testing
