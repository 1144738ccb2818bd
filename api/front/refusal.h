// What the handlers before the dialects answer by themselves, in the shape of the path's dialect.
#pragma once

#include <string>
#include <string_view>

#include "api/http/message.h"

namespace isthmus::api::front {

struct Refusal {
  int status;
  std::string_view code;
  std::string message;         // one sentence, with the remedy where there is one
  uint32_t retry_after_s = 0;  // 0: not said
};

http::Response refuse(const http::ErrorBody& body, const http::Request& request,
                      const Refusal& refusal);

// /livez, /readyz and /metrics are answered whatever goes on.
bool is_probe(const http::Request& request);

// Calls of one client are counted as Azure Resource Manager counts them.
enum class CallKind : uint8_t { Read, Write, Delete };
constexpr int kCallKindCount = 3;
CallKind kind_of(http::Method method);
// "x-ms-ratelimit-remaining-subscription-reads"
std::string_view remaining_header(CallKind kind);

}  // namespace isthmus::api::front
