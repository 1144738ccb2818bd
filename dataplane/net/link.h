// Values below and above IP: MAC addresses, virtual network identifiers, port ranges, IP protocols.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::net {

class Mac {
 public:
  constexpr Mac() = default;
  static constexpr std::optional<Mac> make(uint64_t value) {
    if (value >> 48 != 0) return std::nullopt;
    return Mac(value);
  }
  // "001DD8B70601", "00-1D-D8-B7-06-01" or "00:1d:d8:b7:06:01", in any case.
  static std::optional<Mac> parse(std::string_view text);

  constexpr uint64_t value() const { return value_; }
  constexpr bool is_group() const {
    return (value_ >> 40 & 1) != 0;
  }                             // IEEE 802: multicast or broadcast
  std::string compact() const;  // "001DD8B70601", as the Network Controller prints interfaces
  std::string dashed() const;   // "00-1D-D8-B7-06-01", as it prints pools

  friend constexpr auto operator<=>(const Mac&, const Mac&) = default;

 private:
  constexpr explicit Mac(uint64_t value) : value_(value) {}
  uint64_t value_ = 0;  // 48 bits
};

// VXLAN network identifier, 24 bits (RFC 7348 section 4); on the Network Controller it is the
// virtualSubnetId.
class Vni {
 public:
  constexpr Vni() = default;
  static constexpr std::optional<Vni> make(uint64_t value) {
    if (value >= 1u << 24) return std::nullopt;
    return Vni(static_cast<uint32_t>(value));
  }
  constexpr uint32_t value() const { return value_; }
  friend constexpr auto operator<=>(const Vni&, const Vni&) = default;

 private:
  constexpr explicit Vni(uint32_t value) : value_(value) {}
  uint32_t value_ = 0;
};

class PortRange {  // inclusive
 public:
  constexpr PortRange() = default;  // every port
  static constexpr std::optional<PortRange> make(uint32_t first, uint32_t last) {
    if (first > last || last > 65535) return std::nullopt;
    return PortRange(static_cast<uint16_t>(first), static_cast<uint16_t>(last));
  }
  // "80", "1000-2000" or "*".
  static std::optional<PortRange> parse(std::string_view text);

  constexpr uint16_t first() const { return first_; }
  constexpr uint16_t last() const { return last_; }
  constexpr bool is_any() const { return first_ == 0 && last_ == 65535; }
  constexpr bool contains(uint16_t port) const { return port >= first_ && port <= last_; }
  std::string to_string() const;  // "80" or "1000-2000"; every port is "0-65535"

  friend constexpr auto operator<=>(const PortRange&, const PortRange&) = default;

 private:
  constexpr PortRange(uint16_t first, uint16_t last) : first_(first), last_(last) {}
  uint16_t first_ = 0;
  uint16_t last_ = 65535;
};

// IANA protocol numbers that the pipeline knows by name; any other value is legal too.
enum class IpProtocol : uint8_t { Icmp = 1, Tcp = 6, Udp = 17, Gre = 47, Esp = 50, Icmpv6 = 58 };

}  // namespace isthmus::net
