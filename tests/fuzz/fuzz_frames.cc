// Frames that a virtual machine sends, of any kind: what comes out for each of them.
//
// An input is frames one after the other: a byte that says which port sends it and whether its
// checksums are made right first, two bytes of length, and the frame. The ports are of both
// families and two peered networks, with an access list, a forwarding appliance, virtual routers
// that answer, and a subnet that carries broadcasts.
#include <cstdlib>
#include <utility>
#include <vector>

#include "dataplane/dataplane.h"
#include "dataplane/net/frame_edit.h"
#include "dataplane/pipeline/forwarder.h"
#include "tests/fuzz/bytes.h"
#include "tests/support/frame_text.h"

namespace isthmus::fuzz {
namespace {

using namespace dataplane;

constexpr DomainId kRed{1};
constexpr DomainId kBlue{2};
constexpr PortId kPorts[] = {PortId{11}, PortId{12}, PortId{13}};  // two of red, one of blue
constexpr PortId kRouters[] = {PortId{21}, PortId{22}};
constexpr AclId kList{5};
constexpr size_t kFrameBytesMax = 2000;
constexpr size_t kFlowsMax = 64;

void check(bool holds) {
  if (!holds) std::abort();
}

void add_port(ForwardingProgram& program, PortId id, DomainId domain, uint64_t host,
              std::initializer_list<const char*> subnets) {
  Port& port = program.ports[id];
  port.mac = net::Mac::make(static_cast<uint32_t>(id)).value();
  for (const char* text : subnets) {
    PortAddress own;
    own.subnet = net::Prefix::parse(text).value();
    own.address = own.subnet.address().plus(host);
    own.router = own.subnet.address().plus(1);
    own.table = {domain, 0};
    own.vni = net::Vni::make(static_cast<uint32_t>(domain)).value();
    program.endpoints[{domain, own.address}] = id;
    port.addresses.push_back(own);
  }
}

ForwardingProgram make_program() {
  const char* const red[] = {"10.1.0.0/24", "fd00:1::/64"};
  const char* const blue[] = {"10.2.0.0/24", "fd00:2::/64"};
  ForwardingProgram program;
  add_port(program, kPorts[0], kRed, 4, {red[0], red[1]});
  add_port(program, kPorts[1], kRed, 5, {red[0], red[1]});
  add_port(program, kPorts[2], kBlue, 4, {blue[0], blue[1]});
  program.ports[kPorts[1]].may_forward = true;
  add_port(program, kRouters[0], kRed, 1, {red[0], red[1]});
  add_port(program, kRouters[1], kBlue, 1, {blue[0], blue[1]});
  for (const PortId router : kRouters) {
    program.ports[router].mac = kRouterMac;
    program.ports[router].is_router = true;
    program.ports[router].name_servers = {net::IpAddress::parse("10.1.0.53").value()};
  }
  program.ports[kPorts[2]].mtu_bytes = 1300;
  for (const PortId port : {kPorts[0], kPorts[1]}) program.members[{kRouters[0], port}] = {};
  for (const DomainId domain : {kRed, kBlue}) {
    auto& table = program.tables[{domain, 0}];
    for (int family = 0; family < 2; ++family) {
      table[net::Prefix::parse(red[family]).value()] = {Action::Kind::Deliver, kRed, {}};
      table[net::Prefix::parse(blue[family]).value()] = {Action::Kind::Deliver, kBlue, {}};
    }
    table[net::Prefix::parse("10.9.0.0/16").value()] = {Action::Kind::Appliance, kRed,
                                                        net::IpAddress::parse("10.1.0.5").value()};
    table[net::Prefix()] = {Action::Kind::Internet, {}, {}};
  }
  program.policies[{kRed, kBlue}] = {true, true, {net::Prefix::parse(red[0]).value()}};
  program.policies[{kBlue, kRed}] = {true, false, {net::Prefix::parse(blue[0]).value()}};
  program.policies[{kBlue, kRed}].link = Link{.latency = std::chrono::milliseconds(1)};
  AclRule rule;
  rule.action = AclAction::Deny;
  rule.protocol = net::IpProtocol::Udp;
  rule.destination_ports = net::PortRange::make(1000, 2000).value();
  program.access_lists[kList] = {{rule}, {}, {}, {}};
  for (PortAddress& address : program.ports[kPorts[2]].addresses) address.subnet_acl = kList;
  return program;
}

Dataplane& world() {
  static Dataplane dataplane;
  static const bool is_made = [] {
    dataplane.publish(std::move(dataplane.prepare(diff({}, make_program())).value()));
    return true;
  }();
  static_cast<void>(is_made);
  return dataplane;
}

// A frame of exactly these bytes, so that a read behind them is seen.
std::vector<uint8_t> next_frame(Bytes& bytes, bool with_checksums) {
  const size_t size = bytes.pair() % kFrameBytesMax;
  std::vector<uint8_t> frame(size);
  for (uint8_t& byte : frame) byte = bytes.byte();
  if (with_checksums && net::parse_ethernet(frame)) frame = test::with_checksums(frame);
  frame.shrink_to_fit();
  return frame;
}

// What is delivered is what was sent, but for the addresses of the link, the time to live and the
// checksum over it, which stays as right or wrong as it was.
void check_delivered(std::span<const uint8_t> sent, std::span<const uint8_t> came,
                     const Verdict& verdict) {
  const auto before = net::parse_ethernet(sent);
  const auto after = net::parse_ethernet(came);
  check(before && after && sent.size() == came.size());
  check(after->flow == before->flow && after->ttl == verdict.ttl);
  check(before->ttl - after->ttl == 0 || before->ttl - after->ttl == 1);
  check(after->ttl > 0 || before->ttl == 0);
  const bool is_v4 = before->flow.source.is_v4();
  if (is_v4)
    check((test::header_checksum(sent, *before) == 0) ==
          (test::header_checksum(came, *after) == 0));
  const size_t ip = before->l3_offset;
  for (size_t i = 12; i < sent.size(); ++i) {
    const bool may_differ = is_v4 ? i == ip + 8 || i == ip + 10 || i == ip + 11 : i == ip + 7;
    check(may_differ || sent[i] == came[i]);
  }
}

// What the virtual router says has right checksums, and goes to the sender.
void check_answer(std::span<const uint8_t> answer) {
  check(test::text_of(answer).find("bad checksum") == std::string::npos);
  check(answer.size() <= 1294 || net::parse_ethernet(answer)->flow.is_icmp());
}

void live(Bytes bytes) {
  Forwarder forwarder(kFlowsMax);
  Time now{};
  for (int frames = 0; frames < 32 && !bytes.empty(); ++frames) {
    const uint8_t form = bytes.byte();
    const PortId from = kPorts[form % std::size(kPorts)];
    const auto sent = next_frame(bytes, (form & 0x80) != 0);
    auto frame = sent;
    std::vector<std::pair<PortId, std::vector<uint8_t>>> came;
    now += std::chrono::milliseconds(form & 0x70);
    const auto send = [&came](const SentFrame& one) {
      came.emplace_back(one.to, std::vector<uint8_t>(one.bytes.begin(), one.bytes.end()));
    };
    const Verdict verdict = forwarder.take(world().current(), {from, frame}, now, send);
    std::fill(frame.begin(), frame.end(), uint8_t{0xFF});  // what is on a link is a copy
    while (const auto at = forwarder.links().next_at()) {
      now = std::max(now, *at);
      auto arrived = forwarder.links().next(now);
      check(forwarder.leave_link(world().current(), *arrived, now, send).delivered);
    }
    check(verdict.delivered == (verdict.reason == DropReason::None));
    const bool is_for_many = verdict.action && verdict.action->kind == Action::Kind::Everybody;
    if (is_for_many && verdict.delivered) {
      for (const auto& [to, copy] : came) check(to != from && copy == sent);
      continue;
    }
    check(came.size() <= 1);
    const bool is_forwarded = verdict.delivered && verdict.stage == StageId::Deliver &&
                              !world().current().port(verdict.out_port)->is_router;
    check(came.size() == 1 || !is_forwarded);
    if (came.empty()) continue;
    if (is_forwarded) {
      check_delivered(sent, came[0].second, verdict);
    } else {
      check_answer(came[0].second);
    }
  }
}

}  // namespace
}  // namespace isthmus::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  isthmus::fuzz::live({data, size});
  return 0;
}
