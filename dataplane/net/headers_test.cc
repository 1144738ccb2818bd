#include "dataplane/net/headers.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "tests/support/frames.h"

namespace isthmus::net {
namespace {

using test::Frame;

const Mac kTo = Mac::make(0x001DD8000001).value();
const Mac kFrom = Mac::make(0x001DD8000002).value();

FlowKey v4_flow(IpProtocol protocol, uint16_t source_port = 0, uint16_t destination_port = 0) {
  return {IpAddress::v4(0x0A000004), IpAddress::v4(0x0A010005), protocol, source_port,
          destination_port};
}
FlowKey v6_flow(IpProtocol protocol, uint16_t source_port = 0, uint16_t destination_port = 0) {
  return {IpAddress::parse("fd00::4").value(), IpAddress::parse("fd00:0:0:1::5").value(), protocol,
          source_port, destination_port};
}

struct Sample {
  const char* what;
  std::vector<uint8_t> frame;
  FlowKey flow;
  uint8_t vlan_tags = 0;
  bool is_fragment = false;
  bool has_l4 = true;
  uint16_t l4_offset = 34;
  uint8_t tcp_flags = 0;
};

constexpr uint8_t kTcp = static_cast<uint8_t>(IpProtocol::Tcp);
constexpr uint8_t kUdp = static_cast<uint8_t>(IpProtocol::Udp);

std::vector<Sample> samples() {
  const FlowKey tcp = v4_flow(IpProtocol::Tcp, 40000, 443);
  const FlowKey udp = v4_flow(IpProtocol::Udp, 53, 5353);
  const FlowKey echo = v4_flow(IpProtocol::Icmp, 77, 8 << 8);
  const FlowKey unreachable = v4_flow(IpProtocol::Icmp, 0, 0x0301);
  const FlowKey gre = v4_flow(IpProtocol::Gre);
  const FlowKey udp_part = v4_flow(IpProtocol::Udp);
  const FlowKey tcp6 = v6_flow(IpProtocol::Tcp, 40000, 443);
  const FlowKey udp6 = v6_flow(IpProtocol::Udp, 53, 5353);
  const FlowKey udp6_part = v6_flow(IpProtocol::Udp);
  const FlowKey echo6 = v6_flow(IpProtocol::Icmpv6, 77, 129 << 8);
  const auto l2 = [] { return Frame().ethernet(kTo, kFrom); };
  return {
      {.what = "tcp",
       .frame = l2().ipv4(tcp).tcp(tcp, kTcpSyn).bytes(),
       .flow = tcp,
       .tcp_flags = kTcpSyn},
      {.what = "udp", .frame = l2().ipv4(udp).udp(udp).payload(9).bytes(), .flow = udp},
      {.what = "padded", .frame = l2().ipv4(udp).udp(udp).bytes(18), .flow = udp},
      {.what = "echo", .frame = l2().ipv4(echo).icmp(echo).bytes(), .flow = echo},
      {.what = "unreachable",
       .frame = l2().ipv4(unreachable).icmp(unreachable).bytes(),
       .flow = unreachable},
      {.what = "gre", .frame = l2().ipv4(gre).payload(4).bytes(), .flow = gre},
      {.what = "options",
       .frame = l2().ipv4(tcp, 64, 10).tcp(tcp, kTcpAck).bytes(),
       .flow = tcp,
       .l4_offset = 74,
       .tcp_flags = kTcpAck},
      {.what = "one tag",
       .frame = l2().vlan(5).ipv4(udp).udp(udp).bytes(),
       .flow = udp,
       .vlan_tags = 1,
       .l4_offset = 38},
      {.what = "two tags",
       .frame = l2().vlan(5, 0x88A8).vlan(6).ipv4(udp).udp(udp).bytes(),
       .flow = udp,
       .vlan_tags = 2,
       .l4_offset = 42},
      {.what = "first fragment",
       .frame = l2().ipv4(udp, 64, 0, 0x2000).udp(udp).bytes(),
       .flow = udp,
       .is_fragment = true},
      {.what = "later fragment",
       .frame = l2().ipv4(udp_part, 64, 0, 0x0003).payload(3).bytes(),
       .flow = udp_part,
       .is_fragment = true,
       .has_l4 = false},
      {.what = "tcp over ipv6",
       .frame = l2().ipv6(tcp6, kTcp).tcp(tcp6, kTcpFin).bytes(),
       .flow = tcp6,
       .l4_offset = 54,
       .tcp_flags = kTcpFin},
      {.what = "echo over ipv6",
       .frame = l2().vlan(1).ipv6(echo6, 58).icmp(echo6).bytes(),
       .flow = echo6,
       .vlan_tags = 1,
       .l4_offset = 58},
      {.what = "extensions",
       .frame = l2().ipv6(udp6, 0)
                    .extension(60, 8)
                    .extension(43, 16)
                    .extension(kUdp, 24)
                    .udp(udp6)
                    .bytes(),
       .flow = udp6,
       .l4_offset = 102},
      {.what = "first fragment over ipv6",
       .frame = l2().ipv6(udp6, 44).fragment_extension(kUdp, 0x0001).udp(udp6).bytes(),
       .flow = udp6,
       .is_fragment = true,
       .l4_offset = 62},
      {.what = "atomic fragment",
       .frame = l2().ipv6(udp6, 44).fragment_extension(kUdp, 0x0000).udp(udp6).bytes(),
       .flow = udp6,
       .l4_offset = 62},
      {.what = "later fragment over ipv6",
       .frame = l2().ipv6(udp6, 44).fragment_extension(kUdp, 0x0008).payload(2).bytes(),
       .flow = udp6_part,
       .is_fragment = true,
       .has_l4 = false,
       .l4_offset = 62},
  };
}

// On the heap and exactly as long, so that the address sanitizer sees one byte too many.
tl::expected<Headers, HeaderError> parse_exactly(const std::vector<uint8_t>& frame, size_t size) {
  const std::unique_ptr<uint8_t[]> copy(new uint8_t[size]);
  if (size != 0) std::memcpy(copy.get(), frame.data(), size);
  return parse_ethernet({copy.get(), size});
}

TEST(Headers, ReadsEverySample) {
  for (const Sample& sample : samples()) {
    const auto headers = parse_exactly(sample.frame, sample.frame.size());
    ASSERT_TRUE(headers.has_value()) << sample.what;
    EXPECT_EQ(headers->destination_mac, kTo) << sample.what;
    EXPECT_EQ(headers->source_mac, kFrom) << sample.what;
    EXPECT_EQ(headers->flow, sample.flow) << sample.what;
    EXPECT_EQ(headers->ttl, 64) << sample.what;
    EXPECT_EQ(headers->vlan_tags, sample.vlan_tags) << sample.what;
    EXPECT_EQ(headers->l3_offset, 14 + 4 * sample.vlan_tags) << sample.what;
    EXPECT_EQ(headers->l4_offset, sample.l4_offset) << sample.what;
    EXPECT_EQ(headers->is_fragment, sample.is_fragment) << sample.what;
    EXPECT_EQ(headers->has_l4, sample.has_l4) << sample.what;
    EXPECT_EQ(headers->tcp_flags, sample.tcp_flags) << sample.what;
  }
}

TEST(Headers, SizeIsThatOfTheIpPacketWithoutPadding) {
  const FlowKey udp = v4_flow(IpProtocol::Udp, 53, 53);
  EXPECT_EQ(
      parse_ethernet(Frame().ethernet(kTo, kFrom).ipv4(udp).udp(udp).bytes(18))->l3_size_bytes,
      28u);
  const FlowKey udp6 = v6_flow(IpProtocol::Udp, 53, 53);
  EXPECT_EQ(parse_ethernet(Frame().ethernet(kTo, kFrom).ipv6(udp6, kUdp).udp(udp6).bytes())
                ->l3_size_bytes,
            48u);
}

TEST(Headers, EveryTruncationIsAnErrorAndReadsNothingPastTheEnd) {
  for (const Sample& sample : samples()) {
    const bool is_padded = std::string_view(sample.what) == "padded";
    const size_t packet_end = sample.frame.size() - (is_padded ? 18 : 0);
    for (size_t size = 0; size < packet_end; ++size) {
      const auto headers = parse_exactly(sample.frame, size);
      ASSERT_FALSE(headers.has_value()) << sample.what << " cut to " << size;
      EXPECT_EQ(headers.error(), HeaderError::Truncated) << sample.what << " cut to " << size;
    }
  }
}

// The lengths inside say "truncated" whatever the frame's size: a packet that ends before its own
// headers do.
TEST(Headers, PacketThatEndsBeforeItsPortsIsTruncated) {
  for (size_t l4_bytes = 0; l4_bytes < 4; ++l4_bytes) {
    const FlowKey udp = v4_flow(IpProtocol::Udp);
    const auto frame = Frame().ethernet(kTo, kFrom).ipv4(udp).payload(l4_bytes).bytes(40);
    EXPECT_EQ(parse_ethernet(frame).error(), HeaderError::Truncated) << l4_bytes;
  }
}

TEST(Headers, NamesWhatIsWrong) {
  const FlowKey udp = v4_flow(IpProtocol::Udp, 53, 53);
  const FlowKey udp6 = v6_flow(IpProtocol::Udp, 53, 53);
  const auto changed = [](std::vector<uint8_t> frame, size_t at, uint8_t value) {
    frame[at] = value;
    return frame;
  };
  const auto v4 = Frame().ethernet(kTo, kFrom).ipv4(udp).udp(udp).bytes();
  const auto v6 = Frame().ethernet(kTo, kFrom).ipv6(udp6, kUdp).udp(udp6).bytes();
  Frame long_chain = Frame().ethernet(kTo, kFrom).ipv6(udp6, 0);
  for (int i = 0; i <= kIpv6ExtensionsMax; ++i) long_chain.extension(60, 8);
  struct Case {
    const char* what;
    std::vector<uint8_t> frame;
    HeaderError error;
  };
  const Case cases[] = {
      {"arp", changed(v4, 13, 0x06), HeaderError::NotIp},
      {"three tags",
       Frame().ethernet(kTo, kFrom).vlan(1).vlan(2).vlan(3).ipv4(udp).udp(udp).bytes(),
       HeaderError::NotIp},
      {"ipv4 that says 6", changed(v4, 14, 0x65), HeaderError::BadVersion},
      {"ipv6 that says 4", changed(v6, 14, 0x40), HeaderError::BadVersion},
      {"header of 16 bytes", changed(v4, 14, 0x44), HeaderError::BadHeaderLength},
      {"header longer than the packet", changed(v4, 14, 0x4F), HeaderError::BadHeaderLength},
      {"total length of 19", changed(changed(v4, 16, 0), 17, 19), HeaderError::BadHeaderLength},
      {"total length too long", changed(v4, 17, 29), HeaderError::Truncated},
      {"payload length too long", changed(v6, 19, 9), HeaderError::Truncated},
      {"nine extensions", long_chain.payload(8).bytes(), HeaderError::TooManyExtensions},
  };
  for (const Case& c : cases) {
    const auto headers = parse_ethernet(c.frame);
    ASSERT_FALSE(headers.has_value()) << c.what;
    EXPECT_EQ(headers.error(), c.error) << c.what;
  }
}

TEST(Headers, RandomDamageNeverReadsPastTheEnd) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    for (Sample& sample : samples()) {
      for (uint64_t flips = 1 + random() % 4; flips > 0; --flips) {
        sample.frame[random() % sample.frame.size()] = static_cast<uint8_t>(random());
      }
      const size_t size = random() % (sample.frame.size() + 1);
      const auto headers = parse_exactly(sample.frame, size);
      if (headers) {
        EXPECT_LE(headers->l4_offset, size);
        EXPECT_LE(headers->l3_offset + headers->l3_size_bytes, size);
      }
    }
  }
}

}  // namespace
}  // namespace isthmus::net
