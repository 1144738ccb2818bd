// The OpenAPI 3.1 document of our own API: paths, methods, summaries and names of parameters come
// from the table of routes, what is said of them from docs/calls.json. A test fails when one has
// what the other lacks.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/http/message.h"

namespace isthmus::api::control {

struct CallShape {
  http::Method method;
  std::string_view path;                         // a segment in braces is any
  std::span<const std::string_view> parameters;  // of the query
  std::string_view summary;
};

std::string openapi_document(std::span<const CallShape> calls);

}  // namespace isthmus::api::control
