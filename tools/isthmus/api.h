// Calls to the server as commands make them: JSON in and out, every failure one Problem.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "tools/isthmus/http_client.h"
#include "tools/isthmus/json.h"

namespace isthmus::cli {

// What the process says to the shell; scripts rely on these.
enum class Exit {
  Ok = 0,
  Failure = 1,
  Usage = 2,
  NotFound = 3,
  Conflict = 4,
  Unreachable = 5,
  Timeout = 124
};

// Why a command could not do what it was asked for.
struct Problem {
  Exit exit = Exit::Failure;
  std::string code;     // the server's, empty for our own problems
  std::string message;  // one sentence
  std::string remedy;   // what to do about it; may be empty
  std::string body;     // the server's own words, for -o json; may be empty
};

template <class T>
using Result = tl::expected<T, Problem>;

inline tl::unexpected<Problem> failure(std::string message, std::string remedy) {
  return tl::unexpected(Problem{Exit::Failure, {}, std::move(message), std::move(remedy), {}});
}

inline tl::unexpected<Problem> usage(std::string message) {
  return tl::unexpected(Problem{Exit::Usage, {}, std::move(message), {}, {}});
}

struct Reply {
  HttpResponse http;
  Json json;  // null when the body is not JSON
};

class Api {
 public:
  static constexpr std::chrono::seconds kTimeout{60};  // a large lab document takes a few seconds

  // The token is sent with every call, unless it is empty.
  Api(Transport& transport, std::string server, std::string token = {})
      : transport_(transport), server_(std::move(server)), token_(std::move(token)) {}

  // A reply of status 2xx; anything else is a Problem.
  Result<Reply> call(const HttpRequest& request, std::chrono::milliseconds timeout = kTimeout);
  Result<Json> get(std::string_view target);
  // Every element of a collection, over all of its pages, as one JSON array.
  Result<Json> list(std::string_view target);
  Result<Reply> put(std::string_view target, const Value& body, std::string_view if_match = {});
  Result<Reply> post(std::string_view target, std::string body, std::string_view content_type);
  // A question that takes a POST; waits where its answer comes later.
  Result<Json> ask(std::string_view target);
  // Waits until what a reply has accepted is done; at once where that is done already.
  Result<void> finish(const Reply& reply);
  // Deletes and waits until it is done; false when nothing was there.
  Result<bool> remove(std::string_view target);

  Transport& transport() { return transport_; }
  const std::string& server() const { return server_; }
  const std::string& token() const { return token_; }

 private:
  Problem refused(const HttpResponse& response) const;

  Transport& transport_;
  std::string server_;
  std::string token_;
};

// The path of an answer's absolute or relative link, for use with the same server.
std::string path_of(std::string_view link);
// A path segment or query value with everything but letters, digits and "-._~" percent-encoded.
std::string encoded(std::string_view text);
// What an answer that is not 2xx means, in either dialect of error bodies.
Problem to_problem(const HttpResponse& response);

}  // namespace isthmus::cli
