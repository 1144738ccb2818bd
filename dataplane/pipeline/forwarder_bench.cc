// Frames through the Forwarder, without any wire: what a frame costs beside the calls that read and
// write it. 1,000 peered networks with access lists on interfaces and subnets, counters and state
// of flows on.

#include "dataplane/pipeline/forwarder.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "dataplane/dataplane.h"
#include "tests/support/frames.h"

namespace isthmus::dataplane {
namespace {

using net::IpAddress;
using net::Prefix;

constexpr uint32_t kNetworks = 1000;  // each is the peer of the next one
constexpr uint32_t kRulesOfList = 20;
constexpr size_t kPayloadBytes = 18;

// The space of a network is 10.0.0.0/24 + 256 * network; its two addresses are .4 and .5.
Prefix space(uint32_t network) {
  return Prefix::make(IpAddress::v4(0x0A000000 + (network << 8)), 24).value();
}
IpAddress address(uint32_t network, uint32_t member) {
  return space(network).address().plus(4 + member);
}
PortId port(uint32_t network, uint32_t member) { return PortId{1 + network * 2 + member}; }
net::Mac mac(PortId id) { return net::Mac::make(static_cast<uint32_t>(id)).value(); }

AccessList list(uint32_t network) {
  AccessList result;
  for (uint32_t i = 0; i < kRulesOfList; ++i) {
    AclRule rule;
    rule.priority = 100 + i;
    rule.direction = i % 2 == 0 ? Direction::Inbound : Direction::Outbound;
    rule.action = AclAction::Deny;
    rule.protocol = net::IpProtocol::Tcp;
    rule.source = {AddressMatch::Kind::In, space(network + kNetworks + i), {}};
    rule.destination_ports = net::PortRange::make(static_cast<uint16_t>(i), 1000).value();
    result.rules.push_back(rule);
  }
  return result;
}

void add_network(ForwardingProgram& program, uint32_t network) {
  const DomainId domain{network + 1};
  const uint32_t next = (network + 1) % kNetworks;
  const uint32_t previous = (network + kNetworks - 1) % kNetworks;
  for (const uint32_t other : {previous, network, next})
    program.tables[{domain, 0}][space(other)] = {Action::Kind::Deliver, DomainId{other + 1}, {}};
  for (const uint32_t other : {previous, next})
    program.policies[{domain, DomainId{other + 1}}] = {true, false, {space(network)}};
  for (const uint32_t id : {network * 2 + 1, network * 2 + 2})
    program.access_lists[AclId{id}] = list(network);
  for (const uint32_t member : {0u, 1u}) {
    PortAddress own;
    own.address = address(network, member);
    own.subnet = space(network);
    own.router = space(network).address().plus(1);
    own.table = {domain, 0};
    own.interface_acl = AclId{network * 2 + 1};
    own.subnet_acl = AclId{network * 2 + 2};
    program.ports[port(network, member)] = {mac(port(network, member)), false, {own}, {}};
    program.endpoints[{domain, own.address}] = port(network, member);
  }
}

const Dataplane& networks() {
  static Dataplane dataplane;
  if (dataplane.stats().ports == 0) {
    ForwardingProgram program;
    for (uint32_t network = 0; network < kNetworks; ++network) add_network(program, network);
    dataplane.publish(std::move(dataplane.prepare(diff({}, program)).value()));
  }
  return dataplane;
}

struct Sent {
  PortId from{};
  std::vector<uint8_t> frame;
};

// UDP from a network into the next one; half of the flows go the other way.
std::vector<Sent> flows(uint32_t count) {
  std::mt19937 random(1);
  std::vector<Sent> result;
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t network = i / 2 % kNetworks;
    const uint32_t next = (network + 1) % kNetworks;
    const auto client_port = static_cast<uint16_t>(20'000 + i / 2);
    net::FlowKey flow{address(network, 0), address(next, 1), net::IpProtocol::Udp, client_port, 53};
    PortId from = port(network, 0);
    if (i % 2 == 1) {
      flow = flow.reversed();
      from = port(next, 1);
    }
    result.push_back({from, test::Frame()
                                .ethernet(kRouterMac, mac(from))
                                .ipv4(flow)
                                .udp(flow)
                                .payload(kPayloadBytes)
                                .bytes()});
  }
  std::shuffle(result.begin(), result.end(), random);
  return result;
}

// Each frame as it was sent: the Forwarder writes into it.
void forward(benchmark::State& state) {
  const Tables& tables = networks().current();
  const std::vector<Sent> all = flows(static_cast<uint32_t>(state.range(0)));
  Forwarder forwarder;
  std::vector<uint8_t> buffer(2048);
  uint64_t delivered = 0;
  const Forwarder::Send send = [&](const SentFrame&) { ++delivered; };
  size_t at = 0;
  uint64_t taken = 0;
  for (auto _ : state) {
    const Sent& sent = all[at];
    std::copy(sent.frame.begin(), sent.frame.end(), buffer.begin());
    forwarder.take(tables, {sent.from, std::span(buffer).first(sent.frame.size())},
                   Time(static_cast<Time::rep>(taken)), send);
    ++taken;
    if (++at == all.size()) at = 0;
  }
  if (delivered != taken) state.SkipWithError("a frame was dropped");
  state.SetItemsProcessed(static_cast<int64_t>(taken));
}
BENCHMARK(forward)->Name("forwarder/known_flows")->Arg(2)->Arg(2'000)->Arg(64'000);

// Every frame begins a flow, which the access lists of both sides judge.
void begin_flows(benchmark::State& state) {
  const Tables& tables = networks().current();
  const std::vector<Sent> all = flows(2'000);
  std::vector<uint8_t> buffer(2048);
  const Forwarder::Send send = [](const SentFrame&) {};
  Forwarder forwarder;
  Time now{};
  size_t at = 0;
  for (auto _ : state) {
    const Sent& sent = all[at];
    std::copy(sent.frame.begin(), sent.frame.end(), buffer.begin());
    now += kOtherIdle;  // what was known is known no longer
    forwarder.take(tables, {sent.from, std::span(buffer).first(sent.frame.size())}, now, send);
    if (++at == all.size()) at = 0;
  }
}
BENCHMARK(begin_flows)->Name("forwarder/new_flows");

}  // namespace
}  // namespace isthmus::dataplane
