#include "api/http/message.h"

#include <algorithm>
#include <array>

#include "api/http/target.h"

namespace isthmus::api::http {
namespace {

constexpr std::array<std::string_view, kMethodCount> kMethodNames = {
    "GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

enum class HighBytes : uint8_t { Keep, Escape };

void append_escaped(std::string& out, char c, HighBytes high_bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte < 0x20 || byte == 0x7f || (byte > 0x7f && high_bytes == HighBytes::Escape)) {
    out += "\\u00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  } else {
    out += c;
  }
}

}  // namespace

std::string_view to_string(Method method) { return kMethodNames[static_cast<size_t>(method)]; }

std::optional<Method> method_named(std::string_view name) {
  const auto found = std::find(kMethodNames.begin(), kMethodNames.end(), name);
  if (found == kMethodNames.end()) return std::nullopt;
  return static_cast<Method>(found - kMethodNames.begin());
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_without_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_without_case(text.substr(0, prefix.size()), prefix);
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const Header& field : fields_) {
    if (equal_without_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::string Request::path() const {
  std::string text;
  for (const std::string& segment : segments) text.append("/").append(segment);
  if (trailing_slash || text.empty()) text += '/';
  return text;
}

std::optional<std::string_view> Request::parameter(std::string_view name) const {
  for (const QueryParameter& item : query) {
    if (equal_without_case(item.name, name)) return item.value;
  }
  return std::nullopt;
}

std::string json_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const HighBytes high_bytes = is_utf8(text) ? HighBytes::Keep : HighBytes::Escape;
  for (const char c : text) append_escaped(out, c, high_bytes);
  return out;
}

Response default_error_body(const ServerError& error) {
  Response response;
  response.status = error.status;
  response.body.append("{\"error\":{\"code\":\"")
      .append(json_escaped(error.code))
      .append("\",\"message\":\"")
      .append(json_escaped(error.message))
      .append("\"}}");
  return response;
}

}  // namespace isthmus::api::http
