// The request guard: what a header must satisfy before its body is read.
//
// Beast 1.81 by itself takes shapes that request smuggling is made of (a body under
// "Transfer-Encoding: gzip" is parsed as the next request), two Hosts or none, and any byte in a
// target; and a browser lets any web page send requests to loopback. One table of named rules
// stands in front. The first rule that does not hold is the answer, so the order of the rows is the
// precedence of the answers: first what makes the message readable, then its size, then who may
// send it, then what it carries. What it carries is judged after the body has been read, so that a
// broken body is told first and the connection can go on; after any other refusal it is closed,
// because where the next request begins is not known.
//
// Pure functions over views into the parser's buffer; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/limits.h"
#include "api/http/target.h"

namespace isthmus::api::http {

struct FieldView {
  std::string_view name;
  std::string_view value;  // without the white space around it
};

// A parsed header, as it came.
struct Head {
  std::string_view method;
  std::string_view target;
  unsigned version = 11;  // 10 is HTTP/1.0, 11 is HTTP/1.1
  std::span<const FieldView> fields;
};

struct GuardPolicy {
  const Limits& limits;
  std::span<const std::string> hosts;  // legal hosts of Host, IPv6 in brackets
};

struct GuardCase;  // a Head with what several rules need to know of it; guard.cc

enum class Stage : uint8_t { BeforeBody, AfterBody };

struct GuardRule {
  Stage stage;
  std::string_view name;  // reads as a sentence
  int status;
  std::string_view code;
  std::string_view message;  // what the client is told
  bool (*holds)(const GuardCase&);
};

// The first rule of the stage that the header breaks; nullptr when it may pass. AfterBody presumes
// that the header has passed BeforeBody.
const GuardRule* broken_rule(const Head& head, const GuardPolicy& policy, Stage stage);

std::span<const GuardRule> guard_rules();

// The rule for the header's raw bytes, which the parser hides: no field goes on in the next line
// (obs-fold; RFC 9112 section 5.2 lets a server refuse it). Looks at most to the first empty line.
bool has_folded_line(std::string_view bytes);

// The rule for what comes after the header: the extension of each chunk.
bool chunk_extension_allowed(std::string_view extension, const Limits& limits);

// `text` is "application/json", perhaps with "charset=utf-8"; nothing else.
bool is_json_type(std::string_view text);

}  // namespace isthmus::api::http
