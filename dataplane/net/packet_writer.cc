#include "dataplane/net/packet_writer.h"

#include "dataplane/net/bytes.h"
#include "dataplane/net/checksum.h"

namespace isthmus::net {
namespace {

constexpr uint8_t kControl = 0xC0;  // precedence 6, internetwork control: RFC 1812 section 4.3.2.5
constexpr size_t kIpv4HeaderBytes = 20;
constexpr size_t kIpv6HeaderBytes = 40;
constexpr size_t kIpv4LengthOffset = 2;     // RFC 791 section 3.1
constexpr size_t kIpv4ChecksumOffset = 10;  // the same
constexpr size_t kIpv6LengthOffset = 4;     // RFC 8200 section 3
constexpr size_t kUdpLengthOffset = 4;      // RFC 768

size_t checksum_offset(IpProtocol protocol) {
  return protocol == IpProtocol::Tcp ? 16 : protocol == IpProtocol::Udp ? 6 : 2;
}

}  // namespace

PacketWriter::PacketWriter(const PacketEnds& ends, IpProtocol protocol, uint8_t ttl)
    : ends_(ends), protocol_(protocol) {
  out_.mac(ends.to_mac).mac(ends.from_mac);
  const auto number = static_cast<uint8_t>(protocol);
  if (ends.from.is_v4()) {
    out_.number(kEtherTypeIpv4, kEtherTypeBytes).number(0x45, 1).number(kControl, 1).number(0, 2);
    out_.number(0, 4).number(ttl, 1).number(number, 1).number(0, 2);
  } else {
    out_.number(kEtherTypeIpv6, kEtherTypeBytes).number(0x6000'0000 | kControl << 20, 4);
    out_.number(0, 2).number(number, 1).number(ttl, 1);
  }
  out_.ip(ends.from).ip(ends.to);
}

std::vector<uint8_t> PacketWriter::take() {
  const size_t ip = kEthernetBytes;
  const bool is_v4 = ends_.from.is_v4();
  const size_t l4 = ip + (is_v4 ? kIpv4HeaderBytes : kIpv6HeaderBytes);
  const auto l4_bytes = static_cast<uint32_t>(out_.size() - l4);
  if (is_v4) {
    out_.put(ip + kIpv4LengthOffset, out_.size() - ip, 2);
    out_.put(ip + kIpv4ChecksumOffset, checksum(out_.from(ip).first(kIpv4HeaderBytes)), 2);
  } else {
    out_.put(ip + kIpv6LengthOffset, l4_bytes, 2);
  }
  if (protocol_ == IpProtocol::Udp) out_.put(l4 + kUdpLengthOffset, l4_bytes, 2);
  uint64_t sum = checksum_sum(out_.from(l4));
  if (protocol_ != IpProtocol::Icmp)
    sum += pseudo_header_sum(ends_.from, ends_.to, protocol_, l4_bytes);
  uint16_t folded = fold_checksum(sum);
  if (protocol_ == IpProtocol::Udp && folded == 0) folded = 0xFFFF;  // 0 says that there is none
  out_.put(l4 + checksum_offset(protocol_), folded, 2);
  return out_.take();
}

}  // namespace isthmus::net
