// What one worker has counted: traffic per port, per peering and direction, and drops per reason
// and resource that decided.
//
// The worker adds without locks; any thread may read at any time. Values are relaxed atomics that
// only the worker writes, so that an addition is a load and a store. The mutex guards the shape of
// the maps: the worker takes it when it meets a key for the first time, a reader for as long as it
// sums.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>

#include "dataplane/hash.h"
#include "dataplane/pipeline/drop_reason.h"
#include "dataplane/pipeline/traffic.h"
#include "dataplane/program.h"

namespace isthmus::dataplane {

struct PortTraffic {
  Traffic sent;      // by the virtual machine, dropped or not
  Traffic received;  // delivered to it
  friend bool operator==(const PortTraffic&, const PortTraffic&) = default;
};

struct DropKey {
  DropReason reason = DropReason::None;
  Tag by{};  // the resource that decided; Tag::None where none did
  friend auto operator<=>(const DropKey&, const DropKey&) = default;
};

struct CounterTotals {
  std::map<PortId, PortTraffic> ports;
  std::map<PeerKey, Traffic> peerings;             // delivered from domain `from` to `to`
  std::array<uint64_t, kDropReasonCount> drops{};  // by DropReason
  std::map<DropKey, uint64_t> drops_by_resource;   // the same ones
  friend bool operator==(const CounterTotals&, const CounterTotals&) = default;
};

class Counters {
 public:
  void sent(PortId port, uint64_t bytes);
  void received(PortId port, uint64_t bytes);
  void crossed(const PeerKey& peering, uint64_t bytes);
  void dropped(DropReason reason, Tag by = Tag::None);

  // Adds what this worker has counted so far. Any thread.
  void add_to(CounterTotals& totals) const;

 private:
  struct Cell {
    std::atomic<uint64_t> packets{0};
    std::atomic<uint64_t> bytes{0};
    void add(uint64_t size_bytes);
    void add_to(Traffic& traffic) const;
  };
  struct PortCells {
    Cell sent;
    Cell received;
  };
  struct DropHash {
    uint64_t operator()(const DropKey& key) const noexcept {
      return mix(static_cast<uint64_t>(key.reason), static_cast<uint64_t>(key.by));
    }
  };
  template <class Map>
  typename Map::mapped_type& cells_of(Map& map, const typename Map::key_type& key);

  mutable std::mutex shape_;
  std::unordered_map<PortId, PortCells, KeyHash> ports_;
  std::unordered_map<PeerKey, Cell, KeyHash> peerings_;
  std::array<std::atomic<uint64_t>, kDropReasonCount> drops_{};
  std::unordered_map<DropKey, std::atomic<uint64_t>, DropHash> drops_by_resource_;
};

}  // namespace isthmus::dataplane
