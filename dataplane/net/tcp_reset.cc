#include "dataplane/net/tcp_reset.h"

#include "dataplane/net/bytes.h"
#include "dataplane/net/packet_writer.h"

namespace isthmus::net {
namespace {

// RFC 9293 section 3.1.
constexpr size_t kTcpHeaderBytes = 20;
constexpr size_t kSequenceOffset = 4;
constexpr size_t kAcknowledgementOffset = 8;
constexpr size_t kDataOffsetOffset = 12;

}  // namespace

std::vector<uint8_t> tcp_reset(std::span<const uint8_t> frame, const Headers& headers, Mac from) {
  const bool is_whole = headers.has_l4 && !headers.is_fragment;
  if (!is_whole || headers.flow.protocol != IpProtocol::Tcp || (headers.tcp_flags & kTcpRst) != 0)
    return {};
  const auto segment =
      frame.first(headers.l3_offset + headers.l3_size_bytes).subspan(headers.l4_offset);
  Bytes bytes(segment);
  const size_t header_bytes = size_t{bytes.u8(kDataOffsetOffset)} / 16 * 4;
  if (header_bytes < kTcpHeaderBytes || header_bytes > segment.size()) return {};
  const bool has_ack = (headers.tcp_flags & kTcpAck) != 0;
  const uint32_t sequence_after =  // SYN and FIN take a number each
      bytes.u32(kSequenceOffset) + static_cast<uint32_t>(segment.size() - header_bytes) +
      ((headers.tcp_flags & kTcpSyn) != 0 ? 1 : 0) + ((headers.tcp_flags & kTcpFin) != 0 ? 1 : 0);
  const FlowKey reply = headers.flow.reversed();
  PacketWriter out({from, reply.source, headers.source_mac, reply.destination}, reply.protocol,
                   kHopsOfHosts);
  out.body().number(reply.source_port, 2).number(reply.destination_port, 2);
  out.body().number(has_ack ? bytes.u32(kAcknowledgementOffset) : 0, 4);
  out.body().number(has_ack ? 0 : sequence_after, 4);
  out.body().number(0x50, 1).number(has_ack ? kTcpRst : kTcpRst | kTcpAck, 1).number(0, 6);
  return out.take();
}

}  // namespace isthmus::net
