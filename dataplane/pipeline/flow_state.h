// The flows that one worker knows: what makes access lists stateful.
//
// A flow is known per port: a packet that left or entered a port, and was delivered, lets packets
// of the same flow pass that port's access lists in both directions until the flow has been idle
// for too long. An access-list change therefore affects new flows only.
//
// Time is an argument and never goes backwards. The table is bounded: when it is full, flows that
// are idle for too long go first; then nothing new is taken. Memory that it has taken it keeps.
//
// Threads: belongs to one worker, finding included.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/net/flow_key.h"
#include "dataplane/pipeline/traffic.h"
#include "dataplane/program.h"

namespace isthmus::dataplane {

using Time = std::chrono::nanoseconds;  // monotonic, since any fixed point

constexpr size_t kFlowsMaxDefault = 1'000'000;  // a worker; our choice

// Idle times after which a flow is forgotten.
constexpr Time kTcpEstablishedIdle = std::chrono::minutes(4);
constexpr Time kTcpOtherIdle = std::chrono::seconds(20);  // opening or closing
constexpr Time kOtherIdle = std::chrono::minutes(4);      // UDP and everything else
constexpr Time kIcmpIdle = std::chrono::seconds(10);

// One packet as one port sees it.
struct FlowEvent {
  PortId port{};
  Direction direction = Direction::Outbound;
  net::FlowKey flow;  // of the packet
  uint8_t tcp_flags = 0;
  uint32_t size_bytes = 0;  // of its frame
};

struct KnownFlow {
  Direction initiated = Direction::Outbound;  // the direction of its first packet
};

// What is known of a flow at one port.
struct FlowEntry {
  PortId port{};
  net::FlowKey flow;  // of its first packet
  Direction initiated = Direction::Outbound;
  bool replied = false;  // packets were seen in both directions
  bool closing = false;  // TCP FIN or RST was seen
  Time idle{};           // since its last packet
  Traffic sent{};        // let through in the direction of its first packet
  Traffic replies{};     // and in the other one
};

class FlowState {
 public:
  // Each flow is known at two ports, so that twice `flows_max` entries are kept. The seed keeps
  // senders from choosing flows whose hashes collide.
  explicit FlowState(size_t flows_max = kFlowsMaxDefault, uint64_t hash_seed = 0);
  FlowState(FlowState&&) = default;
  FlowState& operator=(FlowState&&) = delete;

  // A scratch copy that starts with everything `base` knows and keeps its own changes to itself.
  // `base` must outlive it and stay unchanged.
  static FlowState overlay(const FlowState& base, Time now);

  // The flow that this packet belongs to, if it is known and has not been idle for too long.
  std::optional<KnownFlow> find(const FlowEvent& event, Time now) const;
  // Notes a delivered packet at its two ports, both or neither, also where it throws
  // std::bad_alloc; false: the table is full.
  bool note(const FlowEvent& sent, const FlowEvent& received, Time now);
  // Forgets flows that have been idle for too long, at most `limit` entries; answers how many.
  size_t expire(Time now, size_t limit);
  size_t entries() const { return entries_; }

  // For who lists all of them in slices: calls `look` for each flow that has not been idle for too
  // long in the buckets from `first` on, `count` of them. Between two slices, flows come and go;
  // when buckets() has changed, they stand in other ones.
  size_t buckets() const { return buckets_.size(); }
  void visit(size_t first, size_t count, Time now,
             const std::function<void(const FlowEntry&)>& look) const;

 private:
  using Slot = uint32_t;  // of an entry
  static constexpr Slot kNowhere = ~Slot{0};

  struct Key {  // as the port sends: the flow's key in the port's outbound direction
    net::Bits128 source, destination;
    PortId port{};
    uint16_t source_port = 0, destination_port = 0;
    net::IpProtocol protocol{};
    net::Family family{};
    bool is_icmp() const;
    net::FlowKey outbound() const;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Flow {
    Direction initiated = Direction::Outbound;
    bool replied = false;  // packets were seen in both directions
    bool closing = false;  // TCP FIN or RST was seen
  };
  struct alignas(64) Entry {  // one cache line
    Key key;
    Time last_packet{};
    Slot next = kNowhere;  // in the chain of its bucket, or of those that are free
    Flow flow;
  };
  static_assert(sizeof(Entry) == 64);
  // Neighbours in the list of its idle class. They lie apart from the entries, close together:
  // taking an entry out of its list writes to two others.
  struct Link {
    Slot previous = kNowhere, next = kNowhere;
  };
  // What was let through of the flow: what a packet adds to, and nobody looks up.
  struct Totals {
    Traffic sent, replies;
  };
  // Entries stay where they are, so that growing copies none of them. A block is small, since an
  // explanation that needs one makes a state of its own.
  static constexpr size_t kSlotsOfBlock = 128;
  struct Block {
    std::array<Entry, kSlotsOfBlock> entries;
    std::array<Link, kSlotsOfBlock> links;
    std::array<Totals, kSlotsOfBlock> totals;
  };
  // Where an entry is, or would be.
  struct Place {
    Key key;
    uint64_t hash = 0;
    Slot slot = kNowhere;
  };

  // Entries in the order of their last packet. All of a class share one idle time, so that the
  // first of a list is the first to expire.
  enum class IdleClass : uint8_t { TcpEstablished, TcpOther, Other, Icmp };
  static constexpr size_t kIdleClasses = 4;
  struct List {
    Slot first = kNowhere, last = kNowhere;
  };

  static Key key_of(const FlowEvent& event);
  static IdleClass class_of(const Entry& entry);
  static bool is_idle(const Entry& entry, Time now);
  static bool reopens(const FlowEvent& event, const Flow& flow);

  Entry& entry(Slot slot) { return blocks_[slot / kSlotsOfBlock]->entries[slot % kSlotsOfBlock]; }
  const Entry& entry(Slot slot) const {
    return blocks_[slot / kSlotsOfBlock]->entries[slot % kSlotsOfBlock];
  }
  Link& link(Slot slot) { return blocks_[slot / kSlotsOfBlock]->links[slot % kSlotsOfBlock]; }
  Totals& totals(Slot slot) { return blocks_[slot / kSlotsOfBlock]->totals[slot % kSlotsOfBlock]; }
  const Totals& totals(Slot slot) const {
    return blocks_[slot / kSlotsOfBlock]->totals[slot % kSlotsOfBlock];
  }
  Slot link_after(Slot slot) const {
    return blocks_[slot / kSlotsOfBlock]->links[slot % kSlotsOfBlock].next;
  }
  Slot& bucket(uint64_t hash) { return buckets_[hash & (buckets_.size() - 1)]; }

  uint64_t hash_of(const Key& key) const;
  Slot slot_of(const Key& key, uint64_t hash) const;
  Place& place_of(const Key& key) const;
  const Entry* entry_at(const Place& place) const;  // its own, else the base's

  size_t idle_entries(Time now) const;
  void make_room(size_t entries);  // may throw; the rest does not
  void add_block();
  void add_buckets();
  void update(const FlowEvent& event, Time now);
  void add(Place& place);
  void remove(Slot slot);
  void link_last(Slot slot);
  void unlink(Slot slot);
  List& list_of(const Entry& entry) { return lists_[static_cast<size_t>(class_of(entry))]; }

  size_t entries_max_;
  const FlowState* base_ = nullptr;  // what an overlay looks up beneath its own entries
  std::array<uint64_t, 5> hash_keys_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::vector<Slot> buckets_;  // a power of two: the first entry of each chain
  Slot first_free_ = kNowhere;
  size_t free_ = 0;
  size_t entries_ = 0;
  std::array<List, kIdleClasses> lists_{};
  // The last two that were looked for: a packet's two are looked for when it is judged, and again
  // when it is delivered.
  mutable std::array<Place, 2> recent_;
  mutable size_t oldest_recent_ = 0;
};

}  // namespace isthmus::dataplane
