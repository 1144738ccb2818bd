// POST explain: the question as JSON, the answer as JSON; what happens is controller/explain.
#include <fmt/format.h>

#include <array>
#include <charconv>

#include "api/control/calls.h"
#include "api/control/suggest.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "api/json/steps.h"
#include "controller/explain/explain.h"
#include "controller/model/text.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

constexpr std::array<std::string_view, 4> kMembers = {"from", "to", "protocol", "port"};
constexpr std::string_view kExampleOfAFlow =
    R"(Send {"from":"web1","to":"db1","protocol":"tcp","port":443}.)";

std::string_view text_of(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

tl::unexpected<Error> malformed(std::string pointer, std::string message) {
  return fail(ErrorCode::InvalidRequestContent, std::move(pointer), std::move(message),
              std::string(kExampleOfAFlow));
}

// 443 or "443".
std::optional<uint16_t> port_of(const rapidjson::Value& value) {
  constexpr unsigned kMost = 65535;
  if (value.IsUint() && value.GetUint() <= kMost) return static_cast<uint16_t>(value.GetUint());
  if (!value.IsString()) return std::nullopt;
  uint16_t port = 0;
  const std::string_view text = text_of(value);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

Result<void> read_member(std::string_view name, const rapidjson::Value& value,
                         ExplainQuestion& question) {
  const std::string pointer = fmt::format("/{}", name);
  if (name == "port") {
    question.port = port_of(value);
    if (!question.port)
      return fail(ErrorCode::InvalidParameterValue, pointer, "A port is a number from 0 to 65535.");
    return {};
  }
  std::string* const fields[] = {&question.from, &question.to, &question.protocol};
  for (size_t i = 0; i < std::size(fields); ++i) {
    if (kMembers[i] != name) continue;
    if (!value.IsString()) return malformed(pointer, fmt::format("'{}' is a text.", name));
    *fields[i] = text_of(value);
    return {};
  }
  const std::string_view near = nearest(name, kMembers);
  return malformed("", fmt::format("The question has no member {}{}", in_quotes(name),
                                   near.empty() ? "." : fmt::format("; did you mean '{}'?", near)));
}

Result<ExplainQuestion> read_question(const http::Request& request) {
  const auto document = json::parse_json(request.body);
  if (!document) return malformed("", document.error().message);
  if (!document->IsObject()) return malformed("", "The question is a JSON object.");
  ExplainQuestion question;
  for (const auto& member : document->GetObject()) {
    if (member.value.IsNull()) continue;
    if (auto read = read_member(text_of(member.name), member.value, question); !read)
      return tl::unexpected(read.error());
  }
  if (question.from.empty()) return malformed("/from", "The question needs 'from'.");
  if (question.to.empty()) return malformed("/to", "The question needs 'to'.");
  return question;
}

std::string write(const Explanation& explanation) {
  JsonText json;
  json.object()
      .text("verdict", explanation.delivered ? "delivered" : "dropped")
      .text_unless_empty("reason", explanation.reason);
  api::json::write_steps(json, "forward", explanation.forward);
  api::json::write_steps(json, "reverse", explanation.reverse);
  json.text_unless_empty("remedy", explanation.remedy)
      .text_unless_empty("elsewhere", explanation.elsewhere)
      .text_unless_empty("warning", explanation.warning)
      .end_object();
  return json.take();
}

}  // namespace

http::Response explain_packet(const Service& service, const http::Request& request) {
  const auto question = read_question(request);
  if (!question) return answer(problem_of(question.error()));
  Result<Explanation> explanation;
  service.controller.diagnose([&](const Model& model, const dataplane::Tables& tables) {
    explanation = explain(model, tables, *question);
  });
  return explanation ? json_answer(write(*explanation)) : answer(problem_of(explanation.error()));
}

}  // namespace isthmus::api::control
