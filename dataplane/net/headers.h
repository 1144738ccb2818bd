// Reads the headers of an Ethernet frame: Ethernet II with up to two VLAN tags, IPv4 with options,
// IPv6 with extension headers, and the ports of TCP, UDP and ICMP.
//
// Never reads past the end of the frame, whatever the lengths inside it say. Everything it
// answers is in host order; frame_edit.h writes.
#pragma once

#include <cstdint>
#include <span>
#include <tl/expected.hpp>

#include "dataplane/net/flow_key.h"
#include "dataplane/net/link.h"

namespace isthmus::net {

enum class HeaderError : uint8_t {
  Truncated,          // the frame, or a length inside it, ends before its headers do
  NotIp,              // another EtherType, for instance ARP
  BadVersion,         // the IP version contradicts the EtherType
  BadHeaderLength,    // an IPv4 header of less than 20 bytes or longer than its packet
  TooManyExtensions,  // more than kIpv6ExtensionsMax
};

constexpr int kVlanTagsMax = 2;        // IEEE 802.1ad: an outer and an inner tag
constexpr int kIpv6ExtensionsMax = 8;  // our choice: RFC 8200 section 4.1 names seven, once each

struct Headers {
  Mac source_mac;
  Mac destination_mac;
  FlowKey flow;
  uint8_t ttl = 0;              // hop limit
  uint8_t tcp_flags = 0;        // 0 where there is no TCP header
  uint8_t vlan_tags = 0;        // how many were skipped
  bool is_fragment = false;     // part of a fragmented packet, the first part or a later one
  uint32_t fragment_id = 0;     // that the parts of a packet share
  bool has_l4 = false;          // flow's port fields were read: false in later fragments
  uint16_t l3_offset = 0;       // bytes from the start of the frame to the IP header
  uint16_t l4_offset = 0;       // bytes from the start of the frame to what IP carries
  uint8_t l4_header_bytes = 0;  // of TCP, as its header says, and of UDP; else 0
  uint32_t l3_size_bytes = 0;  // of the IP packet, as its header says; at most what the frame holds
};

tl::expected<Headers, HeaderError> parse_ethernet(std::span<const uint8_t> frame);

// It belongs to a VLAN: IEEE 802.1Q, 802.1ad.
bool is_tagged(std::span<const uint8_t> frame);

constexpr uint8_t kTcpFin = 0x01;  // RFC 9293 section 3.1
constexpr uint8_t kTcpSyn = 0x02;
constexpr uint8_t kTcpRst = 0x04;
constexpr uint8_t kTcpAck = 0x10;

}  // namespace isthmus::net
