// Frames as one line of text, for tests that send some and say what came:
//
//   icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64          (also "echo-reply 7")
//   tcp 10.1.0.4:40000 > 10.2.0.4:443 syn ttl 64    (also "ack", "fin", "rst")
//   udp [fd00::4]:53 > [fd00::5]:53 ttl 64
//   udp 10.1.0.4:53 > 10.2.0.4:53 bytes 800 fragment 0 more     (then "fragment 101"; "id 2" of
//   others) udp 10.1.0.4:53 > 10.2.0.4:53 vlan 7                        (802.1Q) udp 10.1.0.4:53
//   > 10.2.0.4:53 set 14 65 cut 30              (byte 14 is 0x65; 30 bytes of it) who-has 10.1.0.1
//   tell 10.1.0.4                  (ARP or Neighbor Discovery)
//
// and, of what a virtual router sends:
//
//   10.1.0.1 is-at 12-34-56-78-9A-BC
//   icmp 10.1.0.1 > 10.1.0.4 time-exceeded ttl 64
//
// and what setup_text.h tells. What is made has right checksums; what is printed ends in "bad
// checksum" where one is wrong.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/net/checksum.h"
#include "dataplane/net/frame_edit.h"
#include "dataplane/net/headers.h"
#include "tests/support/frame_words.h"
#include "tests/support/frames.h"
#include "tests/support/setup_text.h"

namespace isthmus::test {

using TcpFlagName = std::pair<std::string_view, uint8_t>;
constexpr TcpFlagName kTcpFlagNames[] = {
    {"fin", net::kTcpFin}, {"syn", net::kTcpSyn}, {"rst", net::kTcpRst}, {"ack", net::kTcpAck}};
struct IcmpName {
  std::string_view name;
  uint16_t v4;  // type << 8 | code
  uint16_t v6;
};
constexpr IcmpName kIcmpNames[] = {{"echo", 8 << 8, 128 << 8},
                                   {"echo-reply", 0, 129 << 8},
                                   {"time-exceeded", 11 << 8, 3 << 8},
                                   {"too-big", 3 << 8 | 4, 2 << 8},
                                   {"port-unreachable", 3 << 8 | 3, 1 << 8 | 4}};

// Where the checksum of what IP carries is, from its start.
inline size_t checksum_offset(net::IpProtocol protocol) {
  return protocol == net::IpProtocol::Tcp ? 16 : protocol == net::IpProtocol::Udp ? 6 : 2;
}
// The checksums of the IPv4 header and of what IP carries, over the bytes as they are: 0 where they
// include a right one.
inline uint16_t header_checksum(std::span<const uint8_t> frame, const net::Headers& headers) {
  if (!headers.flow.source.is_v4()) return 0;
  return net::checksum(
      frame.subspan(headers.l3_offset, size_t{headers.l4_offset} - headers.l3_offset));
}
inline uint16_t l4_checksum(std::span<const uint8_t> frame, const net::Headers& headers) {
  const net::FlowKey& flow = headers.flow;
  const auto l4 = frame.first(headers.l3_offset + headers.l3_size_bytes).subspan(headers.l4_offset);
  const bool has_pseudo_header = flow.protocol != net::IpProtocol::Icmp;
  return net::fold_checksum(
      net::checksum_sum(l4) +
      (has_pseudo_header ? net::pseudo_header_sum(flow.source, flow.destination, flow.protocol,
                                                  static_cast<uint32_t>(l4.size()))
                         : 0));
}

// Of what IP carries only where it is long enough to have one.
inline std::vector<uint8_t> with_checksums(std::vector<uint8_t> frame) {
  const auto headers = net::parse_ethernet(frame);
  if (!headers) throw std::runtime_error("a frame without headers has no checksums");
  const auto make_right = [&](size_t offset, const auto& checksum) {
    frame[offset] = frame[offset + 1] = 0;
    const uint16_t value = checksum(frame, *headers);
    frame[offset] = static_cast<uint8_t>(value >> 8);
    frame[offset + 1] = static_cast<uint8_t>(value);
  };
  if (headers->flow.source.is_v4()) make_right(headers->l3_offset + 10u, header_checksum);
  const size_t l4_offset = headers->l4_offset + checksum_offset(headers->flow.protocol);
  const size_t end = headers->l3_offset + headers->l3_size_bytes;
  if (headers->has_l4 && l4_offset + 2 <= end) make_right(l4_offset, l4_checksum);
  return frame;
}

inline std::vector<uint8_t> question_frame(net::IpAddress asked, net::IpAddress asker,
                                           net::Mac from) {
  net::FrameWriter out;
  if (asked.is_v4()) {
    out.number(0xFFFF'FFFF'FFFF, 6).mac(from).number(0x0806, 2).number(0x0001'0800'0604, 6);
    out.number(1, 2).mac(from).ip(asker).number(0, 6).ip(asked);
    return out.take();
  }
  const uint64_t low = asked.bits().lo & 0xFF'FFFF;  // RFC 4291 section 2.7.1
  const net::FlowKey flow{asker, net::IpAddress::v6({0xFF02'0000'0000'0000, 0x1'FF00'0000 | low}),
                          net::IpProtocol::Icmpv6};
  const auto group = net::Mac::make(0x3333'FF00'0000 | low).value();
  out.bytes(Frame().ethernet(group, from).ipv6(flow, 58, 255).bytes());
  out.number(135 << 8, 2).number(0, 6).ip(asked);
  if (asker.bits() != net::Bits128{}) out.number(0x0101, 2).mac(from);
  out.put(18, out.size() - 54, 2);
  return with_checksums(out.take());
}

// What a line says of a frame besides its ends.
struct FrameForm {
  net::FlowKey flow;
  uint8_t ttl = 64;
  uint8_t tcp_flags = 0;
  size_t payload_bytes = 0;
  std::optional<uint16_t> vlan;
  std::optional<uint16_t> fragment;             // offset in units of eight bytes
  uint8_t id = 1;                               // of the packet, in IPv4
  bool has_more = false;                        // fragments after it
  std::optional<size_t> end;                    // where it is cut off
  std::vector<std::pair<size_t, uint8_t>> set;  // bytes that are another value
};

inline FrameForm form_of(FrameWords& words, std::string_view kind, net::FlowKey flow) {
  FrameForm form;
  form.flow = flow;
  const auto number = [&words] { return std::stoul(words.must("a number")); };
  while (const auto word = words.next()) {
    const auto flag = std::ranges::find(kTcpFlagNames, *word, &TcpFlagName::first);
    const auto icmp = std::ranges::find(kIcmpNames, *word, &IcmpName::name);
    if (*word == "ttl") {
      form.ttl = static_cast<uint8_t>(number());
    } else if (*word == "bytes") {
      form.payload_bytes = number();
    } else if (*word == "vlan") {
      form.vlan = static_cast<uint16_t>(number());
    } else if (*word == "fragment") {
      form.fragment = static_cast<uint16_t>(number());
    } else if (*word == "id") {
      form.id = static_cast<uint8_t>(number());
    } else if (*word == "more") {
      form.has_more = true;
    } else if (*word == "cut") {
      form.end = number();
    } else if (*word == "set") {
      const size_t offset = number();
      form.set.emplace_back(offset, std::stoul(words.must("a byte"), nullptr, 16));
    } else if (kind == "tcp" && flag != std::end(kTcpFlagNames)) {
      form.tcp_flags |= flag->second;
    } else if (kind == "icmp" && icmp != std::end(kIcmpNames)) {
      form.flow.destination_port = flow.source.is_v4() ? icmp->v4 : icmp->v6;
      form.flow.source_port = static_cast<uint16_t>(std::stoi(words.must("an identifier")));
    } else {
      throw std::runtime_error(fmt::format("'{}' is no word of {}", *word, kind));
    }
  }
  return form;
}

// The address of the link for a packet for many: RFC 1112 section 6.4, RFC 2464 section 7.
inline net::Mac link_address(const net::IpAddress& to, net::Mac router) {
  const uint64_t group = to.is_v4() ? to.v4_host_order() : to.bits().lo;
  if (!to.is_v4())
    return to.bits().hi >> 56 == 0xFF
               ? net::Mac::make(0x3333'0000'0000 | (group & 0xFFFF'FFFF)).value()
               : router;
  if (group == 0xFFFF'FFFF) return net::Mac::make(0xFFFF'FFFF'FFFF).value();
  return group >> 28 == 0xE ? net::Mac::make(0x0100'5E00'0000 | (group & 0x7F'FFFF)).value()
                            : router;
}

inline Frame packet_frame(const FrameForm& form, net::Mac from, net::Mac to) {
  const net::FlowKey& flow = form.flow;
  const auto protocol = static_cast<uint8_t>(flow.protocol);
  const uint16_t offset = form.fragment.value_or(0);
  Frame frame;
  frame.ethernet(link_address(flow.destination, to), from);
  if (form.vlan) frame.vlan(*form.vlan);
  if (flow.source.is_v4()) {
    frame.ipv4(flow, form.ttl, 0, static_cast<uint16_t>((form.has_more ? 0x2000 : 0) | offset));
  } else {
    frame.ipv6(flow, form.fragment ? 44 : protocol, form.ttl);
    if (form.fragment)
      frame.fragment_extension(protocol, static_cast<uint16_t>(offset << 3 | form.has_more));
  }
  if (offset == 0 && flow.protocol == net::IpProtocol::Tcp) frame.tcp(flow, form.tcp_flags);
  if (offset == 0 && flow.protocol == net::IpProtocol::Udp) frame.udp(flow);
  if (offset == 0 && flow.is_icmp()) frame.icmp(flow);
  return frame.payload(form.payload_bytes);
}

// Throws std::runtime_error for a text that is none of the above.
inline std::vector<uint8_t> frame_of(std::string_view text, net::Mac from, net::Mac to) {
  FrameWords words(text);
  const std::string kind = words.must("a word");
  if (kind == "who-has") {
    const auto asked = words.address(words.must("an address"));
    words.must("tell");
    return question_frame(asked, words.address(words.must("an address")), from);
  }
  if (kind == "dhcp") return with_checksums(dhcp_frame(words, from));
  if (kind == "router-solicitation")
    return with_checksums(router_solicitation_frame(words.address(words.must("an address")), from));
  const auto [source, source_port] = words.end(words.must("a source"));
  words.must(">");
  const auto [destination, destination_port] = words.end(words.must("a destination"));
  net::FlowKey flow{source, destination, net::IpProtocol::Udp, source_port, destination_port};
  if (kind == "tcp") flow.protocol = net::IpProtocol::Tcp;
  if (kind == "icmp")
    flow.protocol = source.is_v4() ? net::IpProtocol::Icmp : net::IpProtocol::Icmpv6;
  if (kind != "udp" && flow.protocol == net::IpProtocol::Udp)
    throw std::runtime_error(fmt::format("'{}' is no kind of frame", kind));
  const FrameForm form = form_of(words, kind, flow);
  auto frame = packet_frame(form, from, to).bytes();
  if (source.is_v4()) frame.at(form.vlan ? 23 : 19) = form.id;
  frame = with_checksums(std::move(frame));
  for (const auto& [offset, byte] : form.set) frame.at(offset) = byte;
  frame.resize(form.end.value_or(frame.size()));
  return frame;
}

inline std::string end_text(const net::FlowKey& flow, net::IpAddress address, uint16_t port) {
  if (!flow.has_ports()) return address.to_string();
  return fmt::format(fmt::runtime(address.is_v4() ? "{}:{}" : "[{}]:{}"), address.to_string(),
                     port);
}

inline std::string packet_text(std::span<const uint8_t> frame, const net::Headers& headers) {
  const net::FlowKey& flow = headers.flow;
  const std::string kind = flow.is_icmp()                          ? "icmp"
                           : flow.protocol == net::IpProtocol::Tcp ? "tcp"
                           : flow.protocol == net::IpProtocol::Udp
                               ? "udp"
                               : fmt::format("protocol-{}", static_cast<int>(flow.protocol));
  std::string text = fmt::format("{} {} > {}", kind, end_text(flow, flow.source, flow.source_port),
                                 end_text(flow, flow.destination, flow.destination_port));
  for (const IcmpName& row : kIcmpNames) {
    const bool is_it = flow.destination_port == (flow.source.is_v4() ? row.v4 : row.v6);
    if (!flow.is_icmp() || !is_it) continue;
    text += fmt::format(" {}", row.name);
    if (row.name.starts_with("echo")) text += fmt::format(" {}", flow.source_port);
    if (row.name == "too-big")
      text += fmt::format(" {}", net::word_at(frame, headers.l4_offset + 6u));
  }
  for (const auto& [name, flag] : kTcpFlagNames)
    if ((headers.tcp_flags & flag) != 0) text += fmt::format(" {}", name);
  if (headers.is_fragment) text += " fragment";
  text += fmt::format(" ttl {}", headers.ttl);
  const bool is_right =
      header_checksum(frame, headers) == 0 && (!headers.has_l4 || l4_checksum(frame, headers) == 0);
  return text + (is_right ? "" : " bad checksum");
}

// With the MAC addresses in front: "12-34-56-78-9A-BC > 00-1D-D8-00-00-01 icmp ...".
inline std::string text_of(std::span<const uint8_t> frame) {
  const auto mac_at = [&frame](size_t offset) {
    uint64_t value = 0;
    for (size_t i = 0; i < 6; ++i) value = value << 8 | frame[offset + i];
    return net::Mac::make(value)->dashed();
  };
  const std::string macs = mac_at(6) + " > " + mac_at(0) + " ";
  if (net::word_at(frame, 12) == 0x0806) {
    const auto ip = [&frame](size_t offset) {
      return net::IpAddress::v4(uint32_t{net::word_at(frame, offset)} << 16 |
                                net::word_at(frame, offset + 2))
          .to_string();
    };
    return macs + (net::word_at(frame, 20) == 2
                       ? fmt::format("{} is-at {}", ip(28), mac_at(22))
                       : fmt::format("who-has {} tell {}", ip(38), ip(28)));
  }
  const auto headers = net::parse_ethernet(frame);
  if (!headers) return macs + "something else";
  const bool is_right = header_checksum(frame, *headers) == 0 &&
                        (!headers->has_l4 || l4_checksum(frame, *headers) == 0);
  const std::string end = is_right ? "" : " bad checksum";
  if (headers->flow.protocol == net::IpProtocol::Udp && headers->flow.source_port == 67)
    return macs + dhcp_text(frame, *headers) + end;
  if (headers->flow.protocol == net::IpProtocol::Icmpv6 &&
      headers->flow.destination_port == 134 << 8)
    return macs + router_advertisement_text(frame, *headers) + end;
  const bool is_advertisement = headers->flow.protocol == net::IpProtocol::Icmpv6 &&
                                headers->flow.destination_port == 136 << 8;
  if (!is_advertisement) return macs + packet_text(frame, *headers);
  return macs + fmt::format("{} is-at {}{}", headers->flow.source.to_string(),
                            mac_at(headers->l4_offset + 26u),
                            l4_checksum(frame, *headers) == 0 ? "" : " bad checksum");
}

}  // namespace isthmus::test
