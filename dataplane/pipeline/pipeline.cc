#include "dataplane/pipeline/pipeline.h"

#include <algorithm>
#include <cassert>

namespace isthmus::dataplane {
namespace {

// One packet on its way: what the stages so far have found out.
struct Passage {
  Packet packet;
  std::optional<net::HeaderError> header{};

  const Port* from = nullptr;  // anti-spoof
  uint32_t from_address = 0;   // whose table and access lists apply

  const Action* action = nullptr;  // route

  PortId to_id{};  // next-hop
  const Port* to = nullptr;
  uint32_t to_address = 0;

  std::optional<PeerKey> peering{};  // peering
  const Link* link = nullptr;
  // A source that the receiver's peering does not admit, and its lists still may.
  const PeerPolicy* foreign_to = nullptr;

  std::optional<KnownFlow> known{};  // acl-out, then peering and acl-in: at the port in question
  std::optional<AclDecision> outbound{};  // acl-out, unless known
  std::optional<AclDecision> inbound{};   // acl-in, the same

  const PortAddress& source() const { return from->addresses[from_address]; }
  const PortAddress& target() const { return to->addresses[to_address]; }
  FlowEvent event(PortId port, Direction direction) const {
    return {port, direction, packet.flow, packet.tcp_flags, packet.size_bytes};
  }
  FlowEvent sent() const { return event(packet.ingress, Direction::Outbound); }
  FlowEvent received() const { return event(to_id, Direction::Inbound); }
};

struct Outcome {
  DropReason reason = DropReason::None;  // None: on to the next stage
  Tag tag{};
};
constexpr Outcome kPass{};

Outcome parse(const Tables&, FlowState&, Passage& passage, Time) {
  Packet& packet = passage.packet;
  if (packet.frame.empty()) return kPass;
  if (net::is_tagged(packet.frame)) return {DropReason::VlanTagged, {}};
  const auto headers = net::parse_ethernet(packet.frame);
  if (!headers) {
    passage.header = headers.error();
    return {DropReason::Malformed, {}};
  }
  packet = packet_of(packet.ingress, *headers, packet.frame.size());
  return kPass;
}

Outcome check_source(const Tables& tables, FlowState&, Passage& passage, Time) {
  const Packet& packet = passage.packet;
  const Port* port = tables.port(packet.ingress);
  if (port == nullptr) return {DropReason::UnknownPort, {}};
  const auto own = std::find_if(
      port->addresses.begin(), port->addresses.end(),
      [&](const PortAddress& address) { return address.address == packet.flow.source; });
  const bool is_own_address = own != port->addresses.end();
  const bool is_own_mac = !packet.source_mac || *packet.source_mac == port->mac;
  const bool is_admitted =
      port->may_forward ? !port->addresses.empty() : is_own_address && is_own_mac;
  if (!is_admitted) return {DropReason::SpoofedSource, port->tag};
  passage.from = port;
  passage.from_address = is_own_address ? static_cast<uint32_t>(own - port->addresses.begin()) : 0;
  return kPass;
}

bool contains(const std::vector<net::Prefix>& prefixes, const net::IpAddress& address) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const net::Prefix& prefix) { return prefix.contains(address); });
}

// The range of a table; without one, what the system routes of its domain deliver.
class RangeOfTable final : public VirtualNetworkRange {
 public:
  RangeOfTable(const Tables& tables, const TableKey& key)
      : tables_(tables), range_(tables.range(key)), table_(tables.table({key.domain, 0})) {}
  bool contains(const net::IpAddress& address) const override {
    if (range_ != nullptr) return dataplane::contains(range_->virtual_network, address);
    if (table_ == nullptr) return false;
    const uint32_t id = table_->lookup(address);
    const Action* action = id == kNoRoute ? nullptr : tables_.action(id);
    return action != nullptr && action->kind == Action::Kind::Deliver;
  }
  bool is_internet(const net::IpAddress& address) const override {
    if (contains(address)) return false;
    return range_ == nullptr || !dataplane::contains(range_->never_internet, address);
  }

 private:
  const Tables& tables_;
  const NetworkRange* range_;
  const Fib* table_;
};

AclDecision evaluate_lists(const Tables& tables, const PortAddress& address, Direction direction,
                           const AclSubject& subject) {
  const CompiledAccessList* lists[] = {nullptr, nullptr};
  const AclId ids[] = {address.interface_acl, address.subnet_acl};
  for (size_t i = 0; i < 2; ++i) {
    if (ids[i] == kNoAcl) continue;
    lists[i] = tables.access_list(ids[i]);
    // A list that is named and absent must not open what it was to protect.
    if (lists[i] == nullptr) return {AclAction::Deny, AclDecision::By::NoList, address.tag, 0};
  }
  return evaluate(lists[0], lists[1], direction, subject, RangeOfTable(tables, address.table),
                  address.both_lists_must_permit ? ListOrder::BothMustPermit
                                                 : ListOrder::InterfaceOverridesSubnet);
}

AclDecision judge_packet(const Tables& tables, const PortAddress& address, Direction direction,
                         const Passage& passage) {
  const Packet& packet = passage.packet;
  return evaluate_lists(tables, address, direction,
                        {packet.flow, packet.has_ports, passage.foreign_to != nullptr});
}

Outcome match_outbound_acl(const Tables& tables, FlowState& flows, Passage& passage, Time now) {
  passage.known = flows.find(passage.sent(), now);
  if (passage.known) return kPass;
  const AclDecision decision = judge_packet(tables, passage.source(), Direction::Outbound, passage);
  passage.outbound = decision;
  if (decision.action == AclAction::Permit) return kPass;
  // The default rules let out what is VirtualNetwork or Internet.
  const bool is_neither = decision.is_default_rule;
  return {is_neither ? DropReason::NotInVirtualNetworkTag : DropReason::AclDeny, decision.tag};
}

constexpr Action kToEverybody{Action::Kind::Everybody, {}, {}};

// Broadcast, to all or to the sender's subnet, and multicast: RFC 919, RFC 5771, RFC 4291
// section 2.7.
bool is_for_many(const net::IpAddress& destination, const PortAddress& source) {
  const uint64_t top = destination.bits().hi;
  if (!destination.is_v4()) return top >> 56 == 0xFF;
  return top >> 60 == 0xE || top >> 32 == 0xFFFF'FFFF ||
         (destination == source.subnet.last() && source.subnet.length() <= 30);
}

Outcome longest_prefix_match(const Tables& tables, FlowState&, Passage& passage, Time) {
  const PortAddress& source = passage.source();
  if (is_for_many(passage.packet.flow.destination, source)) {
    passage.action = &kToEverybody;
    return kPass;
  }
  const Fib* table = tables.table(source.table);
  const uint32_t id = table == nullptr ? kNoRoute : table->lookup(passage.packet.flow.destination);
  if (id == kNoRoute) return {DropReason::NoRoute, source.tag};
  passage.action = tables.action(id);
  assert(passage.action != nullptr);
  return kPass;
}

// Finds the port that has the address in the domain.
bool find_endpoint(const Tables& tables, Passage& passage, DomainId domain,
                   const net::IpAddress& address) {
  const PortId* id = tables.endpoint(domain, address);
  const Port* port = id == nullptr ? nullptr : tables.port(*id);
  if (port == nullptr) return false;
  const auto found = std::find_if(
      port->addresses.begin(), port->addresses.end(), [&](const PortAddress& candidate) {
        return candidate.address == address && candidate.table.domain == domain;
      });
  if (found == port->addresses.end()) return false;
  passage.to_id = *id;
  passage.to = port;
  passage.to_address = static_cast<uint32_t>(found - port->addresses.begin());
  return true;
}

// The virtual router stands between subnets; a packet that a route sends to an appliance passes it
// even inside one. What it takes or sends itself does not pass it.
bool passes_router(const Passage& passage) {
  if (passage.from->is_router || passage.to->is_router) return false;
  return passage.action->kind == Action::Kind::Appliance ||
         passage.source().table.domain != passage.target().table.domain ||
         passage.source().vni != passage.target().vni;
}

Outcome resolve_next_hop(const Tables& tables, FlowState&, Passage& passage, Time) {
  const Tag sender = passage.source().tag;
  switch (passage.action->kind) {
    case Action::Kind::None:
      return {DropReason::Blackhole, sender};
    case Action::Kind::Gateway:
      return {DropReason::NoGateway, sender};
    case Action::Kind::Internet:
      return {DropReason::NoInternet, sender};
    case Action::Kind::Deliver:
      if (find_endpoint(tables, passage, passage.action->domain, passage.packet.flow.destination))
        break;
      return {DropReason::NoEndpoint, sender};
    case Action::Kind::Appliance:
      if (!find_endpoint(tables, passage, passage.action->domain, passage.action->address)) {
        return {DropReason::ApplianceUnreachable, sender};
      }
      if (!passage.to->may_forward) return {DropReason::ApplianceDoesNotForward, passage.to->tag};
      break;
    case Action::Kind::Everybody: {
      // The router answers one, whatever address a forwarding port asks in the name of.
      if (passage.from->is_router) return {DropReason::NotCarried, sender};
      const PortAddress& here = passage.source();
      const bool is_there = find_endpoint(tables, passage, here.table.domain, here.router);
      if (is_there && tables.members_of(passage.to_id) != nullptr) break;
      return {DropReason::NotCarried, sender};
    }
  }
  if (passage.packet.packet_bytes > passage.to->mtu_bytes)
    return {DropReason::PacketTooBig, passage.to->tag};
  if (!passes_router(passage)) return kPass;
  if (passage.packet.ttl <= 1) return {DropReason::TtlExceeded, sender};
  --passage.packet.ttl;
  return kPass;
}

Outcome check_peering(const Tables& tables, FlowState& flows, Passage& passage, Time now) {
  passage.known = flows.find(passage.received(), now);
  const PeerKey key{passage.source().table.domain, passage.target().table.domain};
  if (key.from == key.to) return kPass;
  passage.peering = key;
  const PeerPolicy* policy = tables.policy(key.from, key.to);
  if (policy == nullptr) return {DropReason::NotPeered, passage.source().tag};
  if (!policy->access_allowed) return {DropReason::AccessNotAllowed, policy->access_tag};
  if (policy->link) passage.link = &*policy->link;
  // A reply to what the receiver itself began is not forwarded traffic in the rule's sense.
  const bool is_reply = passage.known && passage.known->initiated == Direction::Outbound;
  const net::IpAddress& source = passage.packet.flow.source;
  if (is_reply || contains(policy->source_prefixes, source)) return kPass;
  if (contains(policy->unsynchronised_prefixes, source))
    return {DropReason::PeeringNotInSync, policy->receiver_tag};
  if (policy->forwarded_allowed) return kPass;
  if (!policy->lists_judge_forwarded)
    return {DropReason::ForwardedTrafficNotAllowed, policy->receiver_tag};
  passage.foreign_to = policy;
  return kPass;
}

Outcome match_inbound_acl(const Tables& tables, FlowState&, Passage& passage, Time) {
  if (passage.known) return kPass;
  const AclDecision decision = judge_packet(tables, passage.target(), Direction::Inbound, passage);
  passage.inbound = decision;
  if (decision.action == AclAction::Permit) return kPass;
  const bool is_by_tag = decision.is_default_rule && passage.peering;
  if (!is_by_tag) return {DropReason::AclDeny, decision.tag};
  if (passage.foreign_to != nullptr)
    return {DropReason::ForwardedTrafficNotAllowed, passage.foreign_to->receiver_tag};
  return {DropReason::NotInVirtualNetworkTag, decision.tag};
}

bool is_echo_request(const Packet& packet) {
  const uint16_t request = packet.flow.source.is_v4() ? 8 << 8 : 128 << 8;
  return packet.flow.is_icmp() && packet.has_ports && !packet.is_fragment &&
         packet.flow.destination_port == request;
}

Outcome deliver(const Tables&, FlowState& flows, Passage& passage, Time now) {
  if (passage.action->kind == Action::Kind::Everybody)  // which is no flow of two
    return {DropReason::None, passage.to->tag};
  if (passage.to->is_router && !is_echo_request(passage.packet))
    return {DropReason::RouterRefuses, passage.to->tag};
  if (!flows.note(passage.sent(), passage.received(), now)) {
    return {DropReason::FlowTableFull, {}};
  }
  return {DropReason::None, passage.target().tag};
}

struct Stage {
  StageId id;
  Outcome (*run)(const Tables&, FlowState&, Passage&, Time now);
};
constexpr Stage kPipeline[] = {
    {StageId::Parse, &parse},
    {StageId::AntiSpoof, &check_source},
    {StageId::AclOut, &match_outbound_acl},
    {StageId::Route, &longest_prefix_match},
    {StageId::NextHop, &resolve_next_hop},
    {StageId::Peering, &check_peering},
    {StageId::AclIn, &match_inbound_acl},
    {StageId::Deliver, &deliver},
};
static_assert(std::size(kPipeline) == kStageCount);

Verdict verdict_of(const Passage& passage, StageId stage, const Outcome& outcome) {
  Verdict verdict{.delivered = outcome.reason == DropReason::None,
                  .stage = stage,
                  .reason = outcome.reason,
                  .tag = outcome.tag,
                  .ttl = passage.packet.ttl};
  if (passage.action != nullptr) verdict.action = *passage.action;
  if (passage.to != nullptr) {
    verdict.out_port = passage.to_id;
    verdict.out_address = passage.to_address;
    verdict.destination_domain = passage.target().table.domain;
    if (passage.link != nullptr) verdict.link = passage.peering;
  }
  return verdict;
}

template <class AfterStage>
Verdict run(const Tables& tables, FlowState& flows, Passage& passage, Time now,
            AfterStage after_stage) {
  Outcome outcome;
  for (const Stage& stage : kPipeline) {
    outcome = stage.run(tables, flows, passage, now);
    after_stage(stage.id, outcome);
    if (outcome.reason != DropReason::None) return verdict_of(passage, stage.id, outcome);
  }
  return verdict_of(passage, StageId::Deliver, outcome);
}

void count(Counters& counters, const Passage& passage, const Verdict& verdict) {
  const uint64_t bytes = passage.packet.size_bytes;
  if (passage.from != nullptr && !passage.from->is_router)
    counters.sent(passage.packet.ingress, bytes);
  if (!verdict.delivered) {
    counters.dropped(verdict.reason, verdict.tag);
    return;
  }
  if (!passage.to->is_router) counters.received(passage.to_id, bytes);
  if (passage.peering) counters.crossed(*passage.peering, bytes);
}

void note(AccessLog& log, const Passage& passage, Time now) {
  const auto note = [&](const std::optional<AclDecision>& decision, Direction direction,
                        PortId port) {
    if (decision && decision->is_logged)
      log.note({decision->tag, decision->action, direction, port, passage.packet.flow}, now);
  };
  note(passage.outbound, Direction::Outbound, passage.packet.ingress);
  note(passage.inbound, Direction::Inbound, passage.to_id);
}

TraceStep::Outcome trace_outcome(StageId stage, const Outcome& outcome) {
  if (outcome.reason != DropReason::None) return TraceStep::Outcome::Dropped;
  return stage == StageId::Deliver ? TraceStep::Outcome::Delivered : TraceStep::Outcome::Passed;
}

TraceStep describe(const Tables& tables, const Passage& passage, StageId stage,
                   const Outcome& outcome) {
  TraceStep step{.stage = stage,
                 .outcome = trace_outcome(stage, outcome),
                 .reason = outcome.reason,
                 .tag = outcome.tag};
  if (stage == StageId::Parse) step.header = passage.header;
  if (stage == StageId::AntiSpoof || stage == StageId::AclOut) step.port = passage.packet.ingress;
  if (stage == StageId::AclOut || stage == StageId::AclIn) {
    step.acl = stage == StageId::AclOut ? passage.outbound : passage.inbound;
    step.known_flow = !step.acl;
    if (step.acl) step.tag = step.acl->tag;
  }
  if (stage == StageId::Route) {
    step.table = passage.source().table;
    const Fib* table = tables.table(*step.table);
    const auto route = table == nullptr || passage.action == &kToEverybody
                           ? std::nullopt
                           : table->match(passage.packet.flow.destination);
    if (route) step.prefix = route->prefix;
  }
  const bool has_action =
      stage == StageId::Route || stage == StageId::NextHop || stage == StageId::Deliver;
  if (has_action && passage.action != nullptr) step.action = *passage.action;
  if (stage >= StageId::NextHop && passage.to != nullptr) step.port = passage.to_id;
  if (stage == StageId::Peering) {
    step.peering = passage.peering;
    if (passage.link != nullptr) step.link = *passage.link;
  }
  return step;
}

}  // namespace

Packet packet_of(PortId ingress, const net::Headers& headers, size_t frame_bytes,
                 uint32_t segment_bytes) {
  Packet packet;
  packet.ingress = ingress;
  packet.flow = headers.flow;
  packet.source_mac = headers.source_mac;
  packet.ttl = headers.ttl;
  packet.tcp_flags = headers.tcp_flags;
  packet.has_ports = headers.has_l4;
  packet.is_fragment = headers.is_fragment;
  packet.size_bytes = static_cast<uint32_t>(frame_bytes);
  const uint32_t header_bytes =
      uint32_t{headers.l4_offset} - headers.l3_offset + headers.l4_header_bytes;
  packet.packet_bytes = segment_bytes == 0
                            ? headers.l3_size_bytes
                            : std::min(headers.l3_size_bytes, header_bytes + segment_bytes);
  return packet;
}

void process(const Tables& tables, Worker& worker, std::span<const Packet> packets,
             std::span<Verdict> verdicts, Time now) {
  assert(packets.size() == verdicts.size());
  for (size_t i = 0; i < packets.size(); ++i) {
    Passage passage{.packet = packets[i]};
    verdicts[i] = run(tables, worker.flows, passage, now, [](StageId, const Outcome&) {});
    count(worker.counters, passage, verdicts[i]);
    note(worker.access_log, passage, now);
  }
}

Trace trace(const Tables& tables, FlowState& flows, Packet packet, Time now) {
  Trace result;
  Passage passage{.packet = packet};
  result.verdict = run(tables, flows, passage, now, [&](StageId stage, const Outcome& outcome) {
    result.steps.push_back(describe(tables, passage, stage, outcome));
  });
  return result;
}

AclDecision judge(const Tables& tables, const PortAddress& address, Direction direction,
                  const net::FlowKey& flow) {
  return evaluate_lists(tables, address, direction, {flow});
}

}  // namespace isthmus::dataplane
