#include "api/control/problem.h"

#include <fmt/format.h>

#include "api/http/response.h"
#include "api/json/json_text.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

constexpr std::string_view kProblemType = "application/problem+json";

void write_details(JsonText& json, const std::vector<ErrorDetail>& details) {
  if (details.empty()) return;
  json.key("details").array();
  for (const ErrorDetail& detail : details)
    json.object().text("code", detail.code).text("message", detail.message).end_object();
  json.end_array();
}

void write_lab_problems(JsonText& json, const std::vector<lab::LabProblem>& problems) {
  if (problems.empty()) return;
  json.key("problems").array();
  for (const lab::LabProblem& problem : problems) {
    json.object()
        .number("line", static_cast<uint64_t>(problem.line))
        .number("column", static_cast<uint64_t>(problem.column))
        .text("pointer", problem.pointer)
        .text("message", problem.message)
        .end_object();
  }
  json.end_array();
}

}  // namespace

Problem problem_of(const Error& error) {
  const ErrorInfo& row = info(error.code);
  Problem problem;
  problem.status = row.status;
  problem.code = row.name;
  problem.title = row.meaning;
  problem.detail = error.message;
  problem.pointer = error.target;
  problem.remedy = error.remedy;
  problem.details = error.details;
  return problem;
}

http::Response answer(const Problem& problem) {
  JsonText json;
  json.object()
      .text("type", "urn:isthmus:error:" + problem.code)
      .text("title", problem.title.empty() ? http::reason_phrase(problem.status) : problem.title)
      .number("status", static_cast<uint64_t>(problem.status))
      .text("detail", problem.detail)
      .text("code", problem.code)
      .text_unless_empty("pointer", problem.pointer)
      .text_unless_empty("remedy", problem.remedy);
  write_details(json, problem.details);
  write_lab_problems(json, problem.problems);
  json.end_object();
  http::Response response;
  response.status = problem.status;
  response.body = json.take();
  response.content_type = kProblemType;
  return response;
}

http::Response problem_body(const http::ServerError& error) {
  Problem problem;
  problem.status = error.status;
  problem.code = error.code;
  for (const ErrorInfo& row : all_errors()) {
    if (row.name == error.code) problem.title = row.meaning;
  }
  problem.detail = error.message;
  return answer(problem);
}

}  // namespace isthmus::api::control
