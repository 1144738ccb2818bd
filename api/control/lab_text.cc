#include "api/control/lab_text.h"

#include <fmt/format.h>

#include <optional>

#include "api/control/lab/parse.h"

namespace isthmus::api::control {
namespace {

struct MediaType {
  std::string_view name;
  lab::LabFormat format;
};
constexpr MediaType kMediaTypes[] = {
    {kYaml, lab::LabFormat::Yaml},
    {"application/x-yaml", lab::LabFormat::Yaml},
    {"text/yaml", lab::LabFormat::Yaml},
    {"application/json", lab::LabFormat::Json},
};

// Without its parameters: "text/yaml; charset=utf-8" is text/yaml.
std::optional<lab::LabFormat> format_of(const http::Request& request) {
  std::string_view type = request.headers.get("Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  for (const MediaType& row : kMediaTypes) {
    if (http::equal_without_case(row.name, type)) return row.format;
  }
  return std::nullopt;
}

Problem wrong_media_type() {
  Problem problem;
  problem.status = 415;
  problem.code = "UnsupportedMediaType";
  problem.detail = "A lab document is application/yaml or application/json.";
  problem.remedy =
      "With curl: -H 'Content-Type: application/yaml' --data-binary @lab.yaml (-d would join the "
      "lines).";
  return problem;
}

Problem refused_document(const std::vector<lab::LabProblem>& problems) {
  const lab::LabProblem& first = problems.front();
  Problem problem = problem_of({ErrorCode::InvalidLabDocument,
                                first.pointer,
                                fmt::format("Line {}: {}", first.line, first.message),
                                "",
                                {}});
  problem.problems = problems;
  return problem;
}

}  // namespace

tl::expected<lab::LabDocument, Problem> read_document(const http::Request& request,
                                                      const std::string& subscription) {
  const auto format = format_of(request);
  if (!format) return tl::unexpected(wrong_media_type());
  auto parsed = lab::parse_lab(request.body, *format);
  if (!parsed) return tl::unexpected(refused_document(parsed.error()));
  parsed->subscription = subscription;
  return std::move(*parsed);
}

// The rules speak of resources; a reader of the document wants its line.
Problem problem_in(const lab::LabDocument& document, const Error& error) {
  Problem problem = problem_of(error);
  std::string_view pointer = error.target;
  while (!pointer.empty()) {
    const auto found = document.positions.find(pointer);
    if (found != document.positions.end()) {
      problem.pointer = pointer;
      problem.detail = fmt::format("Line {}: {}", found->second.line, error.message);
      problem.problems = {
          {found->second.line, found->second.column, std::string(pointer), error.text()}};
      break;
    }
    pointer = pointer.substr(0, pointer.rfind('/'));
  }
  return problem;
}

}  // namespace isthmus::api::control
