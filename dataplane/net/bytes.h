// Reads numbers in wire order out of bytes that anybody may have sent. Private to this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataplane/net/ip.h"
#include "dataplane/net/link.h"

namespace isthmus::net {

constexpr uint16_t kEtherTypeIpv4 = 0x0800;  // IEEE 802 numbers, as IANA lists them
constexpr uint16_t kEtherTypeArp = 0x0806;
constexpr uint16_t kEtherTypeIpv6 = 0x86DD;
constexpr uint16_t kEtherTypeVlan = 0x8100;         // 802.1Q
constexpr uint16_t kEtherTypeServiceVlan = 0x88A8;  // 802.1ad
constexpr size_t kMacBytes = 6;
constexpr size_t kEtherTypeBytes = 2;
constexpr size_t kEthernetBytes = 2 * kMacBytes + kEtherTypeBytes;

// A view of the bytes that are left. Every read is checked: a field that does not fit makes the
// whole view fail, and reads of a failed view are 0.
class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  uint64_t number(size_t offset, size_t size) {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      has_failed_ = true;
      return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; ++i) value = value << 8 | bytes_[offset + i];
    return value;
  }
  uint8_t u8(size_t offset) { return static_cast<uint8_t>(number(offset, 1)); }
  uint16_t u16(size_t offset) { return static_cast<uint16_t>(number(offset, 2)); }
  uint32_t u32(size_t offset) { return static_cast<uint32_t>(number(offset, 4)); }
  Mac mac(size_t offset) { return Mac::make(number(offset, kMacBytes)).value(); }
  IpAddress v4(size_t offset) { return IpAddress::v4(u32(offset)); }
  IpAddress v6(size_t offset) { return IpAddress::v6({number(offset, 8), number(offset + 8, 8)}); }
  bool has_failed() const { return has_failed_; }
  size_t size() const { return bytes_.size(); }
  // Nothing past `end` is read any more; it never grows.
  void limit(size_t end) { bytes_ = bytes_.first(std::min(end, bytes_.size())); }

 private:
  std::span<const uint8_t> bytes_;
  bool has_failed_ = false;
};

}  // namespace isthmus::net
