// A packet on its whole way: from its sender's port, through each appliance that it is handed to,
// to whoever has its destination address. Pure.
#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "dataplane/pipeline/pipeline.h"

namespace isthmus {

// Of packets that nobody sends (RFC 6335 section 6: the first ephemeral port; IANA protocol 255 is
// reserved, so only rules for all protocols match it).
constexpr uint16_t kProbeSourcePort = 49152;
constexpr auto kNoProtocol = static_cast<net::IpProtocol>(255);

constexpr std::string_view kForwardingLoop = "forwarding-loop";

struct WayEnd {
  enum class How : uint8_t { Arrived, Dropped, Looped };
  How how = How::Arrived;
  dataplane::PortId port{};    // where it arrived, or came to a second time; of a drop: who sent it
  dataplane::Verdict verdict;  // the last one
};

inline bool has_address(const dataplane::Port& port, const net::IpAddress& address) {
  for (const dataplane::PortAddress& own : port.addresses) {
    if (own.address == address) return true;
  }
  return false;
}

// Copies of it go to a subnet, from where nothing comes back as a whole.
inline bool is_for_everybody(const dataplane::Verdict& verdict) {
  return verdict.action && verdict.action->kind == dataplane::Action::Kind::Everybody;
}

// `pass(packet)` is one pass through the pipeline; `forwarded(port)` is told of each appliance that
// sends the packet on.
template <class Pass, class Forwarded>
WayEnd follow(const dataplane::Tables& tables, dataplane::Packet packet, const Pass& pass,
              const Forwarded& forwarded) {
  std::set<dataplane::PortId> visited;
  while (visited.insert(packet.ingress).second) {
    const dataplane::Verdict verdict = pass(packet);
    if (!verdict.delivered) return {WayEnd::How::Dropped, packet.ingress, verdict};
    if (is_for_everybody(verdict) ||
        has_address(*tables.port(verdict.out_port), packet.flow.destination))
      return {WayEnd::How::Arrived, verdict.out_port, verdict};
    forwarded(verdict.out_port);
    packet.ingress = verdict.out_port;
    packet.ttl = verdict.ttl;
  }
  return {WayEnd::How::Looped, packet.ingress, {}};
}

}  // namespace isthmus
