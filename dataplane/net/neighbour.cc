#include "dataplane/net/neighbour.h"

#include "dataplane/net/bytes.h"
#include "dataplane/net/checksum.h"
#include "dataplane/net/packet_writer.h"

namespace isthmus::net {
namespace {

// RFC 826, of Ethernet and IPv4.
constexpr uint64_t kArpEthernetIpv4 = 0x0001'0800'06'04;
constexpr uint16_t kArpRequest = 1;
constexpr uint16_t kArpReply = 2;

// RFC 4861 sections 4 and 4.6.
constexpr uint8_t kRouterSolicitation = 133;
constexpr uint8_t kNeighbourSolicitation = 135;
constexpr uint8_t kNeighbourAdvertisement = 136;
constexpr uint8_t kRedirect = 137;
constexpr uint8_t kTargetLinkAddress = 2;
constexpr uint32_t kFromRouter = 0x8000'0000;
constexpr uint32_t kSolicited = 0x4000'0000;
constexpr uint32_t kOverride = 0x2000'0000;
constexpr size_t kSolicitationBytes = 24;

std::optional<NeighbourQuestion> parse_arp(Bytes bytes) {
  const size_t arp = kEthernetBytes;
  const uint64_t form = bytes.number(arp, 6);
  const uint16_t operation = bytes.u16(arp + 6);
  NeighbourQuestion question{bytes.mac(kMacBytes), bytes.mac(arp + 8), bytes.v4(arp + 14),
                             bytes.v4(arp + 24)};
  if (bytes.has_failed() || form != kArpEthernetIpv4 || operation != kArpRequest)
    return std::nullopt;
  return question;
}

std::optional<NeighbourQuestion> parse_solicitation(std::span<const uint8_t> frame) {
  const auto headers = parse_ethernet(frame);
  if (!headers || headers->vlan_tags != 0 || headers->is_fragment ||
      headers->ttl != kHopsOfNeighbours)
    return std::nullopt;
  const auto icmp =
      frame.first(headers->l3_offset + headers->l3_size_bytes).subspan(headers->l4_offset);
  if (icmp.size() < kSolicitationBytes || headers->flow.destination_port != kNeighbourSolicitation
                                                                                << 8)
    return std::nullopt;
  if (!is_checksum_right(headers->flow, icmp)) return std::nullopt;
  return NeighbourQuestion{headers->source_mac, headers->source_mac, headers->flow.source,
                           Bytes(icmp).v6(8)};
}

std::vector<uint8_t> arp_answer(const NeighbourQuestion& question, Mac owner) {
  FrameWriter out;
  out.mac(question.asker_mac).mac(owner).number(kEtherTypeArp, kEtherTypeBytes);
  out.number(kArpEthernetIpv4, 6).number(kArpReply, 2);
  out.mac(owner).ip(question.asked).mac(question.claimed_mac).ip(question.asker);
  return out.take();
}

std::vector<uint8_t> advertisement(const NeighbourQuestion& question, Mac owner, bool is_router) {
  const bool is_probe = question.is_probe();
  PacketWriter out({owner, question.asked, is_probe ? kAllNodesMac : question.asker_mac,
                    is_probe ? kAllNodes : question.asker},
                   IpProtocol::Icmpv6, kHopsOfNeighbours);
  out.body().number(kNeighbourAdvertisement << 8, 2).number(0, 2);
  out.body().number((is_router ? kFromRouter : 0) | (is_probe ? 0 : kSolicited) | kOverride, 4);
  out.body().ip(question.asked).number(kTargetLinkAddress << 8 | 1, 2).mac(owner);
  return out.take();
}

}  // namespace

std::optional<NeighbourQuestion> parse_neighbour_question(std::span<const uint8_t> frame) {
  Bytes bytes(frame);
  const uint16_t type = bytes.u16(2 * kMacBytes);
  if (type == kEtherTypeArp) return parse_arp(bytes);
  if (type == kEtherTypeIpv6) return parse_solicitation(frame);
  return std::nullopt;
}

bool is_arp(std::span<const uint8_t> frame) {
  return Bytes(frame).u16(2 * kMacBytes) == kEtherTypeArp;
}

bool is_neighbour_discovery(const Headers& headers) {
  const int type = headers.flow.destination_port >> 8;
  return headers.flow.protocol == IpProtocol::Icmpv6 && headers.has_l4 &&
         type >= kRouterSolicitation && type <= kRedirect;
}

std::vector<uint8_t> neighbour_answer(const NeighbourQuestion& question, Mac owner,
                                      bool is_router) {
  return question.asked.is_v4() ? arp_answer(question, owner)
                                : advertisement(question, owner, is_router);
}

}  // namespace isthmus::net
