// The ports of fragments: the first fragment of a packet carries them, and the later ones are
// judged and known by them as well, so that access lists with ports let all of a packet in, or
// nothing.
//
// A later fragment that comes before its first one, or long after it, has no ports: only rules for
// every port match it (acl/access_list.h). Nothing is put together.
//
// The table is bounded, a slot for each hash: fragments of two packets in one slot cost the older
// one its ports. Threads: belongs to one worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "dataplane/pipeline/flow_state.h"
#include "dataplane/pipeline/pipeline.h"

namespace isthmus::dataplane {

constexpr size_t kFragmentedPackets = 1024;               // remembered by a worker; our choice
constexpr Time kFragmentLife = std::chrono::seconds(15);  // RFC 791 section 3.2

class FragmentPorts {
 public:
  // The seed keeps senders from choosing packets whose hashes collide.
  explicit FragmentPorts(uint64_t hash_seed)
      : seed_(hash_seed), slots_(std::make_unique<Slots>()) {}

  // Remembers the ports of a first fragment, and gives them to a later one; of any other packet
  // nothing. `id` is the identification that its fragments share.
  void complete(Packet& packet, uint32_t id, Time now);

 private:
  struct Slot {
    PortId ingress{};
    uint32_t id = 0;
    net::FlowKey flow;
    Time seen = -kFragmentLife;
  };
  using Slots = std::array<Slot, kFragmentedPackets>;

  Slot& slot_of(const Packet& packet, uint32_t id);

  uint64_t seed_;
  std::unique_ptr<Slots> slots_;
};

}  // namespace isthmus::dataplane
