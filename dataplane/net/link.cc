#include "dataplane/net/link.h"

#include <charconv>
#include <cstdio>

namespace isthmus::net {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<uint32_t> parse_port(std::string_view text) {
  uint32_t value = 0;
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Mac> Mac::parse(std::string_view text) {
  const bool separated = text.size() == 17;
  if (!separated && text.size() != 12) return std::nullopt;
  const char separator = separated ? text[2] : '\0';
  if (separated && separator != '-' && separator != ':') return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (separated && i % 3 == 2) {
      if (text[i] != separator) return std::nullopt;
      continue;
    }
    const int digit = hex_digit(text[i]);
    if (digit < 0) return std::nullopt;
    value = value << 4 | static_cast<uint64_t>(digit);
  }
  return make(value);
}

std::string Mac::compact() const {
  char buffer[13];
  std::snprintf(buffer, sizeof buffer, "%012llX", static_cast<unsigned long long>(value_));
  return buffer;
}

std::string Mac::dashed() const {
  const std::string digits = compact();
  std::string text;
  for (size_t i = 0; i < digits.size(); i += 2) {
    if (i != 0) text += '-';
    text += digits.substr(i, 2);
  }
  return text;
}

std::optional<PortRange> PortRange::parse(std::string_view text) {
  if (text == "*") return PortRange();
  const size_t dash = text.find('-');
  const auto first = parse_port(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_port(text.substr(dash + 1));
  if (!first || !last) return std::nullopt;
  return make(*first, *last);
}

std::string PortRange::to_string() const {
  if (first_ == last_) return std::to_string(first_);
  return std::to_string(first_) + "-" + std::to_string(last_);
}

}  // namespace isthmus::net
