// IPv4 and IPv6 addresses and prefixes as values that cannot be wrong.
//
// Both families share one layout: 128 bits, left-aligned, so that bit 0 is the most significant bit
// of the address in either family. An IPv4 address is the top 32 bits of `hi`. Masks, overlap and
// tries then need one implementation. Integers are in host byte order; wire order lives only in
// the files of this folder that read and write frames: headers.h and frame_edit.h.
//
// Text: RFC 4632 (IPv4 CIDR), RFC 4291 section 2.2 (IPv6), printed as RFC 5952. Parsing is strict:
// no leading zeros, no octal or hexadecimal IPv4, no spaces, no zone ids, no missing octets.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::net {

enum class Family : uint8_t { V4, V6 };

constexpr int address_bits(Family family) { return family == Family::V4 ? 32 : 128; }

// An unsigned 128-bit number, just enough of it for address arithmetic.
struct Bits128 {
  uint64_t hi = 0;
  uint64_t lo = 0;

  friend constexpr auto operator<=>(const Bits128&, const Bits128&) = default;
  friend constexpr Bits128 operator&(Bits128 a, Bits128 b) { return {a.hi & b.hi, a.lo & b.lo}; }
  friend constexpr Bits128 operator|(Bits128 a, Bits128 b) { return {a.hi | b.hi, a.lo | b.lo}; }
  friend constexpr Bits128 operator~(Bits128 a) { return {~a.hi, ~a.lo}; }

  // The first `length` bits set: mask(8) is 0xff000000...
  static constexpr Bits128 mask(int length) {
    if (length <= 0) return {};
    if (length >= 128) return {~uint64_t{0}, ~uint64_t{0}};
    if (length <= 64) return {length == 64 ? ~uint64_t{0} : ~(~uint64_t{0} >> length), 0};
    return {~uint64_t{0}, ~(~uint64_t{0} >> (length - 64))};
  }
};

class IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0
  static constexpr IpAddress v4(uint32_t host_order) {
    return IpAddress(Family::V4, {uint64_t{host_order} << 32, 0});
  }
  static constexpr IpAddress v6(Bits128 bits) { return IpAddress(Family::V6, bits); }
  static constexpr IpAddress from_bits(Family family, Bits128 bits) {
    return IpAddress(family, bits & Bits128::mask(address_bits(family)));
  }
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr Family family() const { return family_; }
  constexpr bool is_v4() const { return family_ == Family::V4; }
  constexpr Bits128 bits() const { return bits_; }
  constexpr uint32_t v4_host_order() const { return static_cast<uint32_t>(bits_.hi >> 32); }
  std::array<uint8_t, 16> bytes() const;  // network order; IPv4 uses the first four
  // The address `offset` places further; wraps at the end of the family's space.
  IpAddress plus(uint64_t offset) const;
  // This minus `first`, saturated at 2^64 - 1; 0 where `first` is larger.
  uint64_t distance_from(IpAddress first) const;
  std::string to_string() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  constexpr IpAddress(Family family, Bits128 bits) : family_(family), bits_(bits) {}
  Family family_ = Family::V4;
  Bits128 bits_;
};

class Prefix {  // canonical by construction: host bits are always zero
 public:
  constexpr Prefix() = default;  // 0.0.0.0/0
  static constexpr std::optional<Prefix> make(IpAddress address, int length) {
    if (length < 0 || length > address_bits(address.family())) return std::nullopt;
    if ((address.bits() & ~Bits128::mask(length)) != Bits128{}) return std::nullopt;
    return Prefix(address, length);
  }
  // The prefix of this length that contains the address; length must be legal for the family.
  static constexpr Prefix containing(IpAddress address, int length) {
    return Prefix(IpAddress::from_bits(address.family(), address.bits() & Bits128::mask(length)),
                  length);
  }
  static constexpr Prefix host(IpAddress address) {
    return Prefix(address, address_bits(address.family()));
  }
  // Canonical text only: "10.0.0.0/8". Callers that explain what is wrong use parse_cidr.
  static std::optional<Prefix> parse(std::string_view text);

  constexpr Family family() const { return address_.family(); }
  constexpr IpAddress address() const { return address_; }
  constexpr int length() const { return length_; }
  constexpr IpAddress last() const {
    return IpAddress::from_bits(family(), address_.bits() | ~Bits128::mask(length_));
  }
  constexpr bool contains(IpAddress address) const {
    return address.family() == family() &&
           (address.bits() & Bits128::mask(length_)) == address_.bits();
  }
  constexpr bool contains(Prefix other) const {
    return other.length_ >= length_ && contains(other.address_);
  }
  constexpr bool overlaps(Prefix other) const { return contains(other) || other.contains(*this); }
  std::string to_string() const;

  // By family, address, then length: a prefix sorts directly before everything it contains.
  friend constexpr auto operator<=>(const Prefix&, const Prefix&) = default;

 private:
  constexpr Prefix(IpAddress address, int length)
      : address_(address), length_(static_cast<uint8_t>(length)) {}
  IpAddress address_;
  uint8_t length_ = 0;  // 0..32 or 0..128
};

// "ADDRESS/LENGTH" with a legal address and length, host bits not yet judged: Prefix::make refuses
// them, and Prefix::containing(address, length) is the canonical form to name in the message.
struct Cidr {
  IpAddress address;
  int length;
};
std::optional<Cidr> parse_cidr(std::string_view text);

static_assert(Prefix::make(IpAddress::v4(0x0A000000), 8).has_value());   // 10.0.0.0/8
static_assert(!Prefix::make(IpAddress::v4(0x0A000001), 8).has_value());  // host bits set
static_assert(!Prefix::make(IpAddress::v4(0), 33).has_value());
static_assert(Prefix::containing(IpAddress::v4(0x0A0000FF), 24).last() ==
              IpAddress::v4(0x0A0000FF));

}  // namespace isthmus::net

template <>
struct std::hash<isthmus::net::IpAddress> {
  size_t operator()(const isthmus::net::IpAddress& address) const noexcept {
    uint64_t h = address.bits().hi * 0x9E3779B97F4A7C15ULL ^ address.bits().lo;
    h = (h ^ (h >> 29)) * 0xBF58476D1CE4E5B9ULL;
    return static_cast<size_t>(h ^ (h >> 32));
  }
};
