#include "dataplane/net/dhcp.h"

#include <algorithm>

#include "dataplane/net/bytes.h"
#include "dataplane/net/packet_writer.h"

namespace isthmus::net {
namespace {

constexpr uint16_t kServerPort = 67;
constexpr uint16_t kClientPort = 68;
constexpr size_t kUdpHeaderBytes = 8;

// RFC 2131 section 2, from the start of the message.
constexpr size_t kTransactionOffset = 4;
constexpr size_t kFlagsOffset = 10;
constexpr size_t kClientAddressOffset = 12;
constexpr size_t kRelayOffset = 24;
constexpr size_t kClientMacOffset = 28;
constexpr size_t kCookieOffset = 236;
constexpr size_t kOptionsOffset = 240;
constexpr size_t kMessageBytesMin = 300;                // of BOOTP: RFC 1542 section 2.1
constexpr uint32_t kRequestByEthernet = 0x01'01'06'00;  // op, hardware and its length; hops
constexpr uint32_t kReplyByEthernet = 0x02'01'06'00;
constexpr uint32_t kHopsMask = 0xFF;
constexpr uint32_t kCookie = 0x6382'5363;
constexpr uint16_t kBroadcastFlag = 0x8000;
const Mac kEverybody = Mac::make(0xFFFF'FFFF'FFFF).value();

enum Option : uint8_t {  // RFC 2132
  kPad = 0,
  kSubnetMask = 1,
  kRouter = 3,
  kNameServers = 6,
  kInterfaceMtu = 26,
  kRequestedAddress = 50,
  kLeaseTime = 51,
  kMessageType = 53,
  kServerIdentifier = 54,
  kClientIdentifier = 61,
  kEnd = 255,
};

// False: it ends inside an option.
bool read_options(Bytes bytes, std::span<const uint8_t> message, DhcpQuestion& question) {
  size_t at = kOptionsOffset;
  while (at < message.size() && message[at] != kEnd) {
    const uint8_t code = message[at++];
    if (code == kPad) continue;
    const size_t size = bytes.u8(at++);
    if (bytes.has_failed() || size > message.size() - at) return false;
    if (code == kMessageType && size == 1) question.type = static_cast<DhcpType>(message[at]);
    if (code == kRequestedAddress && size == 4) question.requested = bytes.v4(at);
    if (code == kServerIdentifier && size == 4) question.server = bytes.v4(at);
    if (code == kClientIdentifier)
      question.client_id.assign(message.begin() + static_cast<ptrdiff_t>(at),
                                message.begin() + static_cast<ptrdiff_t>(at + size));
    at += size;
  }
  return true;
}

bool is_unspecified(const IpAddress& address) { return address.bits() == Bits128{}; }

// RFC 2131 section 4.3.2: a client that has chosen a server, that comes up anew, or that renews.
std::optional<DhcpType> answer_to_request(const DhcpQuestion& question, const DhcpLease& lease) {
  if (question.server && *question.server != lease.server) return std::nullopt;
  const IpAddress wanted = question.requested.value_or(question.client);
  if (is_unspecified(wanted)) return std::nullopt;
  return wanted == lease.address ? DhcpType::Ack : DhcpType::Nak;
}

std::optional<DhcpType> answer_type(const DhcpQuestion& question, const DhcpLease& lease) {
  switch (question.type) {
    case DhcpType::Discover:
      return DhcpType::Offer;
    case DhcpType::Request:
      return answer_to_request(question, lease);
    case DhcpType::Inform:
      if (is_unspecified(question.client)) return std::nullopt;
      return DhcpType::Ack;
    default:
      return std::nullopt;
  }
}

// RFC 2131 section 4.1.
PacketEnds ends_of(const DhcpQuestion& question, const DhcpLease& lease, DhcpType answer) {
  if (answer != DhcpType::Nak && !is_unspecified(question.client))
    return {lease.server_mac, lease.server, question.client_mac, question.client};
  if (answer == DhcpType::Nak || question.wants_broadcast)
    return {lease.server_mac, lease.server, kEverybody, kLimitedBroadcast};
  return {lease.server_mac, lease.server, question.client_mac, lease.address};
}

void write_option(FrameWriter& out, Option option, uint64_t value, size_t size_bytes) {
  out.number(option, 1).number(size_bytes, 1).number(value, size_bytes);
}

void write_settings(FrameWriter& out, const DhcpLease& lease) {
  const IpAddress mask = IpAddress::from_bits(Family::V4, Bits128::mask(lease.subnet_length));
  write_option(out, kSubnetMask, mask.v4_host_order(), 4);
  write_option(out, kRouter, lease.server.v4_host_order(), 4);
  write_option(out, kInterfaceMtu, lease.mtu_bytes, 2);
  std::vector<IpAddress> servers;
  std::copy_if(lease.name_servers.begin(), lease.name_servers.end(), std::back_inserter(servers),
               [](const IpAddress& address) { return address.is_v4(); });
  constexpr size_t kServersMax = 255 / 4;  // as many as the length of an option counts
  servers.resize(std::min(servers.size(), kServersMax));
  if (servers.empty()) return;
  out.number(kNameServers, 1).number(servers.size() * 4, 1);
  for (const IpAddress& server : servers) out.ip(server);
}

}  // namespace

bool is_dhcp_question(const Headers& headers) {
  return headers.flow.protocol == IpProtocol::Udp && headers.flow.source.is_v4() &&
         headers.has_l4 && !headers.is_fragment && headers.flow.source_port == kClientPort &&
         headers.flow.destination_port == kServerPort;
}

std::optional<DhcpQuestion> parse_dhcp(std::span<const uint8_t> frame, const Headers& headers) {
  const size_t end = headers.l3_offset + headers.l3_size_bytes;
  const size_t start = headers.l4_offset + kUdpHeaderBytes;
  if (!is_dhcp_question(headers) || start > end) return std::nullopt;
  const auto message = frame.first(end).subspan(start);
  Bytes bytes(message);
  DhcpQuestion question;
  question.transaction = bytes.u32(kTransactionOffset);
  question.wants_broadcast = (bytes.u16(kFlagsOffset) & kBroadcastFlag) != 0;
  question.client = bytes.v4(kClientAddressOffset);
  question.client_mac = bytes.mac(kClientMacOffset);
  const bool is_relayed = !is_unspecified(bytes.v4(kRelayOffset));
  const bool is_request = (bytes.u32(0) & ~kHopsMask) == kRequestByEthernet;
  const bool is_dhcp = bytes.u32(kCookieOffset) == kCookie;
  if (bytes.has_failed() || is_relayed || !is_request || !is_dhcp) return std::nullopt;
  if (!read_options(bytes, message, question)) return std::nullopt;
  return question;
}

std::vector<uint8_t> dhcp_answer(const DhcpQuestion& question, const DhcpLease& lease) {
  const auto type = answer_type(question, lease);
  if (!type) return {};
  PacketWriter out(ends_of(question, lease, *type), IpProtocol::Udp, kHopsOfHosts);
  FrameWriter& body = out.body();
  body.number(kServerPort, 2).number(kClientPort, 2).number(0, 4);
  const size_t start = body.size();
  const bool is_refusal = *type == DhcpType::Nak;
  const bool gives_address = !is_refusal && question.type != DhcpType::Inform;
  body.number(kReplyByEthernet, 4).number(question.transaction, 4);
  body.number(question.wants_broadcast ? kBroadcastFlag : 0, 4);
  body.ip(is_refusal ? IpAddress() : question.client);
  body.ip(gives_address ? lease.address : IpAddress()).number(0, 8);
  body.mac(question.client_mac).zeros(kCookieOffset - kClientMacOffset - kMacBytes);
  body.number(kCookie, 4);
  write_option(body, kMessageType, static_cast<uint8_t>(*type), 1);
  write_option(body, kServerIdentifier, lease.server.v4_host_order(), 4);
  if (gives_address) write_option(body, kLeaseTime, kDhcpLeaseSeconds, 4);
  if (!is_refusal) write_settings(body, lease);
  if (!question.client_id.empty())
    body.number(kClientIdentifier, 1)
        .number(question.client_id.size(), 1)
        .bytes(question.client_id);
  body.number(kEnd, 1);
  const size_t size = body.size() - start;
  body.zeros(kMessageBytesMin - std::min(size, kMessageBytesMin));
  return out.take();
}

}  // namespace isthmus::net
