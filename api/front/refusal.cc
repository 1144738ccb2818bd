#include "api/front/refusal.h"

#include <algorithm>
#include <array>

namespace isthmus::api::front {

http::Response refuse(const http::ErrorBody& body, const http::Request& request,
                      const Refusal& refusal) {
  http::Response response =
      body({refusal.status, refusal.code, refusal.message, request.target, request.request_id,
            http::to_string(request.method), request.peer});
  response.status = refusal.status;
  if (refusal.retry_after_s > 0)
    response.headers.push_back({"Retry-After", std::to_string(refusal.retry_after_s)});
  return response;
}

bool is_probe(const http::Request& request) {
  constexpr std::string_view kProbes[] = {"livez", "readyz", "metrics"};
  return request.segments.size() == 1 &&
         std::any_of(std::begin(kProbes), std::end(kProbes), [&](std::string_view probe) {
           return http::equal_without_case(request.segments.front(), probe);
         });
}

CallKind kind_of(http::Method method) {
  if (http::is_safe(method)) return CallKind::Read;
  return method == http::Method::Delete ? CallKind::Delete : CallKind::Write;
}

std::string_view remaining_header(CallKind kind) {
  constexpr std::array<std::string_view, kCallKindCount> kNames = {
      "x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-subscription-writes",
      "x-ms-ratelimit-remaining-subscription-deletes"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace isthmus::api::front
