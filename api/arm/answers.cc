#include "api/arm/answers.h"

#include <array>

#include "api/arm/arm_handler.h"
#include "api/json/json_text.h"

namespace isthmus::api::arm {
namespace {

constexpr std::array kErrors = {
#define X(name, status, meaning) ArmErrorInfo{#name, status, meaning},
    ISTHMUS_ARM_ERRORS(X)
#undef X
};

}  // namespace

const ArmErrorInfo& info(ArmErrorCode code) { return kErrors[static_cast<size_t>(code)]; }

http::Response json_answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

std::string origin(const http::Request& request) {
  const std::string_view host = request.headers.get("Host").value_or("localhost");
  return (request.is_tls ? "https://" : "http://") + std::string(host);
}

http::Response error_answer(int status, std::string_view code, std::string_view message,
                            std::string_view target, const std::vector<ErrorDetail>& details) {
  json::JsonText out;
  out.object().key("error").object().text("code", code).text("message", message);
  out.text_unless_empty("target", target).key("details").array();
  for (const ErrorDetail& detail : details)
    out.object().text("code", detail.code).text("message", detail.message).end_object();
  out.end_array().end_object().end_object();
  return json_answer(status, out.take());
}

http::Response error_answer(ArmErrorCode code, std::string_view message) {
  return error_answer(info(code).status, info(code).name, message);
}

// What the server quotes of a request need not be UTF-8; default_error_body() escapes it.
http::Response arm_error_body(const http::ServerError& error) {
  const std::string code = http::json_escaped(error.code);
  const std::string message = http::json_escaped(error.message);
  return json_answer(error.status, R"({"error":{"code":")" + code + R"(","message":")" + message +
                                       R"(","details":[]}})");
}

}  // namespace isthmus::api::arm
