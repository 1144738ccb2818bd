#include "dataplane/net/icmp.h"

#include <algorithm>

#include "dataplane/net/packet_writer.h"

namespace isthmus::net {
namespace {

constexpr size_t kErrorBytesMax = 576;     // of an IPv4 packet: RFC 1812 section 4.3.2.3
constexpr size_t kErrorBytesMaxV6 = 1280;  // the least MTU of IPv6: RFC 4443 section 2.4 c
constexpr size_t kIpv4HeaderBytes = 20;
constexpr size_t kIpv6HeaderBytes = 40;
constexpr size_t kIcmpHeaderBytes = 8;

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

struct ErrorCodes {
  IcmpError error;
  uint16_t v4;  // type << 8 | code
  uint16_t v6;
};
constexpr ErrorCodes kErrorCodes[] = {
    {IcmpError::TimeExceeded, 11 << 8, 3 << 8},     // in transit: RFC 792, RFC 4443 section 3.3
    {IcmpError::PacketTooBig, 3 << 8 | 4, 2 << 8},  // RFC 1191, RFC 4443 section 3.2
    {IcmpError::PortUnreachable, 3 << 8 | 3, 1 << 8 | 4},  // RFC 792, RFC 4443 section 3.1
};
constexpr bool is_in_order() {
  for (size_t i = 0; i < std::size(kErrorCodes); ++i)
    if (static_cast<size_t>(kErrorCodes[i].error) != i) return false;
  return true;
}
static_assert(is_in_order());

}  // namespace

bool may_be_answered_with_error(const Headers& headers) {
  if (!headers.has_l4 && headers.is_fragment) return false;
  if (headers.flow.is_icmp() && is_icmp_error(headers)) return false;
  return !headers.destination_mac.is_group() && is_one_host(headers.flow.source) &&
         is_one_host(headers.flow.destination);
}

std::vector<uint8_t> icmp_error(IcmpError error, std::span<const uint8_t> frame,
                                const Headers& headers, const RouterId& router,
                                uint16_t mtu_bytes) {
  const IpAddress& sender = headers.flow.source;
  const bool is_v4 = sender.is_v4();
  const ErrorCodes& codes = kErrorCodes[static_cast<size_t>(error)];
  PacketWriter out({router.mac, router.address, headers.source_mac, sender},
                   is_v4 ? IpProtocol::Icmp : IpProtocol::Icmpv6, kHopsOfHosts);
  // The MTU stands in the last 16 bits of four bytes in IPv4, and in all of them in IPv6.
  out.body().number(is_v4 ? codes.v4 : codes.v6, 2).number(0, 2).number(mtu_bytes, 4);
  const size_t quoted_max = is_v4 ? kErrorBytesMax - kIpv4HeaderBytes - kIcmpHeaderBytes
                                  : kErrorBytesMaxV6 - kIpv6HeaderBytes - kIcmpHeaderBytes;
  const auto packet = frame.subspan(headers.l3_offset, headers.l3_size_bytes);
  out.body().bytes(packet.first(std::min(packet.size(), quoted_max)));
  return out.take();
}

bool is_echo_request(const Headers& headers) {
  const uint8_t request = headers.flow.protocol == IpProtocol::Icmpv6 ? 128 : 8;
  return headers.flow.is_icmp() && headers.has_l4 && !headers.is_fragment &&
         icmp_type(headers) == request;
}

std::vector<uint8_t> echo_reply(std::span<const uint8_t> frame, const Headers& headers, Mac from) {
  const FlowKey reply = headers.flow.reversed();
  PacketWriter out({from, reply.source, headers.source_mac, reply.destination}, reply.protocol,
                   kHopsOfHosts);
  const auto icmp =
      frame.first(headers.l3_offset + headers.l3_size_bytes).subspan(headers.l4_offset);
  out.body().number(reply.destination_port, 2).number(0, 2).bytes(icmp.subspan(4));
  return out.take();
}

}  // namespace isthmus::net
