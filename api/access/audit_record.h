// A line of the audit log: who did what, whether he was let, and what came of it. Pure.
//
//   {"time":"2027-01-01T10:00:00.123Z","event":"call","principal":"ci","role":"contributor",
//    "source":"127.0.0.1","method":"PUT","path":"/networking/v1/virtualNetworks/red",
//    "requestId":"...","decision":"allowed","status":201,"etagAfter":"..."}
//
// Every text of a client is inside a JSON string, control characters escaped: no name and no header
// can begin a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "api/http/message.h"

namespace isthmus::api::access {

// Intent and Outcome where the log is required: the one before anything happens, the other after.
enum class AuditEvent : uint8_t { Call, Intent, Outcome };

struct AuditRecord {
  AuditEvent event = AuditEvent::Call;
  std::string principal;  // empty where nobody is asked, and of strangers
  std::string role;       // of the principal
  std::string source;     // the client's address
  std::string method;
  std::string path;   // decoded
  std::string query;  // as received
  std::string request_id;
  std::string client_request_id;  // what the client calls it: x-ms-client-request-id
  std::string certificate;        // its subject
  bool allowed = true;
  std::string code;         // of a refusal
  int status = 0;           // 0: not known yet
  std::string etag_before;  // as the client said in If-Match: a call that succeeds has compared it
  std::string etag_after;
};

AuditRecord audit_record(const http::Request& request);
void note_answer(AuditRecord& record, const http::Response& response);

std::string to_line(const AuditRecord& record, int64_t time_ms);

}  // namespace isthmus::api::access
