#include "dataplane/net/router_advertisement.h"

#include "dataplane/net/checksum.h"
#include "dataplane/net/packet_writer.h"

namespace isthmus::net {
namespace {

constexpr uint16_t kRouterSolicitation = 133 << 8;  // type, code
constexpr uint16_t kRouterAdvertisement = 134 << 8;
constexpr size_t kSolicitationBytes = 8;
constexpr uint32_t kForever = 0xFFFF'FFFF;

// RFC 4861 section 4.6; the second byte is the length in units of eight bytes.
constexpr uint16_t kSourceLinkAddress = 1 << 8 | 1;
constexpr uint16_t kPrefixInformation = 3 << 8 | 4;
constexpr uint16_t kMtu = 5 << 8 | 1;
constexpr uint8_t kOnLink = 0x80;

}  // namespace

std::optional<RouterSolicitation> parse_router_solicitation(std::span<const uint8_t> frame,
                                                            const Headers& headers) {
  const FlowKey& flow = headers.flow;
  const bool is_it = flow.protocol == IpProtocol::Icmpv6 && headers.has_l4 &&
                     !headers.is_fragment && flow.destination_port == kRouterSolicitation;
  if (!is_it || headers.ttl != kHopsOfNeighbours) return std::nullopt;
  const auto icmp =
      frame.first(headers.l3_offset + headers.l3_size_bytes).subspan(headers.l4_offset);
  if (icmp.size() < kSolicitationBytes || !is_checksum_right(flow, icmp)) return std::nullopt;
  return RouterSolicitation{headers.source_mac, flow.source};
}

std::vector<uint8_t> router_advertisement(const RouterSolicitation& question,
                                          const RouterFacts& router) {
  const bool is_nameless = question.asker.bits() == Bits128{};
  PacketWriter out({router.mac, router.address, is_nameless ? kAllNodesMac : question.asker_mac,
                    is_nameless ? kAllNodes : question.asker},
                   IpProtocol::Icmpv6, kHopsOfNeighbours);
  FrameWriter& body = out.body();
  body.number(kRouterAdvertisement, 2).number(0, 2);
  body.number(kHopsOfHosts, 1).number(0, 1).number(kRouterLifetimeSeconds, 2).number(0, 8);
  body.number(kSourceLinkAddress, 2).mac(router.mac);
  body.number(kMtu, 2).number(0, 2).number(router.mtu_bytes, 4);
  for (const Prefix& prefix : router.prefixes) {
    body.number(kPrefixInformation, 2).number(static_cast<uint8_t>(prefix.length()), 1);
    body.number(kOnLink, 1).number(kForever, 4).number(kForever, 4).number(0, 4);
    body.ip(prefix.address());
  }
  return out.take();
}

}  // namespace isthmus::net
