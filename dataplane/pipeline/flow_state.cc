#include "dataplane/pipeline/flow_state.h"

#include <algorithm>

#include "dataplane/hash.h"
#include "dataplane/net/headers.h"

namespace isthmus::dataplane {
namespace {

constexpr size_t kEntriesPerFlow = 2;  // one at each port

constexpr Time kIdle[] = {kTcpEstablishedIdle, kTcpOtherIdle, kOtherIdle, kIcmpIdle};

}  // namespace

FlowState::FlowState(size_t flows_max, uint64_t hash_seed)
    : entries_max_(flows_max * kEntriesPerFlow), flows_(0, Hash{hash_seed}) {}

FlowState FlowState::overlay(const FlowState& base, Time now) {
  FlowState scratch(0, base.flows_.hash_function().seed);
  scratch.base_ = &base;
  const size_t taken = base.entries() - base.idle_entries(now);
  scratch.entries_max_ = base.entries_max_ - std::min(taken, base.entries_max_);
  return scratch;
}

size_t FlowState::Hash::operator()(const Key& key) const noexcept {
  const net::FlowKey& flow = key.outbound;
  const uint64_t ports = uint64_t{flow.source_port} << 24 | uint64_t{flow.destination_port} << 8 |
                         static_cast<uint64_t>(flow.protocol);
  const uint64_t addresses = mix(mix(seed, flow.source), flow.destination);
  return static_cast<size_t>(
      mix(addresses, ports ^ uint64_t{static_cast<uint32_t>(key.port)} << 40));
}

FlowState::Key FlowState::key_of(const FlowEvent& event) {
  const bool is_outbound = event.direction == Direction::Outbound;
  return {event.port, is_outbound ? event.flow : event.flow.reversed()};
}

FlowState::IdleClass FlowState::class_of(const Key& key, const Flow& flow) {
  if (key.outbound.is_icmp()) return IdleClass::Icmp;
  if (key.outbound.protocol != net::IpProtocol::Tcp) return IdleClass::Other;
  return flow.replied && !flow.closing ? IdleClass::TcpEstablished : IdleClass::TcpOther;
}

bool FlowState::is_idle(const Key& key, const Flow& flow, Time now) {
  return now - flow.last_packet >= kIdle[static_cast<size_t>(class_of(key, flow))];
}

// A SYN on a connection that was closing is a new connection with the old ports.
bool FlowState::reopens(const FlowEvent& event, const Flow& flow) {
  return flow.closing && (event.tcp_flags & (net::kTcpSyn | net::kTcpAck)) == net::kTcpSyn;
}

const FlowState::Flow* FlowState::flow_of(const Key& key) const {
  const auto own = flows_.find(key);
  if (own != flows_.end()) return &own->second;
  return base_ == nullptr ? nullptr : base_->flow_of(key);
}

std::optional<KnownFlow> FlowState::find(const FlowEvent& event, Time now) const {
  const Key key = key_of(event);
  const Flow* flow = flow_of(key);
  if (flow == nullptr || is_idle(key, *flow, now) || reopens(event, *flow)) return std::nullopt;
  return KnownFlow{flow->initiated};
}

bool FlowState::note(const FlowEvent& sent, const FlowEvent& received, Time now) {
  const auto added = [this](const FlowEvent& event) { return 1 - flows_.count(key_of(event)); };
  while (flows_.size() + added(sent) + added(received) > entries_max_) {
    if (expire(now, 1) == 0) return false;
  }
  update(sent, now);
  update(received, now);
  return true;
}

void FlowState::update(const FlowEvent& event, Time now) {
  const Key key = key_of(event);
  const Flow* before = flow_of(key);
  const bool is_new = before == nullptr || is_idle(key, *before, now) || reopens(event, *before);
  Flow flow = is_new ? Flow{.initiated = event.direction} : *before;
  flow.last_packet = now;
  flow.replied |= event.direction != flow.initiated;
  flow.closing |= (event.tcp_flags & (net::kTcpFin | net::kTcpRst)) != 0;

  const auto [entry, is_added] = flows_.try_emplace(key);
  if (!is_added) unlink(*entry);
  entry->second = flow;
  link_last(*entry);
}

size_t FlowState::expire(Time now, size_t limit) {
  size_t count = 0;
  for (const List& list : lists_) {
    while (count < limit && list.first != nullptr &&
           is_idle(list.first->first, list.first->second, now)) {
      Entry& oldest = *list.first;
      unlink(oldest);
      flows_.erase(oldest.first);
      ++count;
    }
  }
  return count;
}

size_t FlowState::idle_entries(Time now) const {
  size_t count = 0;
  for (const List& list : lists_) {
    const Entry* entry = list.first;
    for (; entry != nullptr && is_idle(entry->first, entry->second, now); ++count) {
      entry = entry->second.next;
    }
  }
  return count;
}

void FlowState::visit(size_t first, size_t count, Time now,
                      const std::function<void(const FlowEntry&)>& look) const {
  const size_t end = std::min(first + count, flows_.bucket_count());
  for (size_t bucket = first; bucket < end; ++bucket) {
    for (auto entry = flows_.begin(bucket); entry != flows_.end(bucket); ++entry) {
      const auto& [key, flow] = *entry;
      if (is_idle(key, flow, now)) continue;
      const bool is_outbound = flow.initiated == Direction::Outbound;
      look({key.port, is_outbound ? key.outbound : key.outbound.reversed(), flow.initiated,
            flow.replied, flow.closing, now - flow.last_packet});
    }
  }
}

void FlowState::link_last(Entry& entry) {
  List& list = list_of(entry);
  entry.second.previous = list.last;
  entry.second.next = nullptr;
  (list.last == nullptr ? list.first : list.last->second.next) = &entry;
  list.last = &entry;
}

void FlowState::unlink(Entry& entry) {
  List& list = list_of(entry);
  Entry* const previous = entry.second.previous;
  Entry* const next = entry.second.next;
  (previous == nullptr ? list.first : previous->second.next) = next;
  (next == nullptr ? list.last : next->second.previous) = previous;
}

}  // namespace isthmus::dataplane
