#include "api/http/target.h"

#include <algorithm>
#include <charconv>

namespace isthmus::api::http {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// unreserved, sub-delims and '%' of RFC 3986.
constexpr bool is_name_byte(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("-._~!$&'()*+,;=%").find(c) != std::string_view::npos;
}
constexpr bool is_ipv6_byte(char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; }

// Visible ASCII without the two that a path must not smuggle: '#' never travels, '\' is '/' to
// some.
constexpr bool is_target_byte(char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '\\'; }

// The length of the host at the start of `text`, or npos.
size_t host_length(std::string_view text) {
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos || close < 3) return std::string_view::npos;
    const std::string_view inside = text.substr(1, close - 1);
    return std::all_of(inside.begin(), inside.end(), is_ipv6_byte) ? close + 1
                                                                   : std::string_view::npos;
  }
  return static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_name_byte) -
                             text.begin());
}

enum class Plus : uint8_t { Literal, Space };

std::optional<std::string> percent_decoded(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus == Plus::Space) {
      c = ' ';
    }
    out += c;
  }
  return out;
}

bool is_segment(std::string_view decoded) {
  const auto forbidden = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '/' || c == '\\';
  };
  return decoded != "." && decoded != ".." &&
         std::none_of(decoded.begin(), decoded.end(), forbidden) && is_utf8(decoded);
}

std::optional<QueryParameter> decode_parameter(std::string_view item) {
  const size_t equals = std::min(item.find('='), item.size());
  auto name = percent_decoded(item.substr(0, equals), Plus::Space);
  auto value = percent_decoded(item.substr(std::min(equals + 1, item.size())), Plus::Space);
  if (!name || !value) return std::nullopt;
  if (name->find('\0') != std::string::npos || value->find('\0') != std::string::npos)
    return std::nullopt;
  return QueryParameter{std::move(*name), std::move(*value)};
}

// Calls `each(part)` until it returns false; false when it did.
template <class Each>
bool split(std::string_view text, char separator, Each each) {
  for (;;) {
    const size_t end = text.find(separator);
    if (!each(text.substr(0, end))) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const size_t length = host_length(text);
  if (length == std::string_view::npos) return std::nullopt;
  Authority authority{text.substr(0, length), std::nullopt};
  std::string_view rest = text.substr(length);
  if (rest.empty()) return authority;
  if (rest.front() != ':') return std::nullopt;
  rest.remove_prefix(1);
  if (rest.empty()) return authority;
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), port);
  if (error != std::errc() || end != rest.data() + rest.size()) return std::nullopt;
  authority.port = port;
  return authority;
}

std::optional<TargetParts> split_target(std::string_view target) {
  TargetParts parts;
  if (target == "*") {
    parts.form = TargetParts::Form::Asterisk;
    return parts;
  }
  if (target.empty() || !std::all_of(target.begin(), target.end(), is_target_byte))
    return std::nullopt;
  if (target.front() != '/') {
    const bool http = starts_without_case(target, "http://");
    if (!http && !starts_without_case(target, "https://")) return std::nullopt;
    target.remove_prefix(http ? 7 : 8);
    const size_t authority = std::min(target.find_first_of("/?"), target.size());
    parts.form = TargetParts::Form::Absolute;
    parts.authority = target.substr(0, authority);
    parts.authority.remove_prefix(parts.authority.rfind('@') + 1);  // npos + 1 == 0
    target.remove_prefix(authority);
  }
  const size_t question = std::min(target.find('?'), target.size());
  parts.path = question == 0 ? std::string_view("/") : target.substr(0, question);
  parts.query = target.substr(std::min(question + 1, target.size()));
  return parts;
}

std::optional<DecodedPath> decode_path(std::string_view path) {
  DecodedPath result;
  result.trailing_slash = path.ends_with('/');
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return result;
  result.segments.reserve(static_cast<size_t>(std::count(path.begin(), path.end(), '/')) + 1);
  const bool decodes = split(path, '/', [&](std::string_view part) {
    auto segment = percent_decoded(part, Plus::Literal);
    if (!segment || !is_segment(*segment)) return false;
    result.segments.push_back(std::move(*segment));
    return true;
  });
  if (!decodes) return std::nullopt;
  return result;
}

std::optional<std::vector<QueryParameter>> decode_query(std::string_view query) {
  std::vector<QueryParameter> parameters;
  const bool decodes = split(query, '&', [&](std::string_view item) {
    if (item.empty()) return true;
    auto parameter = decode_parameter(item);
    if (!parameter) return false;
    parameters.push_back(std::move(*parameter));
    return true;
  });
  if (!decodes) return std::nullopt;
  return parameters;
}

bool is_utf8(std::string_view text) {
  // Lead byte range, number of continuation bytes, range of the first of them (RFC 3629 section 4).
  struct Row {
    unsigned char first, last;
    size_t more;
    unsigned char low, high;
  };
  static constexpr Row kRows[] = {
      {0x00, 0x7f, 0, 0x80, 0xbf}, {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
      {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
      {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
  };
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  for (size_t i = 0; i < text.size();) {
    const auto row =
        std::find_if(std::begin(kRows), std::end(kRows),
                     [lead = byte(i)](const Row& r) { return lead >= r.first && lead <= r.last; });
    if (row == std::end(kRows) || text.size() - i <= row->more) return false;
    for (size_t k = 1; k <= row->more; ++k) {
      const unsigned char low = k == 1 ? row->low : 0x80;
      const unsigned char high = k == 1 ? row->high : 0xbf;
      if (byte(i + k) < low || byte(i + k) > high) return false;
    }
    i += row->more + 1;
  }
  return true;
}

}  // namespace isthmus::api::http
