// The flows that one worker knows: what makes access lists stateful.
//
// A flow is known per port: a packet that left or entered a port, and was delivered, lets packets
// of the same flow pass that port's access lists in both directions until the flow has been idle
// for too long. An access-list change therefore affects new flows only.
//
// Time is an argument and never goes backwards. The table is bounded: when it is full, flows that
// are idle for too long go first; then nothing new is taken.
//
// Threads: belongs to one worker.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>

#include "dataplane/net/flow_key.h"
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
  // Notes a delivered packet at its two ports, both or neither; false: the table is full.
  bool note(const FlowEvent& sent, const FlowEvent& received, Time now);
  // Forgets flows that have been idle for too long, at most `limit` entries; answers how many.
  size_t expire(Time now, size_t limit);
  size_t entries() const { return flows_.size(); }

  // For who lists all of them in slices: calls `look` for each flow that has not been idle for too
  // long in the buckets from `first` on, `count` of them. Between two slices, flows come and go;
  // when buckets() has changed, they stand in other ones.
  size_t buckets() const { return flows_.bucket_count(); }
  void visit(size_t first, size_t count, Time now,
             const std::function<void(const FlowEntry&)>& look) const;

 private:
  struct Key {
    PortId port{};
    net::FlowKey outbound;  // the flow's key in the port's outbound direction
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    uint64_t seed;
    size_t operator()(const Key& key) const noexcept;
  };
  struct Flow;
  using Entry = std::pair<const Key, Flow>;
  struct Flow {
    Time last_packet{};
    Entry* previous = nullptr;  // in the list of its idle class
    Entry* next = nullptr;
    Direction initiated = Direction::Outbound;
    bool replied = false;  // packets were seen in both directions
    bool closing = false;  // TCP FIN or RST was seen
  };
  // Entries in the order of their last packet. All of a class share one idle time, so that the
  // first of a list is the first to expire.
  enum class IdleClass : uint8_t { TcpEstablished, TcpOther, Other, Icmp };
  static constexpr size_t kIdleClasses = 4;
  struct List {
    Entry* first = nullptr;
    Entry* last = nullptr;
  };

  static Key key_of(const FlowEvent& event);
  static IdleClass class_of(const Key& key, const Flow& flow);
  static bool is_idle(const Key& key, const Flow& flow, Time now);
  static bool reopens(const FlowEvent& event, const Flow& flow);

  const Flow* flow_of(const Key& key) const;  // its own, else the base's
  size_t idle_entries(Time now) const;
  void update(const FlowEvent& event, Time now);
  void link_last(Entry& entry);
  void unlink(Entry& entry);
  List& list_of(const Entry& entry) {
    return lists_[static_cast<size_t>(class_of(entry.first, entry.second))];
  }

  size_t entries_max_;
  const FlowState* base_ = nullptr;  // what an overlay looks up beneath its own entries
  std::unordered_map<Key, Flow, Hash> flows_;
  std::array<List, kIdleClasses> lists_{};
};

}  // namespace isthmus::dataplane
