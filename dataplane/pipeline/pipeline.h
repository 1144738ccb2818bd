// What happens to a packet: a list of stages, each of which passes the packet on, delivers or drops
// it.
//
//   parse       reads the frame
//   anti-spoof  source MAC and address belong to the port, unless the port may forward
//   acl-out     the sender's access lists; packets of a known flow pass
//   route       longest prefix in the table of the source address
//   next-hop    the route's action -> port, for which the packet is not too large; the virtual
//               router takes one from the time to live
//   peering     may packets of the sender's domain enter the domain of the next hop?
//   acl-in      the receiver's access lists; packets of a known flow pass
//   deliver     notes the flow and hands the packet to the port; a virtual router takes nothing but
//               echo requests
//
// A packet for a virtual appliance is delivered to the appliance's port; what the appliance sends
// on is another packet, with that port as its ingress. trace() runs the same stages as process()
// and writes down what each one said, so that an explanation cannot differ from the forwarding.
//
// Threads: Tables are read under a guard of dataplane/rcu.h; a Worker belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/net/headers.h"
#include "dataplane/pipeline/access_log.h"
#include "dataplane/pipeline/counters.h"
#include "dataplane/pipeline/drop_reason.h"
#include "dataplane/pipeline/flow_state.h"
#include "dataplane/tables.h"

namespace isthmus::dataplane {

enum class StageId : uint8_t { Parse, AntiSpoof, AclOut, Route, NextHop, Peering, AclIn, Deliver };
constexpr std::string_view kStageNames[] = {"parse",    "anti-spoof", "acl-out", "route",
                                            "next-hop", "peering",    "acl-in",  "deliver"};
constexpr size_t kStageCount = std::size(kStageNames);
constexpr std::string_view name(StageId stage) { return kStageNames[static_cast<size_t>(stage)]; }

struct Packet {
  PortId ingress{};
  // Where a frame is present, the parse stage fills in everything below from it.
  std::span<const uint8_t> frame{};
  net::FlowKey flow{};
  std::optional<net::Mac> source_mac{};  // absent: not judged
  uint8_t ttl = 64;
  uint8_t tcp_flags = 0;
  bool has_ports = true;  // false in later fragments
  bool is_fragment = false;
  uint32_t size_bytes = 0;  // of the frame
  // Of the largest IP packet that becomes of it on a wire.
  uint32_t packet_bytes = 0;
};

// As the parse stage makes one of a frame. An offload cuts the frame's payload into segments of
// `segment_bytes`; 0: it stays whole.
Packet packet_of(PortId ingress, const net::Headers& headers, size_t frame_bytes,
                 uint32_t segment_bytes = 0);

struct Verdict {
  bool delivered = false;
  StageId stage = StageId::Parse;  // that decided
  DropReason reason = DropReason::None;
  Tag tag{};                       // the resource that decided; Tag::None where none did
  std::optional<Action> action{};  // the route's action, from the route stage on
  PortId out_port{};               // from the next-hop stage on, and the two below
  uint32_t out_address = 0;        // index in Port::addresses of the next hop
  DomainId destination_domain{};   // the next hop's
  std::optional<PeerKey> link{};   // between two domains, that it has to pass; links.h
  uint8_t ttl = 0;                 // as the packet arrives
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// What one stage said. Members that do not belong to a stage are empty.
struct TraceStep {
  enum class Outcome : uint8_t { Passed, Dropped, Delivered };
  StageId stage{};
  Outcome outcome = Outcome::Passed;
  DropReason reason = DropReason::None;
  Tag tag{};
  bool known_flow = false;                   // acl-out, acl-in: passed as part of a known flow
  std::optional<AclDecision> acl{};          // acl-out, acl-in: unless known_flow
  std::optional<TableKey> table{};           // route: where it looked
  std::optional<net::Prefix> prefix{};       // route: what matched
  std::optional<Action> action{};            // route, next-hop, deliver
  std::optional<PeerKey> peering{};          // peering: absent inside one domain
  std::optional<Link> link{};                // peering: where its packets pass one
  std::optional<PortId> port{};              // anti-spoof, acl-out: ingress; next-hop on: egress
  std::optional<net::HeaderError> header{};  // parse
  friend bool operator==(const TraceStep&, const TraceStep&) = default;
};

struct Trace {
  Verdict verdict;
  std::vector<TraceStep> steps;  // one per stage that ran
};

struct Worker {
  FlowState flows;
  Counters counters;
  AccessLog access_log;
};

// verdicts[i] is what happens to packets[i]; as if they came one after another.
void process(const Tables& tables, Worker& worker, std::span<const Packet> packets,
             std::span<Verdict> verdicts, Time now);
// The same for one packet, with its reasons. Counts nothing; flows change as by a real packet, so
// pass an overlay or a fresh FlowState.
Trace trace(const Tables& tables, FlowState& flows, Packet packet, Time now);

// What the access lists of a port's address say of a flow that is not known yet.
AclDecision judge(const Tables& tables, const PortAddress& address, Direction direction,
                  const net::FlowKey& flow);

}  // namespace isthmus::dataplane
