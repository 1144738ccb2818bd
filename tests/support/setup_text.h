// How virtual machines find out who they are, as lines of text for tests: DHCP and Router
// Discovery.
//
//   dhcp discover [broadcast]
//   dhcp request wants 10.1.0.4 server 10.1.0.1     (also without a server)
//   dhcp request from 10.1.0.4 to 10.1.0.1          (renews; without "to" it asks everybody)
//   dhcp inform from 10.1.0.4
//   router-solicitation fe80::4                     (or ::)
//
// and what comes:
//
//   dhcp offer 10.1.0.4 to 10.1.0.4 server 10.1.0.1 lease 3600 mask 255.255.255.0 router ...
//   router-advertisement fe80::1234:5678:9abc > fe80::4 lifetime 1800 mtu 1500 prefix fd00:1::/64
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/net/frame_edit.h"
#include "dataplane/net/headers.h"
#include "tests/support/frame_words.h"
#include "tests/support/frames.h"

namespace isthmus::test {

constexpr std::string_view kDhcpTypes[] = {"",    "discover", "offer",   "request", "decline",
                                           "ack", "nak",      "release", "inform"};

inline net::IpAddress v4_at(std::span<const uint8_t> bytes, size_t offset) {
  return net::IpAddress::v4(uint32_t{net::word_at(bytes, offset)} << 16 |
                            net::word_at(bytes, offset + 2));
}

// What IP carries; its checksum is still to be made.
inline std::vector<uint8_t> dhcp_frame(FrameWords& words, net::Mac from) {
  const auto type = std::ranges::find(kDhcpTypes, words.must("a type"));
  net::FlowKey flow{{}, net::IpAddress::v4(0xFFFF'FFFF), net::IpProtocol::Udp, 68, 67};
  net::FrameWriter options;
  options.number(53 << 8 | 1, 2).number(static_cast<uint64_t>(type - kDhcpTypes), 1);
  bool wants_broadcast = false;
  net::Mac to = net::Mac::make(0xFFFF'FFFF'FFFF).value();
  while (const auto word = words.next()) {
    if (*word == "broadcast") {
      wants_broadcast = true;
      continue;
    }
    const auto address = words.address(words.must("an address"));
    if (*word == "from") flow.source = address;
    if (*word == "to") flow.destination = address, to = net::Mac::make(0x1234'5678'9ABC).value();
    if (*word == "wants") options.number(50 << 8 | 4, 2).ip(address);
    if (*word == "server") options.number(54 << 8 | 4, 2).ip(address);
  }
  options.number(61 << 8 | 7, 2).number(1, 1).mac(from).number(255, 1);
  net::FrameWriter out;
  out.bytes(Frame().ethernet(to, from).ipv4(flow).udp(flow).bytes());
  out.number(0x0101'0600, 4).number(0x1234'5678, 4).number(wants_broadcast ? 0x8000 : 0, 4);
  out.ip(flow.source).zeros(12).mac(from).zeros(10 + 64 + 128).number(0x6382'5363, 4);
  out.bytes(options.from(0));
  out.put(16, out.size() - 14, 2).put(38, out.size() - 34, 2);
  return out.take();
}

inline std::string dhcp_option_text(uint8_t code, std::span<const uint8_t> value) {
  const auto addresses = [&value] {
    std::string text;
    for (size_t at = 0; at + 4 <= value.size(); at += 4) text += " " + v4_at(value, at).to_string();
    return text;
  };
  const auto number = [&value] {
    uint64_t sum = 0;
    for (const uint8_t byte : value) sum = sum << 8 | byte;
    return sum;
  };
  switch (code) {
    case 1:
      return " mask" + addresses();
    case 3:
      return " router" + addresses();
    case 6:
      return " dns" + addresses();
    case 26:
      return fmt::format(" mtu {}", number());
    case 51:
      return fmt::format(" lease {}", number());
    case 54:
      return " server" + addresses();
    case 61:
      return "";  // the sender's own
    default:
      return fmt::format(" option-{}", code);
  }
}

inline std::string dhcp_text(std::span<const uint8_t> frame, const net::Headers& headers) {
  const auto message = frame.subspan(headers.l4_offset + 8u);
  std::string_view type;
  std::string options;
  for (size_t at = 240; at < message.size() && message[at] != 255; at += 2u + message[at + 1]) {
    const auto value = message.subspan(at + 2, message[at + 1]);
    if (message[at] == 53) {
      type = kDhcpTypes[value[0] % std::size(kDhcpTypes)];
    } else {
      options += dhcp_option_text(message[at], value);
    }
  }
  return fmt::format("dhcp {} {} to {}{}", type, v4_at(message, 16).to_string(),
                     headers.flow.destination.to_string(), options);
}

inline std::vector<uint8_t> router_solicitation_frame(net::IpAddress asker, net::Mac from) {
  const net::FlowKey flow{asker, net::IpAddress::v6({0xFF02'0000'0000'0000, 2}),
                          net::IpProtocol::Icmpv6};
  net::FrameWriter out;
  out.bytes(
      Frame().ethernet(net::Mac::make(0x3333'0000'0002).value(), from).ipv6(flow, 58, 255).bytes());
  out.number(133 << 8, 2).number(0, 6).put(18, 8, 2);
  return out.take();
}

inline std::string router_advertisement_text(std::span<const uint8_t> frame,
                                             const net::Headers& headers) {
  const auto icmp = frame.subspan(headers.l4_offset);
  std::string text =
      fmt::format("router-advertisement {} > {} lifetime {}", headers.flow.source.to_string(),
                  headers.flow.destination.to_string(), net::word_at(icmp, 6));
  for (size_t at = 16; at + 1 < icmp.size() && icmp[at + 1] != 0; at += 8u * icmp[at + 1]) {
    if (icmp[at] == 5) text += fmt::format(" mtu {}", net::word_at(icmp, at + 6));
    if (icmp[at] != 3) continue;
    net::Bits128 bits;
    for (size_t i = 0; i < 8; ++i) bits.hi = bits.hi << 8 | icmp[at + 16 + i];
    for (size_t i = 0; i < 8; ++i) bits.lo = bits.lo << 8 | icmp[at + 24 + i];
    const bool makes_addresses = (icmp[at + 3] & 0x40) != 0;
    text += fmt::format(" prefix {}/{}{}", net::IpAddress::v6(bits).to_string(), icmp[at + 2],
                        makes_addresses ? " autonomous" : "");
  }
  return text + fmt::format(" ttl {}", headers.ttl);
}

}  // namespace isthmus::test
