// POST expectations: is what a lab document expects true of the controller as it is now?
#include "api/control/calls.h"
#include "api/control/lab/expectations.h"
#include "api/control/lab_text.h"
#include "api/json/json_text.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;
using lab::LabExpectation;
using lab::LabOutcome;

std::string_view word(lab::LabResult result) {
  return result == lab::LabResult::Reach ? "reach" : "drop";
}

void write_expected(JsonText& json, const LabExpectation& expected) {
  json.key("expected")
      .object()
      .text("result", word(expected.result))
      .text_unless_empty("via", expected.via)
      .text_unless_empty("reason", expected.reason)
      .end_object();
}

void write_packet(JsonText& json, const ExplainPacket& packet) {
  json.key("packet")
      .object()
      .text("sender", packet.sender)
      .text_unless_empty("receiver", packet.receiver)
      .text("source", packet.source.to_string())
      .text("destination", packet.destination.to_string())
      .end_object();
}

void write_actual(JsonText& json, const LabOutcome& actual) {
  json.key("actual")
      .object()
      .text("result", actual.elsewhere.empty() ? word(actual.result) : "elsewhere")
      .key("via")
      .array();
  for (const std::string& machine : actual.via) json.text(machine);
  json.end_array()
      .text_unless_empty("reason", actual.reason)
      .text_unless_empty("detail", actual.detail)
      .text_unless_empty("remedy", actual.remedy)
      .end_object();
}

// Whether it holds.
bool write_expectation(JsonText& json, const LabExpectation& expected, const LabOutcome& actual,
                       int line) {
  const bool it_holds = lab::holds(expected, actual);
  json.object()
      .number("line", static_cast<uint64_t>(line))
      .text("from", expected.from)
      .text("to", expected.to)
      .text("protocol", expected.protocol);
  if (expected.port) json.number("port", *expected.port);
  write_packet(json, actual.packet);
  write_expected(json, expected);
  write_actual(json, actual);
  json.key("holds").boolean(it_holds).end_object();
  return it_holds;
}

std::string write_verdicts(const lab::LabDocument& document,
                           const std::vector<LabOutcome>& outcomes, Revision revision) {
  JsonText json;
  json.object().number("revision", revision).key("expectations").array();
  bool all_hold = true;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    const int line = document.positions.at("/expect/" + std::to_string(i)).line;
    all_hold &= write_expectation(json, document.expectations[i], outcomes[i], line);
  }
  json.end_array().key("holds").boolean(all_hold).end_object();
  return json.take();
}

}  // namespace

http::Response test_expectations(const Service& service, const http::Request& request) {
  const auto document = read_document(request, service.options.subscription);
  if (!document) return answer(document.error());
  Result<std::vector<LabOutcome>> outcomes;
  Revision revision = 0;
  service.controller.diagnose([&](const Model& model, const dataplane::Tables& tables) {
    outcomes = lab::observe(*document, model, tables);
    revision = model.revision();
  });
  return outcomes ? json_answer(write_verdicts(*document, *outcomes, revision))
                  : answer(problem_in(*document, outcomes.error()));
}

}  // namespace isthmus::api::control
