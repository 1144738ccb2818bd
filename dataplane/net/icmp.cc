#include "dataplane/net/icmp.h"

#include <algorithm>

#include "dataplane/net/bytes.h"
#include "dataplane/net/checksum.h"
#include "dataplane/net/frame_edit.h"

namespace isthmus::net {
namespace {

constexpr uint8_t kTtl = 64;        // RFC 1700's recommendation, as hosts send
constexpr uint8_t kControl = 0xC0;  // precedence 6, internetwork control: RFC 1812 section 4.3.2.5
constexpr size_t kErrorBytesMax = 576;     // of an IPv4 packet: RFC 1812 section 4.3.2.3
constexpr size_t kErrorBytesMaxV6 = 1280;  // the least MTU of IPv6: RFC 4443 section 2.4 c
constexpr size_t kIpv4HeaderBytes = 20;
constexpr size_t kIpv6HeaderBytes = 40;
constexpr size_t kIcmpHeaderBytes = 8;

constexpr uint16_t kTimeExceeded = 11 << 8;   // in transit: RFC 792
constexpr uint16_t kTimeExceededV6 = 3 << 8;  // RFC 4443 section 3.3

uint8_t icmp_type(const Headers& headers) {
  return static_cast<uint8_t>(headers.flow.destination_port >> 8);
}

bool is_icmp_error(const Headers& headers) {
  const uint8_t type = icmp_type(headers);
  switch (headers.flow.protocol) {
    case IpProtocol::Icmp:  // unreachable, quench, redirect, time exceeded, parameter problem
      return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
    case IpProtocol::Icmpv6:
      return type < 128 || type == 137;  // RFC 4443 section 2.1; redirect
    default:
      return false;
  }
}

bool is_one_host(const IpAddress& address) {
  if (address.bits() == Bits128{}) return false;
  const uint64_t top = address.bits().hi;
  // 224.0.0.0/3 has multicast, what is reserved, and the broadcast address; ff00::/8 multicast.
  return address.is_v4() ? top >> 61 != 0x7 : top >> 56 != 0xFF;
}

// An Ethernet and an IP header; the lengths and checksums come at the end.
FrameWriter begin(Mac to_mac, Mac from_mac, const IpAddress& from, const IpAddress& to) {
  FrameWriter out;
  out.mac(to_mac).mac(from_mac);
  if (from.is_v4()) {
    out.number(kEtherTypeIpv4, kEtherTypeBytes).number(0x45, 1).number(kControl, 1).number(0, 2);
    out.number(0, 4).number(kTtl, 1).number(static_cast<uint8_t>(IpProtocol::Icmp), 1);
    out.number(0, 2);
  } else {
    out.number(kEtherTypeIpv6, kEtherTypeBytes).number(0x6C00'0000, 4).number(0, 2);
    out.number(static_cast<uint8_t>(IpProtocol::Icmpv6), 1).number(kTtl, 1);
  }
  out.ip(from).ip(to);
  return out;
}

std::vector<uint8_t> finish(FrameWriter out, const IpAddress& from, const IpAddress& to) {
  const size_t ip = kEthernetBytes;
  const size_t icmp = ip + (from.is_v4() ? kIpv4HeaderBytes : kIpv6HeaderBytes);
  const auto icmp_bytes = static_cast<uint32_t>(out.size() - icmp);
  if (from.is_v4()) {
    out.put(ip + 2, out.size() - ip, 2);
    out.put(ip + 10, checksum(out.from(ip).first(kIpv4HeaderBytes)), 2);
    out.put(icmp + 2, checksum(out.from(icmp)), 2);
  } else {
    out.put(ip + 4, icmp_bytes, 2);
    out.put(icmp + 2,
            fold_checksum(checksum_sum(out.from(icmp)) +
                          pseudo_header_sum(from, to, IpProtocol::Icmpv6, icmp_bytes)),
            2);
  }
  return out.take();
}

}  // namespace

bool may_be_answered_with_error(const Headers& headers) {
  if (!headers.has_l4 && headers.is_fragment) return false;
  if (headers.flow.is_icmp() && is_icmp_error(headers)) return false;
  return !headers.destination_mac.is_group() && is_one_host(headers.flow.source) &&
         is_one_host(headers.flow.destination);
}

std::vector<uint8_t> time_exceeded(std::span<const uint8_t> frame, const Headers& headers,
                                   const RouterId& router) {
  const IpAddress& sender = headers.flow.source;
  const bool is_v4 = sender.is_v4();
  FrameWriter out = begin(headers.source_mac, router.mac, router.address, sender);
  out.number(is_v4 ? kTimeExceeded : kTimeExceededV6, 2).number(0, 2).number(0, 4);
  const size_t quoted_max = is_v4 ? kErrorBytesMax - kIpv4HeaderBytes - kIcmpHeaderBytes
                                  : kErrorBytesMaxV6 - kIpv6HeaderBytes - kIcmpHeaderBytes;
  const auto packet = frame.subspan(headers.l3_offset, headers.l3_size_bytes);
  out.bytes(packet.first(std::min(packet.size(), quoted_max)));
  return finish(std::move(out), router.address, sender);
}

bool is_echo_request(const Headers& headers) {
  const uint8_t request = headers.flow.protocol == IpProtocol::Icmpv6 ? 128 : 8;
  return headers.flow.is_icmp() && headers.has_l4 && !headers.is_fragment &&
         icmp_type(headers) == request;
}

std::vector<uint8_t> echo_reply(std::span<const uint8_t> frame, const Headers& headers) {
  const FlowKey reply = headers.flow.reversed();
  FrameWriter out =
      begin(headers.source_mac, headers.destination_mac, reply.source, reply.destination);
  const auto icmp =
      frame.first(headers.l3_offset + headers.l3_size_bytes).subspan(headers.l4_offset);
  out.number(reply.destination_port, 2).number(0, 2).bytes(icmp.subspan(4));
  return finish(std::move(out), reply.source, reply.destination);
}

}  // namespace isthmus::net
