#include "dataplane/pipeline/flow_state.h"

#include <algorithm>
#include <utility>

#include "dataplane/hash.h"
#include "dataplane/net/headers.h"

namespace isthmus::dataplane {
namespace {

constexpr size_t kEntriesPerFlow = 2;  // one at each port
constexpr size_t kBucketsMin = 64;

constexpr Time kIdle[] = {kTcpEstablishedIdle, kTcpOtherIdle, kOtherIdle, kIcmpIdle};

// Both halves of a product: every bit of the factors counts in it, as in wyhash's mixing.
uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

FlowState::FlowState(size_t flows_max, uint64_t hash_seed)
    : entries_max_(flows_max * kEntriesPerFlow), buckets_(kBucketsMin, kNowhere) {
  for (size_t i = 0; i < hash_keys_.size(); ++i) hash_keys_[i] = mix(hash_seed, i + 1);
  recent_.fill({Key{}, hash_of(Key{}), kNowhere});
}

FlowState FlowState::overlay(const FlowState& base, Time now) {
  FlowState scratch(0);
  scratch.hash_keys_ = base.hash_keys_;
  scratch.recent_.fill({Key{}, scratch.hash_of(Key{}), kNowhere});
  scratch.base_ = &base;
  const size_t taken = base.entries() - base.idle_entries(now);
  scratch.entries_max_ = base.entries_max_ - std::min(taken, base.entries_max_);
  return scratch;
}

bool FlowState::Key::is_icmp() const {
  return protocol == net::IpProtocol::Icmp || protocol == net::IpProtocol::Icmpv6;
}

net::FlowKey FlowState::Key::outbound() const {
  return {net::IpAddress::from_bits(family, source), net::IpAddress::from_bits(family, destination),
          protocol, source_port, destination_port};
}

FlowState::Key FlowState::key_of(const FlowEvent& event) {
  const bool is_outbound = event.direction == Direction::Outbound;
  const net::FlowKey flow = is_outbound ? event.flow : event.flow.reversed();
  return {.source = flow.source.bits(),
          .destination = flow.destination.bits(),
          .port = event.port,
          .source_port = flow.source_port,
          .destination_port = flow.destination_port,
          .protocol = flow.protocol,
          .family = flow.source.family()};
}

FlowState::IdleClass FlowState::class_of(const Entry& entry) {
  if (entry.key.is_icmp()) return IdleClass::Icmp;
  if (entry.key.protocol != net::IpProtocol::Tcp) return IdleClass::Other;
  return entry.flow.replied && !entry.flow.closing ? IdleClass::TcpEstablished
                                                   : IdleClass::TcpOther;
}

bool FlowState::is_idle(const Entry& entry, Time now) {
  return now - entry.last_packet >= kIdle[static_cast<size_t>(class_of(entry))];
}

// A SYN on a connection that was closing is a new connection with the old ports.
bool FlowState::reopens(const FlowEvent& event, const Flow& flow) {
  return flow.closing && (event.tcp_flags & (net::kTcpSyn | net::kTcpAck)) == net::kTcpSyn;
}

// ---- where entries are ---------------------------------------------------------------------

// The products do not wait for each other.
uint64_t FlowState::hash_of(const Key& key) const {
  const uint64_t rest = uint64_t{static_cast<uint32_t>(key.port)} << 32 |
                        uint64_t{key.source_port} << 16 | key.destination_port;
  const uint64_t kind =
      uint64_t{static_cast<uint8_t>(key.family)} << 8 | static_cast<uint8_t>(key.protocol);
  const uint64_t source = fold(key.source.hi ^ hash_keys_[0], key.source.lo ^ hash_keys_[1]);
  const uint64_t destination =
      fold(key.destination.hi ^ hash_keys_[2], key.destination.lo ^ hash_keys_[3] ^ kind);
  return fold(source ^ rest, destination ^ hash_keys_[4]);
}

FlowState::Slot FlowState::slot_of(const Key& key, uint64_t hash) const {
  Slot slot = buckets_[hash & (buckets_.size() - 1)];
  while (slot != kNowhere && entry(slot).key != key) slot = entry(slot).next;
  return slot;
}

FlowState::Place& FlowState::place_of(const Key& key) const {
  for (Place& place : recent_) {
    if (place.key == key) return place;
  }
  Place& place = recent_[oldest_recent_];
  oldest_recent_ = 1 - oldest_recent_;
  const uint64_t hash = hash_of(key);
  place = {key, hash, slot_of(key, hash)};
  return place;
}

const FlowState::Entry* FlowState::entry_at(const Place& place) const {
  if (place.slot != kNowhere) return &entry(place.slot);
  if (base_ == nullptr) return nullptr;
  const Slot slot = base_->slot_of(place.key, place.hash);
  return slot == kNowhere ? nullptr : &base_->entry(slot);
}

// ---- what is asked -------------------------------------------------------------------------

std::optional<KnownFlow> FlowState::find(const FlowEvent& event, Time now) const {
  const Entry* entry = entry_at(place_of(key_of(event)));
  if (entry == nullptr || is_idle(*entry, now) || reopens(event, entry->flow)) return std::nullopt;
  return KnownFlow{entry->flow.initiated};
}

bool FlowState::note(const FlowEvent& sent, const FlowEvent& received, Time now) {
  const auto added = [this](const FlowEvent& event) -> size_t {
    return place_of(key_of(event)).slot == kNowhere ? 1 : 0;
  };
  while (entries_ + added(sent) + added(received) > entries_max_) {
    if (expire(now, 1) == 0) return false;
  }
  make_room(added(sent) + added(received));
  update(sent, now);
  update(received, now);
  return true;
}

void FlowState::update(const FlowEvent& event, Time now) {
  Place& place = place_of(key_of(event));
  const Entry* before = entry_at(place);
  const bool is_new = before == nullptr || is_idle(*before, now) || reopens(event, before->flow);
  Flow flow = is_new ? Flow{.initiated = event.direction} : before->flow;
  flow.replied |= event.direction != flow.initiated;
  flow.closing |= (event.tcp_flags & (net::kTcpFin | net::kTcpRst)) != 0;

  const bool is_added = place.slot == kNowhere;
  if (is_added) {
    add(place);
  } else {
    unlink(place.slot);
  }
  Entry& own = entry(place.slot);
  own.flow = flow;
  own.last_packet = now;
  link_last(place.slot);
  Totals& all = totals(place.slot);
  if (is_new || is_added) all = {};
  Traffic& traffic = event.direction == flow.initiated ? all.sent : all.replies;
  ++traffic.packets;
  traffic.bytes += event.size_bytes;
}

size_t FlowState::expire(Time now, size_t limit) {
  size_t count = 0;
  for (const List& list : lists_) {
    while (count < limit && list.first != kNowhere && is_idle(entry(list.first), now)) {
      remove(list.first);
      ++count;
    }
  }
  return count;
}

size_t FlowState::idle_entries(Time now) const {
  size_t count = 0;
  for (const List& list : lists_) {
    for (Slot slot = list.first; slot != kNowhere && is_idle(entry(slot), now); ++count) {
      slot = link_after(slot);
    }
  }
  return count;
}

void FlowState::visit(size_t first, size_t count, Time now,
                      const std::function<void(const FlowEntry&)>& look) const {
  const size_t end = std::min(first + count, buckets_.size());
  for (size_t bucket = first; bucket < end; ++bucket) {
    for (Slot slot = buckets_[bucket]; slot != kNowhere; slot = entry(slot).next) {
      const auto& [key, last_packet, next, flow] = entry(slot);
      if (is_idle(entry(slot), now)) continue;
      const bool is_outbound = flow.initiated == Direction::Outbound;
      const auto& [sent, replies] = totals(slot);
      look({key.port, is_outbound ? key.outbound() : key.outbound().reversed(), flow.initiated,
            flow.replied, flow.closing, now - last_packet, sent, replies});
    }
  }
}

// ---- entries come and go -------------------------------------------------------------------

void FlowState::make_room(size_t entries) {
  if (free_ < entries) add_block();
  if (entries_ + entries > buckets_.size()) add_buckets();
}

void FlowState::add_block() {
  blocks_.reserve(blocks_.size() + 1);
  blocks_.push_back(std::make_unique<Block>());
  const Slot end = static_cast<Slot>(blocks_.size() * kSlotsOfBlock);
  for (Slot slot = end - kSlotsOfBlock; slot < end; ++slot) {
    entry(slot).next = first_free_;
    first_free_ = slot;
  }
  free_ += kSlotsOfBlock;
}

void FlowState::add_buckets() {
  std::vector<Slot> chains(buckets_.size() * 2, kNowhere);
  chains.swap(buckets_);
  for (Slot slot : chains) {
    while (slot != kNowhere) {
      Entry& moved = entry(slot);
      Slot& first = bucket(hash_of(moved.key));
      const Slot after = std::exchange(moved.next, first);
      first = std::exchange(slot, after);
    }
  }
}

void FlowState::add(Place& place) {
  place.slot = first_free_;
  Entry& added = entry(place.slot);
  first_free_ = added.next;
  --free_;
  ++entries_;
  added.key = place.key;
  added.next = std::exchange(bucket(place.hash), place.slot);
}

void FlowState::remove(Slot slot) {
  unlink(slot);
  Entry& removed = entry(slot);
  Slot* at = &bucket(hash_of(removed.key));
  while (*at != slot) at = &entry(*at).next;
  *at = removed.next;
  removed.next = std::exchange(first_free_, slot);
  ++free_;
  --entries_;
  for (Place& place : recent_) {
    if (place.slot == slot) place.slot = kNowhere;
  }
}

void FlowState::link_last(Slot slot) {
  List& list = list_of(entry(slot));
  link(slot) = {.previous = list.last, .next = kNowhere};
  (list.last == kNowhere ? list.first : link(list.last).next) = slot;
  list.last = slot;
}

void FlowState::unlink(Slot slot) {
  List& list = list_of(entry(slot));
  const Link removed = link(slot);
  (removed.previous == kNowhere ? list.first : link(removed.previous).next) = removed.next;
  (removed.next == kNowhere ? list.last : link(removed.next).previous) = removed.previous;
}

}  // namespace isthmus::dataplane
