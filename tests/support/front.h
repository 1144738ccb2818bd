// Handlers and calls to test what stands before the dialects with: no sockets, no threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"
#include "api/http/target.h"

namespace isthmus::testing {

// Answers {"done":true} at once, or later when told so.
class CountingHandler final : public api::http::Handler {
 public:
  void handle(api::http::Request request, api::http::Done done) override {
    ++calls;
    last = std::move(request);
    if (!holds) return answer(done);
    held.push_back(std::move(done));
  }
  void release() {
    for (const api::http::Done& done : std::exchange(held, {})) answer(done);
  }

  int calls = 0;
  bool holds = false;
  std::vector<api::http::Done> held;
  api::http::Request last;

 private:
  static void answer(const api::http::Done& done) {
    api::http::Response response;
    response.body = R"({"done":true})";
    done(std::move(response));
  }
};

inline api::http::Request call_of(api::http::Method method, std::string_view target,
                                  std::string_view peer = "127.0.0.1") {
  api::http::Request request;
  request.method = method;
  request.target = target;
  const auto parts = api::http::split_target(target);
  auto path = api::http::decode_path(parts->path);
  request.segments = std::move(path->segments);
  request.trailing_slash = path->trailing_slash;
  request.peer = peer;
  request.request_id = "id";
  return request;
}

// The answer, when it was given at once; else status 0.
inline api::http::Response ask(api::http::Handler& handler, api::http::Request request) {
  const auto answer = std::make_shared<api::http::Response>();
  answer->status = 0;
  handler.handle(std::move(request),
                 [answer](api::http::Response response) { *answer = std::move(response); });
  return *answer;
}

inline std::string header_of(const api::http::Response& response, std::string_view name) {
  for (const api::http::Header& field : response.headers)
    if (api::http::equal_without_case(field.name, name)) return field.value;
  return {};
}

}  // namespace isthmus::testing
