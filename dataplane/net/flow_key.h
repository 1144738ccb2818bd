// What identifies a flow: the 5-tuple, in one direction.
#pragma once

#include <compare>
#include <cstdint>

#include "dataplane/net/ip.h"
#include "dataplane/net/link.h"

namespace isthmus::net {

struct FlowKey {
  IpAddress source;
  IpAddress destination;
  IpProtocol protocol{};
  // TCP and UDP: the ports. ICMP and ICMPv6: source_port is the identifier of an echo (else 0) and
  // destination_port is type << 8 | code. Other protocols and later fragments: 0.
  uint16_t source_port = 0;
  uint16_t destination_port = 0;

  // The key of the reply: addresses and ports swapped; an ICMP request becomes its reply and back.
  constexpr FlowKey reversed() const;
  constexpr bool has_ports() const {
    return protocol == IpProtocol::Tcp || protocol == IpProtocol::Udp;
  }
  constexpr bool is_icmp() const {
    return protocol == IpProtocol::Icmp || protocol == IpProtocol::Icmpv6;
  }
  friend constexpr auto operator<=>(const FlowKey&, const FlowKey&) = default;
};

// The type that answers this type, or the type itself where there is no such pair. IANA "ICMP Type
// Numbers" and RFC 4443 section 4.
constexpr uint8_t icmp_counterpart(IpProtocol protocol, uint8_t type) {
  struct Pair {
    IpProtocol protocol;
    uint8_t request;
    uint8_t reply;
  };
  constexpr Pair kPairs[] = {
      {IpProtocol::Icmp, 8, 0},        // echo
      {IpProtocol::Icmp, 13, 14},      // timestamp
      {IpProtocol::Icmpv6, 128, 129},  // echo
  };
  for (const Pair& pair : kPairs) {
    if (pair.protocol != protocol) continue;
    if (type == pair.request) return pair.reply;
    if (type == pair.reply) return pair.request;
  }
  return type;
}

constexpr FlowKey FlowKey::reversed() const {
  FlowKey reply{destination, source, protocol, destination_port, source_port};
  if (!is_icmp()) return reply;
  const uint8_t type = icmp_counterpart(protocol, static_cast<uint8_t>(destination_port >> 8));
  reply.source_port = source_port;
  reply.destination_port = static_cast<uint16_t>(type << 8 | (destination_port & 0xFF));
  return reply;
}

}  // namespace isthmus::net
