// The front of the ARM dialect alone: no sockets, no model; a clock that stands still.
#pragma once

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <string>
#include <string_view>
#include <utility>

#include "api/arm/arm_handler.h"
#include "api/http/target.h"

namespace isthmus::testing {

class ArmFront {
 public:
  using Method = api::http::Method;
  static constexpr int64_t kNowS = 1'800'000'000;
  static constexpr const char* kSubscription =
      "/subscriptions/11111111-1111-1111-1111-111111111111";

  explicit ArmFront(api::arm::ArmOptions options = {}) : handler_(with_clock(std::move(options))) {}

  static api::http::Request request_for(Method method, std::string_view target,
                                        std::string body = {}) {
    api::http::Request request;
    request.method = method;
    request.target = target;
    const auto parts = api::http::split_target(target);
    auto path = api::http::decode_path(parts->path);
    request.segments = std::move(path->segments);
    request.trailing_slash = path->trailing_slash;
    request.query = *api::http::decode_query(parts->query);
    request.headers.add("Host", "127.0.0.1:8443");
    request.body = std::move(body);
    request.peer = "127.0.0.1";
    request.is_tls = true;
    return request;
  }

  // The calls here answer at once.
  api::http::Response answer(api::http::Request request) {
    api::http::Response answered;
    answered.status = 0;
    handler_.handle(std::move(request),
                    [&](api::http::Response response) { answered = std::move(response); });
    return answered;
  }
  api::http::Response call(Method method, std::string_view target, std::string body = {}) {
    return answer(request_for(method, target, std::move(body)));
  }
  api::http::Response get(std::string_view target) { return call(Method::Get, target); }

 private:
  static api::arm::ArmOptions with_clock(api::arm::ArmOptions options) {
    options.now_s = [] { return kNowS; };
    return options;
  }
  api::arm::ArmHandler handler_;
};

// The text at a JSON pointer of an answer: a number in decimal; "" where there is nothing.
inline std::string text_at(const api::http::Response& response, const char* pointer) {
  rapidjson::Document json;
  json.Parse(response.body.c_str());
  EXPECT_FALSE(json.HasParseError()) << response.body;
  const rapidjson::Value* value = rapidjson::Pointer(pointer).Get(json);
  if (value == nullptr) return {};
  if (value->IsString()) return value->GetString();
  if (value->IsUint64()) return std::to_string(value->GetUint64());
  if (value->IsBool()) return value->GetBool() ? "true" : "false";
  return value->IsArray() ? "array of " + std::to_string(value->Size()) : "";
}

inline std::string code_of(const api::http::Response& response) {
  return std::to_string(response.status) + " " + text_at(response, "/error/code");
}

}  // namespace isthmus::testing
