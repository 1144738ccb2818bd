#include "dataplane/net/ip.h"

#include <charconv>
#include <cstdio>

namespace isthmus::net {
namespace {

// A decimal number without sign or leading zeros, at most `max`.
std::optional<int> parse_decimal(std::string_view text, int max) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  if (value > max) return std::nullopt;
  return value;
}

std::optional<uint32_t> parse_v4(std::string_view text) {
  uint32_t value = 0;
  for (int octet = 0; octet < 4; ++octet) {
    const size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (octet == 3)) return std::nullopt;
    const auto number = parse_decimal(text.substr(0, dot), 255);
    if (!number) return std::nullopt;
    value = value << 8 | static_cast<uint32_t>(*number);
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  }
  return value;
}

std::optional<uint16_t> parse_group(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The 16-bit groups of one side of "::"; the last one may be a dotted IPv4 address.
struct Groups {
  std::array<uint16_t, 8> values{};
  int count = 0;
};

std::optional<Groups> parse_groups(std::string_view text, bool may_end_in_v4) {
  Groups groups;
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last && may_end_in_v4 && part.find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(part);
      if (!v4 || groups.count > 6) return std::nullopt;
      groups.values[groups.count++] = static_cast<uint16_t>(*v4 >> 16);
      groups.values[groups.count++] = static_cast<uint16_t>(*v4);
      return groups;
    }
    const auto group = parse_group(part);
    if (!group || groups.count == 8) return std::nullopt;
    groups.values[groups.count++] = *group;
    if (is_last) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // a single colon at the end
  }
  return groups;
}

std::optional<Bits128> parse_v6(std::string_view text) {
  const size_t gap = text.find("::");
  std::array<uint16_t, 8> groups{};
  if (gap == std::string_view::npos) {
    const auto all = parse_groups(text, true);
    if (!all || all->count != 8) return std::nullopt;
    groups = all->values;
  } else {
    const auto head = parse_groups(text.substr(0, gap), false);
    const auto tail = parse_groups(text.substr(gap + 2), true);
    if (!head || !tail || head->count + tail->count > 7) return std::nullopt;
    for (int i = 0; i < head->count; ++i) groups[i] = head->values[i];
    for (int i = 0; i < tail->count; ++i) groups[8 - tail->count + i] = tail->values[i];
  }
  Bits128 bits;
  for (int i = 0; i < 4; ++i) bits.hi = bits.hi << 16 | groups[i];
  for (int i = 4; i < 8; ++i) bits.lo = bits.lo << 16 | groups[i];
  return bits;
}

// RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of
// equals) as "::".
std::string print_v6(Bits128 bits) {
  std::array<uint16_t, 8> groups{};
  for (int i = 0; i < 4; ++i) groups[i] = static_cast<uint16_t>(bits.hi >> (48 - 16 * i));
  for (int i = 0; i < 4; ++i) groups[4 + i] = static_cast<uint16_t>(bits.lo >> (48 - 16 * i));
  int gap_start = -1;
  int gap_length = 1;
  for (int i = 0; i < 8; ++i) {
    int run = 0;
    while (i + run < 8 && groups[i + run] == 0) ++run;
    if (run > gap_length) {
      gap_start = i;
      gap_length = run;
    }
    i += run;
  }
  std::string text;
  for (int i = 0; i < 8; ++i) {
    if (i == gap_start) {
      text += "::";
      i += gap_length - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "%x", static_cast<unsigned>(groups[i]));
    text += buffer;
  }
  return text;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.find(':') != std::string_view::npos) {
    const auto bits = parse_v6(text);
    return bits ? std::optional(v6(*bits)) : std::nullopt;
  }
  const auto value = parse_v4(text);
  return value ? std::optional(v4(*value)) : std::nullopt;
}

std::array<uint8_t, 16> IpAddress::bytes() const {
  std::array<uint8_t, 16> out{};
  for (int i = 0; i < 8; ++i) {
    out[i] = static_cast<uint8_t>(bits_.hi >> (56 - 8 * i));
    out[8 + i] = static_cast<uint8_t>(bits_.lo >> (56 - 8 * i));
  }
  return out;
}

IpAddress IpAddress::plus(uint64_t offset) const {
  if (is_v4()) return v4(v4_host_order() + static_cast<uint32_t>(offset));
  Bits128 sum = bits_;
  sum.lo += offset;
  if (sum.lo < offset) ++sum.hi;
  return v6(sum);
}

uint64_t IpAddress::distance_from(IpAddress first) const {
  if (*this <= first) return 0;
  if (is_v4()) return v4_host_order() - first.v4_host_order();
  const uint64_t borrow = bits_.lo < first.bits_.lo ? 1 : 0;
  if (bits_.hi - first.bits_.hi - borrow != 0) return ~uint64_t{0};
  return bits_.lo - first.bits_.lo;
}

std::string IpAddress::to_string() const {
  if (!is_v4()) return print_v6(bits_);
  const uint32_t a = v4_host_order();
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
                a & 255);
  return buffer;
}

std::optional<Cidr> parse_cidr(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const auto length = parse_decimal(text.substr(slash + 1), address_bits(address->family()));
  if (!length) return std::nullopt;
  return Cidr{*address, *length};
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto cidr = parse_cidr(text);
  return cidr ? make(cidr->address, cidr->length) : std::nullopt;
}

std::string Prefix::to_string() const {
  return address_.to_string() + "/" + std::to_string(length_);
}

}  // namespace isthmus::net
