#include "api/http/guard.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace isthmus::api::http {

// The fields that rules ask about: how often each came, and its last value.
struct Seen {
  int count = 0;
  std::string_view value;
};

struct GuardCase {
  const Head& head;
  const GuardPolicy& policy;
  std::optional<TargetParts> target;
  Seen host{}, transfer_encoding{}, content_length{}, expect{};
  Seen content_type{}, content_encoding{}, origin{}, fetch_site{};
  std::optional<uint64_t> body_length{};  // absent: Content-Length is not a number
  std::optional<Authority> authority{};  // whom the request is for: the target's authority, or Host

  bool has_body() const { return transfer_encoding.count > 0 || body_length.value_or(0) > 0; }
};

namespace {

struct Interesting {
  std::string_view name;
  Seen GuardCase::*seen;
};
constexpr Interesting kInteresting[] = {
    {"host", &GuardCase::host},
    {"transfer-encoding", &GuardCase::transfer_encoding},
    {"content-length", &GuardCase::content_length},
    {"expect", &GuardCase::expect},
    {"content-type", &GuardCase::content_type},
    {"content-encoding", &GuardCase::content_encoding},
    {"origin", &GuardCase::origin},
    {"sec-fetch-site", &GuardCase::fetch_site},
};

std::optional<uint64_t> decimal(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

GuardCase make_case(const Head& head, const GuardPolicy& policy) {
  GuardCase c{.head = head, .policy = policy, .target = split_target(head.target)};
  for (const FieldView& field : head.fields) {
    for (const Interesting& row : kInteresting) {
      if (!equal_without_case(field.name, row.name)) continue;
      Seen& seen = c.*row.seen;
      ++seen.count;
      seen.value = field.value;
    }
  }
  c.body_length = c.content_length.count == 0 ? uint64_t{0} : decimal(c.content_length.value);
  const bool absolute = c.target && c.target->form == TargetParts::Form::Absolute;
  c.authority = parse_authority(absolute ? c.target->authority : c.host.value);
  return c;
}

// "host." is the same name as "host", written as a full one.
std::string_view without_root_dot(std::string_view host) {
  return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

bool is_served_here(const GuardCase& c) {
  const std::string_view host = without_root_dot(c.authority->host);
  return std::any_of(c.policy.hosts.begin(), c.policy.hosts.end(),
                     [&](const std::string& name) { return equal_without_case(name, host); });
}

// A browser says where the page came from that sends an unsafe request: only our own pages may.
// The port counts: another server on localhost is another origin.
bool is_own_origin(const GuardCase& c) {
  std::string_view origin = c.origin.value;
  const bool http = starts_without_case(origin, "http://");
  if (!http && !starts_without_case(origin, "https://")) return false;
  origin.remove_prefix(http ? 7 : 8);
  const std::optional<Authority> from = parse_authority(origin);
  const uint16_t default_port = http ? 80 : 443;
  return from && equal_without_case(from->host, c.authority->host) &&
         from->port.value_or(default_port) == c.authority->port.value_or(default_port);
}

bool is_safe_name(std::string_view method) {
  const std::optional<Method> known = method_named(method);
  return known && is_safe(*known);
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// "type/subtype; charset=utf-8": true when the type is `wanted` and no other parameter is there.
bool is_media_type(std::string_view text, std::string_view wanted) {
  const size_t semicolon = std::min(text.find(';'), text.size());
  if (!equal_without_case(trimmed(text.substr(0, semicolon)), wanted)) return false;
  const std::string_view parameter = trimmed(text.substr(std::min(semicolon + 1, text.size())));
  return parameter.empty() || equal_without_case(parameter, "charset=utf-8") ||
         equal_without_case(parameter, "charset=\"utf-8\"");
}

// A token is asked for with a form (RFC 6749 section 4.4.2). Nothing else takes one: it is what
// any web page may send, and what curl -d calls a body where nobody says what it is.
bool takes_form(std::string_view path) {
  constexpr std::array<std::string_view, 3> kTokens = {"/oauth2/token", "/oauth2/v2.0/token",
                                                       "/msi/token"};
  if (path.ends_with('/')) path.remove_suffix(1);
  return std::any_of(kTokens.begin(), kTokens.end(), [&](std::string_view end) {
    return path.size() >= end.size() &&
           equal_without_case(path.substr(path.size() - end.size()), end);
  });
}

bool has_known_type(const GuardCase& c) {
  constexpr std::array<std::string_view, 4> kOurs = {"application/yaml", "text/yaml",
                                                     "application/x-yaml", "application/jsonl"};
  if (c.content_type.count != 1) return false;
  if (is_json_type(c.content_type.value)) return true;
  if (takes_form(c.target->path))
    return is_media_type(c.content_type.value, "application/x-www-form-urlencoded");
  return starts_without_case(c.target->path, "/_isthmus/") &&
         std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view type) {
           return is_media_type(c.content_type.value, type);
         });
}

constexpr GuardRule kRules[] = {
    // What makes the message readable.
    {Stage::BeforeBody, "the target has at most the allowed length", 414, "TargetTooLong",
     "The request target is longer than this server takes.",
     [](const GuardCase& c) { return c.head.target.size() <= c.policy.limits.target_bytes; }},
    {Stage::BeforeBody, "the version is HTTP/1.0 or HTTP/1.1", 505, "HttpVersionNotSupported",
     "This server speaks HTTP/1.1 and HTTP/1.0.",
     [](const GuardCase& c) { return c.head.version == 10 || c.head.version == 11; }},
    {Stage::BeforeBody, "the target is a path, a URL, or * for OPTIONS", 400, "MalformedTarget",
     "The request target is not a path that starts with '/' or an http URL, or it holds a byte "
     "that must be "
     "percent-encoded.",
     [](const GuardCase& c) {
       return c.target &&
              (c.target->form != TargetParts::Form::Asterisk || c.head.method == "OPTIONS");
     }},
    {Stage::BeforeBody, "there is exactly one Host", 400, "MalformedHost",
     "A request has exactly one Host header.",
     [](const GuardCase& c) {
       return c.host.count == 1 || (c.head.version == 10 && c.host.count == 0);
     }},
    {Stage::BeforeBody, "Host is a host and perhaps a port", 400, "MalformedHost",
     "The Host header, or the host of the target, is not a host name or address with an optional "
     "port.",
     [](const GuardCase& c) { return c.authority && parse_authority(c.host.value); }},
    {Stage::BeforeBody, "Transfer-Encoding comes once, in HTTP/1.1, without Content-Length", 400,
     "MalformedFraming",
     "Transfer-Encoding is allowed once, in HTTP/1.1, and never together with Content-Length.",
     [](const GuardCase& c) {
       return c.transfer_encoding.count == 0 ||
              (c.transfer_encoding.count == 1 && c.head.version == 11 &&
               c.content_length.count == 0);
     }},
    {Stage::BeforeBody, "Transfer-Encoding is chunked", 501, "TransferEncodingNotSupported",
     "The only transfer encoding that this server takes is chunked.",
     [](const GuardCase& c) {
       return c.transfer_encoding.count == 0 ||
              equal_without_case(c.transfer_encoding.value, "chunked");
     }},
    {Stage::BeforeBody, "Content-Length comes at most once and is a number", 400,
     "MalformedFraming", "Content-Length is a decimal number and comes at most once.",
     [](const GuardCase& c) { return c.content_length.count <= 1 && c.body_length; }},
    // Its size.
    {Stage::BeforeBody, "there are at most the allowed number of fields", 431, "HeaderTooLarge",
     "The request has more header fields than this server takes.",
     [](const GuardCase& c) { return c.head.fields.size() <= c.policy.limits.header_fields; }},
    {Stage::BeforeBody, "the body has at most the allowed length", 413, "BodyTooLarge",
     "The body is longer than this server takes.",
     [](const GuardCase& c) { return *c.body_length <= c.policy.limits.body_bytes; }},
    {Stage::BeforeBody, "nothing but 100-continue is expected", 417, "ExpectationFailed",
     "The only expectation that this server can meet is 100-continue.",
     [](const GuardCase& c) {
       return c.expect.count == 0 ||
              (c.expect.count == 1 && equal_without_case(c.expect.value, "100-continue"));
     }},
    // Who may send it.
    {Stage::BeforeBody, "Host is a name of this server", 421, "HostNotAllowed",
     "The Host header is not a name of this server (a guard against DNS rebinding): use localhost, "
     "or start "
     "isthmusd with --host-allow NAME.",
     [](const GuardCase& c) {
       return (c.head.version == 10 && c.authority->host.empty()) || is_served_here(c);
     }},
    {Stage::BeforeBody, "the method is one that the server knows", 405, "MethodNotAllowed",
     "The method is not one of GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS.",
     [](const GuardCase& c) { return method_named(c.head.method).has_value(); }},
    {Stage::BeforeBody, "a web page changes things on its own server only", 403, "ForeignOrigin",
     "The request comes from a web page of another origin; only pages of this server may change "
     "things.",
     [](const GuardCase& c) {
       return is_safe_name(c.head.method) || c.origin.count == 0 ||
              (c.origin.count == 1 && is_own_origin(c));
     }},
    {Stage::BeforeBody, "a browser changes things from this origin only", 403, "ForeignOrigin",
     "The browser says that the request comes from another site; only pages of this server may "
     "change things.",
     [](const GuardCase& c) {
       return is_safe_name(c.head.method) || c.fetch_site.count == 0 ||
              equal_without_case(c.fetch_site.value, "same-origin") ||
              equal_without_case(c.fetch_site.value, "none");
     }},
    // What it carries.
    {Stage::AfterBody, "a body is JSON, or YAML where documents are taken, or a form for a token",
     415, "UnsupportedMediaType",
     "A request body needs the content type application/json (UTF-8), or for a lab document "
     "application/yaml: add -H 'Content-Type: application/json'.",
     [](const GuardCase& c) { return !c.has_body() || has_known_type(c); }},
    {Stage::AfterBody, "a body is not compressed", 415, "UnsupportedMediaType",
     "The body is compressed; send it without Content-Encoding.",
     [](const GuardCase& c) {
       return !c.has_body() || c.content_encoding.count == 0 ||
              (c.content_encoding.count == 1 &&
               equal_without_case(c.content_encoding.value, "identity"));
     }},
};

}  // namespace

std::span<const GuardRule> guard_rules() { return kRules; }

const GuardRule* broken_rule(const Head& head, const GuardPolicy& policy, Stage stage) {
  const GuardCase facts = make_case(head, policy);
  const auto broken = std::find_if(
      std::begin(kRules), std::end(kRules),
      [&](const GuardRule& rule) { return rule.stage == stage && !rule.holds(facts); });
  return broken == std::end(kRules) ? nullptr : &*broken;
}

bool has_folded_line(std::string_view bytes) {
  const std::string_view header = bytes.substr(0, bytes.find("\r\n\r\n"));
  return header.find("\r\n ") != std::string_view::npos ||
         header.find("\r\n\t") != std::string_view::npos;
}

bool chunk_extension_allowed(std::string_view extension, const Limits& limits) {
  return extension.size() <= limits.chunk_extension_bytes;
}

bool is_json_type(std::string_view text) { return is_media_type(text, "application/json"); }

}  // namespace isthmus::api::http
