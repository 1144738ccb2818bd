#include "dataplane/pipeline/counters.h"

namespace isthmus::dataplane {
namespace {

// Only the worker writes: a load and a store, not an atomic addition.
void increase(std::atomic<uint64_t>& value, uint64_t amount) {
  value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

void Counters::Cell::add(uint64_t size_bytes) {
  increase(packets, 1);
  increase(bytes, size_bytes);
}

void Counters::Cell::add_to(Traffic& traffic) const {
  traffic.packets += packets.load(std::memory_order_relaxed);
  traffic.bytes += bytes.load(std::memory_order_relaxed);
}

template <class Map>
typename Map::mapped_type& Counters::cells_of(Map& map, const typename Map::key_type& key) {
  // Only this thread changes the map, so that it may look without the lock.
  if (const auto found = map.find(key); found != map.end()) return found->second;
  const std::lock_guard lock(shape_);
  return map[key];
}

void Counters::sent(PortId port, uint64_t bytes) { cells_of(ports_, port).sent.add(bytes); }
void Counters::received(PortId port, uint64_t bytes) { cells_of(ports_, port).received.add(bytes); }
void Counters::crossed(const PeerKey& peering, uint64_t bytes) {
  cells_of(peerings_, peering).add(bytes);
}
void Counters::dropped(DropReason reason, Tag by) {
  increase(drops_[static_cast<size_t>(reason)], 1);
  increase(cells_of(drops_by_resource_, {reason, by}), 1);
}

void Counters::add_to(CounterTotals& totals) const {
  const std::lock_guard lock(shape_);
  for (const auto& [port, cells] : ports_) {
    PortTraffic& total = totals.ports[port];
    cells.sent.add_to(total.sent);
    cells.received.add_to(total.received);
  }
  for (const auto& [peering, cell] : peerings_) cell.add_to(totals.peerings[peering]);
  for (size_t i = 0; i < drops_.size(); ++i) {
    totals.drops[i] += drops_[i].load(std::memory_order_relaxed);
  }
  for (const auto& [key, count] : drops_by_resource_) {
    totals.drops_by_resource[key] += count.load(std::memory_order_relaxed);
  }
}

}  // namespace isthmus::dataplane
