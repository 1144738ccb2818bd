// The pipeline over published tables against a plain reading of the program, on random programs
// and random packets.

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "dataplane/dataplane.h"
#include "dataplane/pipeline/pipeline.h"
#include "tests/support/forward_oracle.h"
#include "tests/support/random_program.h"

namespace isthmus::dataplane {
namespace {

// A random program whose endpoints mostly are where its ports say, so that packets get far.
ForwardingProgram connected_program(test::RandomProgram& random) {
  ForwardingProgram program = random.program();
  random.change(program, 60);
  for (const auto& [id, port] : program.ports) {
    for (const PortAddress& address : port.addresses) {
      if (!random.one_in(8)) program.endpoints[{address.table.domain, address.address}] = id;
    }
  }
  return program;
}

Packet random_packet(test::RandomProgram& random, const ForwardingProgram& program) {
  constexpr net::IpProtocol kProtocols[] = {net::IpProtocol::Tcp, net::IpProtocol::Udp,
                                            net::IpProtocol::Icmp};
  Packet packet;
  packet.ingress = random.port_id();
  packet.flow = {random.address(), random.address(), kProtocols[random.below(3)],
                 static_cast<uint16_t>(random.below(8)), static_cast<uint16_t>(random.below(8))};
  packet.ttl = static_cast<uint8_t>(1 + random.below(8));
  packet.packet_bytes = random.one_in(4) ? 1300 : 84;
  if (packet.flow.is_icmp() && random.one_in(2))
    packet.flow.destination_port = packet.flow.source.is_v4() ? 0x0800 : 0x8000;
  const auto sender = program.ports.find(packet.ingress);
  if (sender == program.ports.end()) return packet;
  if (!random.one_in(4)) {
    packet.flow.source =
        sender->second.addresses[random.below(sender->second.addresses.size())].address;
  }
  if (random.one_in(2)) packet.source_mac = sender->second.mac;
  if (random.one_in(8)) packet.source_mac = net::Mac::make(1ull << 40).value();
  return packet;
}

// Between the domain whose address the packet came from and the next hop's.
std::optional<PeerKey> link_on_the_way(const ForwardingProgram& program, const Packet& packet,
                                       const Verdict& verdict) {
  const auto& addresses = program.ports.at(packet.ingress).addresses;
  const auto own = std::find_if(addresses.begin(), addresses.end(), [&](const PortAddress& one) {
    return one.address == packet.flow.source;
  });
  const PortAddress& source = own == addresses.end() ? addresses.front() : *own;
  const auto policy = program.policies.find({source.table.domain, verdict.destination_domain});
  const bool is_inside = source.table.domain == verdict.destination_domain;
  if (is_inside || policy == program.policies.end() || !policy->second.link) return std::nullopt;
  return policy->first;
}

TEST(PipelineOracle, FirstPacketsEqualAPlainReadingOfTheProgram) {
  std::array<size_t, kDropReasonCount> seen{};
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    test::RandomProgram random(seed);
    const ForwardingProgram program = connected_program(random);
    Dataplane dataplane;
    dataplane.publish(std::move(*dataplane.prepare(diff({}, program))));
    const test::ForwardOracle oracle(program);
    for (int i = 0; i < 300; ++i) {
      const Packet packet = random_packet(random, program);
      const auto expected = oracle.forward(packet);
      Worker worker;
      Verdict verdict;
      process(dataplane.current(), worker, {&packet, 1}, {&verdict, 1}, Time{});
      ASSERT_EQ(verdict.reason, expected.reason)
          << info(verdict.reason).text << " instead of " << info(expected.reason).text;
      ASSERT_EQ(verdict.out_port, expected.out_port);
      ASSERT_EQ(verdict.delivered, expected.reason == DropReason::None);
      if (verdict.delivered) {
        ASSERT_EQ(verdict.link, link_on_the_way(program, packet, verdict));
      }
      FlowState fresh;
      const Trace traced = trace(dataplane.current(), fresh, packet, Time{});
      ASSERT_EQ(traced.verdict, verdict);
      ASSERT_EQ(traced.steps.back().stage, verdict.stage);
      ASSERT_EQ(traced.steps.back().reason, verdict.reason);
      ++seen[static_cast<size_t>(verdict.reason)];
    }
  }
  // The packets met everything that a first packet can meet.
  for (size_t i = 0; i < kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    // Of frames and wires, and of flows that are known.
    constexpr DropReason kOthers[] = {
        DropReason::Malformed,  DropReason::VlanTagged,    DropReason::NotAnswered,
        DropReason::NotCarried, DropReason::FlowTableFull, DropReason::LinkLoss,
        DropReason::LinkFull,   DropReason::NoWire,        DropReason::WireFull};
    if (std::find(std::begin(kOthers), std::end(kOthers), reason) != std::end(kOthers)) continue;
    EXPECT_GT(seen[i], 0u) << info(reason).text;
  }
}

}  // namespace
}  // namespace isthmus::dataplane
