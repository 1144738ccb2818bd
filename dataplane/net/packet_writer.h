// Makes a whole frame that the virtual router sends: Ethernet, IPv4 or IPv6, and what IP carries.
//
//   PacketWriter out({router_mac, router, sender_mac, sender}, IpProtocol::Icmp, kHopLimit);
//   out.body().number(...);
//   return out.take();       // lengths and checksums are reckoned here
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/net/frame_edit.h"

namespace isthmus::net {

struct PacketEnds {
  Mac from_mac;
  IpAddress from;
  Mac to_mac;
  IpAddress to;  // of the family of `from`
};

constexpr uint8_t kHopsOfHosts = 64;        // RFC 1700's recommendation
constexpr uint8_t kHopsOfNeighbours = 255;  // RFC 4861: else it came through a router

// All hosts of a link: RFC 4291 section 2.7.1, RFC 2464 section 7.
inline constexpr IpAddress kAllNodes = IpAddress::v6({0xFF02'0000'0000'0000, 1});
inline constexpr Mac kAllNodesMac = Mac::make(0x3333'0000'0001).value();

class PacketWriter {
 public:
  // Of ICMP, ICMPv6, TCP and UDP.
  PacketWriter(const PacketEnds& ends, IpProtocol protocol, uint8_t ttl);

  // What IP carries is appended here, with zeros for its checksum and, of UDP, its length.
  FrameWriter& body() { return out_; }
  std::vector<uint8_t> take();

 private:
  PacketEnds ends_;
  IpProtocol protocol_;
  FrameWriter out_;
};

}  // namespace isthmus::net
