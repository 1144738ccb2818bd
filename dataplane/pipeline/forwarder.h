// Real frames: what a virtual machine sends, and what its port and those of others get for it.
//
//   Forwarder forwarder(flows_max, hash_seed);
//   forwarder.take(tables, {port, frame}, now, [&](const SentFrame& sent) {...});
//
// A frame that carries a packet passes the stages of pipeline.h. What is delivered is the same
// frame with other MAC addresses and, where the virtual router stands between, one less to live;
// nothing else of it changes, so that what an offload needs of the frame stays true. What the
// virtual router itself is asked is answered from the tables: who has an address (ARP, Neighbor
// Discovery), and an echo request to a router's address, whose answer passes the stages as well.
// A sender is told why the router did not take a packet or pass it on. What is for many goes to all
// others in the sender's subnet, where the subnet carries it; what is for one is never flooded.
//
// What has a link to pass between two networks (links.h) is taken now, and sent later:
//
//   auto frame = forwarder.links().next(now);
//   if (frame) forwarder.leave_link(tables, *frame, now, send);
//
// Threads: belongs to one worker, as its Worker does; Tables are read under a guard of
// dataplane/rcu.h.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "dataplane/net/icmp.h"
#include "dataplane/net/neighbour.h"
#include "dataplane/pipeline/fragment_ports.h"
#include "dataplane/pipeline/links.h"
#include "dataplane/pipeline/pipeline.h"
#include "dataplane/pipeline/rate_limit.h"

namespace isthmus::dataplane {

// ICMP errors that one worker sends in a second, and at once after a silence: RFC 1812 section
// 4.3.2.8 asks for a limit, the number is our choice.
constexpr uint32_t kIcmpErrorsPerSecond = 1000;

struct ReceivedFrame {
  PortId from{};
  std::span<uint8_t> bytes;  // is written to
  // The payload of each segment that an offload cuts of it behind the pipeline; 0: it stays whole.
  uint32_t segment_bytes = 0;
  size_t header_bytes = 0;  // that stand in front of it, and go with it
  bool is_routers = false;  // the virtual router has written it
};

// A frame for a port: one that was received, which stays where it is, its header in front of it; or
// one that the virtual router has written, which is gone when Send returns.
struct SentFrame {
  PortId to{};
  std::span<const uint8_t> bytes;
  bool is_received = false;
};

class Forwarder {
 public:
  using Send = std::function<void(const SentFrame& frame)>;

  explicit Forwarder(size_t flows_max = kFlowsMaxDefault, uint64_t hash_seed = 0)
      : worker_{FlowState(flows_max, hash_seed), {}, {}},
        fragments_(hash_seed),
        links_(hash_seed) {}

  // Calls `send` before it returns: once at most, but for what is for many. The verdict is that of
  // the frame: delivered, too, where the virtual router has taken it, and where it is on a link.
  Verdict take(const Tables& tables, const ReceivedFrame& frame, Time now, const Send& send);

  Links& links() { return links_; }
  // As take() for a frame that has passed its link. Where its way has gone meanwhile, it is
  // dropped.
  Verdict leave_link(const Tables& tables, LinkFrame& frame, Time now, const Send& send);

  Worker& worker() { return worker_; }
  const Worker& worker() const { return worker_; }

 private:
  struct Reception;
  Verdict answer_neighbour(const Reception& reception);
  Verdict answer_router_solicitation(const Reception& reception, const net::Headers& headers);
  Verdict answer_dhcp(const Reception& reception, const net::Headers& headers);
  Verdict take_packet(const Reception& reception, const net::Headers& headers);
  Verdict enter_link(const Reception& reception, const Verdict& verdict);
  void deliver(const Reception& reception, const net::Headers& headers, const Verdict& verdict);
  void deliver_copies(const Reception& reception, const net::Headers& headers, PortId router);
  void tell_sender(const Reception& reception, const net::Headers& headers, const Verdict& verdict);
  Verdict answered(const Reception& reception, std::span<const uint8_t> answer);
  Verdict dropped(DropReason reason, Tag tag);
  Verdict lost_on_link(const Verdict& judged, StageId stage, DropReason reason, Tag tag);

  Worker worker_;
  FragmentPorts fragments_;
  Links links_;
  RateLimit errors_{kIcmpErrorsPerSecond};
};

}  // namespace isthmus::dataplane
