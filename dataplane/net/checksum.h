// The Internet checksum: RFC 1071, and RFC 1624 for a field that changes.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/net/flow_key.h"

namespace isthmus::net {

// Not yet folded, so that sums of parts of even length can be added.
constexpr uint64_t checksum_sum(std::span<const uint8_t> bytes) {
  uint64_t sum = 0;
  size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) sum += static_cast<uint64_t>(bytes[i] << 8 | bytes[i + 1]);
  if (i < bytes.size()) sum += static_cast<uint64_t>(bytes[i] << 8);
  return sum;
}

constexpr uint16_t fold_checksum(uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

constexpr uint16_t checksum(std::span<const uint8_t> bytes) {
  return fold_checksum(checksum_sum(bytes));
}

// The checksum after one 16-bit word of what it covers has changed: RFC 1624 equation 3, which
// never makes 0xFFFF of a right checksum.
constexpr uint16_t updated_checksum(uint16_t checksum, uint16_t before, uint16_t after) {
  return fold_checksum(uint64_t{static_cast<uint16_t>(~checksum)} + static_cast<uint16_t>(~before) +
                       after);
}

// What the checksums of UDP, TCP and ICMPv6 cover besides their own bytes: RFC 768, RFC 8200
// section 8.1. Of both families, since the extra zero bytes of IPv6 add nothing.
inline uint64_t pseudo_header_sum(const IpAddress& source, const IpAddress& destination,
                                  IpProtocol protocol, uint32_t l4_bytes) {
  const auto sum_of = [](const IpAddress& address) {
    const auto bytes = address.bytes();
    return checksum_sum(std::span(bytes).first(address.is_v4() ? 4 : 16));
  };
  return sum_of(source) + sum_of(destination) + static_cast<uint8_t>(protocol) + (l4_bytes >> 16) +
         (l4_bytes & 0xFFFF);
}

// Of an ICMPv6 message: a right checksum makes the sum of everything, itself included, fold to
// zero.
inline bool is_checksum_right(const FlowKey& flow, std::span<const uint8_t> icmp) {
  return fold_checksum(checksum_sum(icmp) +
                       pseudo_header_sum(flow.source, flow.destination, flow.protocol,
                                         static_cast<uint32_t>(icmp.size()))) == 0;
}

}  // namespace isthmus::net
