#include "dataplane/net/headers.h"

#include <optional>

#include "dataplane/net/bytes.h"

namespace isthmus::net {
namespace {

constexpr size_t kVlanTagBytes = 2;         // after its EtherType
constexpr size_t kIpv4HeaderBytesMin = 20;  // RFC 791 section 3.1
constexpr size_t kIpv6HeaderBytes = 40;     // RFC 8200 section 3
constexpr uint16_t kIpv4MoreFragments = 0x2000;
constexpr uint16_t kIpv4FragmentOffset = 0x1FFF;

// IPv6 extension headers, IANA protocol numbers.
constexpr uint8_t kHopByHop = 0;
constexpr uint8_t kRouting = 43;
constexpr uint8_t kFragment = 44;
constexpr uint8_t kAuthentication = 51;
constexpr uint8_t kDestinationOptions = 60;

using Failure = std::optional<HeaderError>;

// The ports of TCP and UDP; type, code and, of an echo, the identifier of ICMP.
Failure parse_l4(Bytes bytes, Headers& headers) {
  const size_t at = headers.l4_offset;
  FlowKey& flow = headers.flow;
  if (flow.has_ports()) {
    flow.source_port = bytes.u16(at);
    flow.destination_port = bytes.u16(at + 2);
    const bool is_tcp = flow.protocol == IpProtocol::Tcp;
    headers.l4_header_bytes = is_tcp ? static_cast<uint8_t>(bytes.u8(at + 12) / 16 * 4) : 8;
    // RFC 793: 13 bytes into the header, after ports, sequence, acknowledgement and data offset.
    if (is_tcp) headers.tcp_flags = bytes.u8(at + 13);
  } else if (flow.is_icmp()) {
    flow.destination_port = bytes.u16(at);  // type, code
    const auto type = static_cast<uint8_t>(flow.destination_port >> 8);
    if (icmp_counterpart(flow.protocol, type) != type) flow.source_port = bytes.u16(at + 4);
  }
  if (bytes.has_failed()) return HeaderError::Truncated;
  headers.has_l4 = true;
  return std::nullopt;
}

Failure parse_ipv4(Bytes bytes, Headers& headers) {
  const size_t at = headers.l3_offset;
  const uint8_t version_and_length = bytes.u8(at);
  const uint16_t total_bytes = bytes.u16(at + 2);
  const uint16_t fragment = bytes.u16(at + 6);
  headers.ttl = bytes.u8(at + 8);
  headers.flow.protocol = static_cast<IpProtocol>(bytes.u8(at + 9));
  headers.flow.source = bytes.v4(at + 12);
  headers.flow.destination = bytes.v4(at + 16);
  if (bytes.has_failed()) return HeaderError::Truncated;
  if (version_and_length >> 4 != 4) return HeaderError::BadVersion;
  const size_t header_bytes = size_t{version_and_length & 0x0Fu} * 4;
  if (header_bytes < kIpv4HeaderBytesMin || header_bytes > total_bytes) {
    return HeaderError::BadHeaderLength;
  }
  if (at + total_bytes > bytes.size()) return HeaderError::Truncated;
  bytes.limit(at + total_bytes);  // what follows is the padding of a short frame
  headers.l3_size_bytes = total_bytes;
  headers.l4_offset = static_cast<uint16_t>(at + header_bytes);
  headers.fragment_id = bytes.u16(at + 4);
  headers.is_fragment = (fragment & (kIpv4MoreFragments | kIpv4FragmentOffset)) != 0;
  if ((fragment & kIpv4FragmentOffset) != 0) return std::nullopt;  // a later part: no ports
  return parse_l4(bytes, headers);
}

bool is_extension(uint8_t next_header) {
  return next_header == kHopByHop || next_header == kRouting || next_header == kFragment ||
         next_header == kAuthentication || next_header == kDestinationOptions;
}

// RFC 8200 section 4; RFC 4302 section 2.2 for the length of an authentication header.
size_t extension_bytes(uint8_t kind, uint8_t length) {
  if (kind == kFragment) return 8;
  if (kind == kAuthentication) return (size_t{length} + 2) * 4;
  return (size_t{length} + 1) * 8;
}

Failure parse_ipv6(Bytes bytes, Headers& headers) {
  const size_t at = headers.l3_offset;
  const uint8_t version = static_cast<uint8_t>(bytes.u8(at) >> 4);
  const size_t total_bytes = kIpv6HeaderBytes + bytes.u16(at + 4);
  uint8_t next_header = bytes.u8(at + 6);
  headers.ttl = bytes.u8(at + 7);
  headers.flow.source = bytes.v6(at + 8);
  headers.flow.destination = bytes.v6(at + 24);
  if (bytes.has_failed()) return HeaderError::Truncated;
  if (version != 6) return HeaderError::BadVersion;
  if (at + total_bytes > bytes.size()) return HeaderError::Truncated;
  bytes.limit(at + total_bytes);
  headers.l3_size_bytes = static_cast<uint32_t>(total_bytes);

  size_t offset = at + kIpv6HeaderBytes;
  bool is_later_fragment = false;
  for (int extensions = 0; is_extension(next_header) && !is_later_fragment; ++extensions) {
    if (extensions == kIpv6ExtensionsMax) return HeaderError::TooManyExtensions;
    const uint8_t kind = next_header;
    next_header = bytes.u8(offset);
    const uint8_t length = bytes.u8(offset + 1);
    if (kind == kFragment) {
      // 13 bits of offset, two reserved, one "more": an atomic fragment (RFC 6946) has neither.
      const uint16_t fragment = bytes.u16(offset + 2);
      headers.is_fragment = (fragment & 0xFFF9) != 0;
      is_later_fragment = (fragment & 0xFFF8) != 0;
      headers.fragment_id = bytes.u32(offset + 4);
    }
    offset += extension_bytes(kind, length);
    if (bytes.has_failed() || offset > bytes.size()) return HeaderError::Truncated;
  }
  headers.flow.protocol = static_cast<IpProtocol>(next_header);
  headers.l4_offset = static_cast<uint16_t>(offset);
  return is_later_fragment ? std::nullopt : parse_l4(bytes, headers);
}

bool is_tag(uint16_t ether_type) {
  return ether_type == kEtherTypeVlan || ether_type == kEtherTypeServiceVlan;
}

}  // namespace

bool is_tagged(std::span<const uint8_t> frame) { return is_tag(Bytes(frame).u16(2 * kMacBytes)); }

tl::expected<Headers, HeaderError> parse_ethernet(std::span<const uint8_t> frame) {
  Bytes bytes(frame);
  Headers headers;
  headers.destination_mac = bytes.mac(0);
  headers.source_mac = bytes.mac(kMacBytes);
  size_t offset = 2 * kMacBytes;
  uint16_t type = bytes.u16(offset);
  offset += kEtherTypeBytes;
  while (is_tag(type) && headers.vlan_tags < kVlanTagsMax) {
    type = bytes.u16(offset + kVlanTagBytes);
    offset += kVlanTagBytes + kEtherTypeBytes;
    ++headers.vlan_tags;
  }
  if (bytes.has_failed()) return tl::unexpected(HeaderError::Truncated);
  headers.l3_offset = static_cast<uint16_t>(offset);
  Failure failure = HeaderError::NotIp;
  if (type == kEtherTypeIpv4) failure = parse_ipv4(bytes, headers);
  if (type == kEtherTypeIpv6) failure = parse_ipv6(bytes, headers);
  if (failure) return tl::unexpected(*failure);
  return headers;
}

}  // namespace isthmus::net
