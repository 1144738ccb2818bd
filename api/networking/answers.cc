#include "api/networking/answers.h"

#include <fmt/format.h>

#include "api/networking/address.h"
#include "api/networking/networking_handler.h"
#include "controller/model/text.h"

namespace isthmus::api::networking {
namespace {

using http::json_escaped;

std::string error_body(std::string_view code, std::string_view message, std::string_view target,
                       const std::vector<ErrorDetail>& details) {
  std::string body = fmt::format(R"({{"error":{{"code":"{}","message":"{}")", json_escaped(code),
                                 json_escaped(message));
  if (!target.empty()) body += fmt::format(R"(,"target":"{}")", json_escaped(target));
  for (size_t i = 0; i < details.size(); ++i) {
    body += fmt::format(R"({}{{"code":"{}","message":"{}"}})", i == 0 ? R"(,"details":[)" : ",",
                        json_escaped(details[i].code), json_escaped(details[i].message));
  }
  body += details.empty() ? "}}" : "]}}";
  return body;
}

}  // namespace

http::Response json_answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

http::Response error_answer(const Error& error) {
  const ErrorInfo& row = info(error.code);
  return json_answer(row.status, error_body(row.name, error.text(), error.target, error.details));
}

http::Response networking_error_body(const http::ServerError& error) {
  return json_answer(error.status, error_body(error.code, error.message, "", {}));
}

// Clients read the newest version from either place, and do not mind a leading V.
http::Response discovery_answer() {
  std::string newest(served_versions().back());
  newest.front() = 'V';
  return json_answer(
      200,
      fmt::format(R"({{"currentRestVersion":"{0}","properties":{{"currentRestVersion":"{0}"}}}})",
                  newest));
}

Error no_result(std::string_view operation) {
  return {ErrorCode::ResourceNotFound,
          "",
          fmt::format("There is no result of the operation {}.", in_quotes(operation)),
          "Results are kept for an hour, until the controller restarts.",
          {}};
}

http::Response accepted(std::string_view origin, std::string_view version,
                        std::string_view operation) {
  http::Response response = json_answer(202, "");
  response.headers.push_back(
      {"Location",
       link(origin, fmt::format("/networking/{}/operationResults/{}", version, operation))});
  response.headers.push_back(operation_header(origin, version, operation));
  return response;
}

http::Header operation_header(std::string_view origin, std::string_view version,
                              std::string_view operation) {
  return {"Azure-AsyncOperation",
          link(origin, fmt::format("/networking/{}/operations/{}", version, operation))};
}

http::Response empty_collection(config::EmptyCollection shape) {
  return json_answer(200, shape == config::EmptyCollection::Bare ? R"({"nextLink":""})"
                                                                 : R"({"value":[],"nextLink":""})");
}

std::string link(std::string_view origin, std::string_view path) {
  return fmt::format("{}{}", origin, path);
}

}  // namespace isthmus::api::networking
