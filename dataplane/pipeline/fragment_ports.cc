#include "dataplane/pipeline/fragment_ports.h"

#include <tuple>

#include "dataplane/hash.h"

namespace isthmus::dataplane {

FragmentPorts::Slot& FragmentPorts::slot_of(const Packet& packet, uint32_t id) {
  uint64_t hash = mix(seed_, packet.flow.source);
  hash = mix(hash, packet.flow.destination);
  hash = mix(hash, uint64_t{static_cast<uint32_t>(packet.ingress)} << 32 | id);
  return (*slots_)[hash % kFragmentedPackets];
}

void FragmentPorts::complete(Packet& packet, uint32_t id, Time now) {
  if (!packet.is_fragment) return;
  Slot& slot = slot_of(packet, id);
  if (packet.has_ports) {
    slot = {packet.ingress, id, packet.flow, now};
    return;
  }
  const net::FlowKey& first = slot.flow;
  const auto names = [](const net::FlowKey& flow) {
    return std::tie(flow.source, flow.destination, flow.protocol);
  };
  const bool is_its_own = slot.ingress == packet.ingress && slot.id == id &&
                          names(first) == names(packet.flow) && now - slot.seen < kFragmentLife;
  if (!is_its_own) return;
  packet.flow = first;
  packet.has_ports = true;
}

}  // namespace isthmus::dataplane
