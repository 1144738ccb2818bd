// The request target (RFC 9112 section 3.2): taken apart without copying, then decoded exactly
// once. Pure functions. Also the authority of a Host header, which has the same grammar.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"

namespace isthmus::api::http {

// host [ ":" port ], RFC 3986 section 3.2. An IPv6 host keeps its brackets.
struct Authority {
  std::string_view host;
  std::optional<uint16_t> port;  // absent: not given, or an empty one as in "host:"
};
std::optional<Authority> parse_authority(std::string_view text);

struct TargetParts {
  enum class Form : uint8_t { Origin, Absolute, Asterisk };
  Form form = Form::Origin;
  std::string_view authority;  // Absolute only; without user information
  std::string_view path;       // still encoded; "/" when an absolute form has none
  std::string_view query;      // still encoded, without '?'
};

// nullopt: no form that this server takes, or a byte that no URI may hold (also '#' and '\').
std::optional<TargetParts> split_target(std::string_view target);

struct DecodedPath {
  std::vector<std::string> segments;
  bool trailing_slash = false;
};

// nullopt: a bad escape; a segment that decodes to ".", "..", or holds '/', '\', NUL, another
// control character or text that is not UTF-8. Empty segments inside are kept: "//a" is {"", "a"}.
std::optional<DecodedPath> decode_path(std::string_view path);

// nullopt: a bad escape or an escaped NUL.
std::optional<std::vector<QueryParameter>> decode_query(std::string_view query);

// As RFC 3629 wants it: shortest form, no surrogates, at most U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace isthmus::api::http
