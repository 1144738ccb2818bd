#include "api/access/audit_record.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace isthmus::api::access {
namespace {

constexpr std::string_view kEvents[] = {"call", "intent", "outcome"};
constexpr size_t kClientTextMax = 256;  // ours: enough for ids and etags

std::string short_text(std::string_view text) {
  return std::string(text.substr(0, kClientTextMax));
}

std::string header(const http::Headers& headers, std::string_view name) {
  return short_text(headers.get(name).value_or(""));
}

std::string without_quotes(std::string etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"')
    return etag.substr(1, etag.size() - 2);
  return etag;
}

// "2027-01-01T10:00:00.123Z"
std::string time_with_ms(int64_t time_ms) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(static_cast<std::time_t>(time_ms / 1000)), time_ms % 1000);
}

}  // namespace

AuditRecord audit_record(const http::Request& request) {
  AuditRecord record;
  record.source = request.peer;
  record.method = http::to_string(request.method);
  record.path = request.path();
  const size_t question = request.target.find('?');
  if (question != std::string::npos) record.query = request.target.substr(question + 1);
  record.request_id = request.request_id;
  record.client_request_id = header(request.headers, "x-ms-client-request-id");
  if (request.certificate) record.certificate = short_text(request.certificate->subject);
  record.etag_before = without_quotes(header(request.headers, "If-Match"));
  return record;
}

void note_answer(AuditRecord& record, const http::Response& response) {
  record.status = response.status;
  for (const http::Header& field : response.headers) {
    if (http::equal_without_case(field.name, "ETag"))
      record.etag_after = without_quotes(field.value);
  }
}

std::string to_line(const AuditRecord& record, int64_t time_ms) {
  std::string line = fmt::format(R"({{"time":"{}","event":"{}")", time_with_ms(time_ms),
                                 kEvents[static_cast<size_t>(record.event)]);
  const auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) line += fmt::format(R"(,"{}":"{}")", name, http::json_escaped(value));
  };
  text("principal", record.principal);
  text("role", record.role);
  text("source", record.source);
  text("certificate", record.certificate);
  text("method", record.method);
  text("path", record.path);
  text("query", record.query);
  text("requestId", record.request_id);
  text("clientRequestId", record.client_request_id);
  text("decision", record.allowed ? "allowed" : "refused");
  text("code", record.code);
  if (record.status != 0) line += fmt::format(R"(,"status":{})", record.status);
  text("etagBefore", record.etag_before);
  text("etagAfter", record.etag_after);
  return line + "}";
}

}  // namespace isthmus::api::access
