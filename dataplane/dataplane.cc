#include "dataplane/dataplane.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace isthmus::dataplane {
namespace {

// Actions by number: what a Rib's values mean. Equal actions share one id; an id that nothing uses
// is given out again. All of it is persistent, so that an abandoned change leaves no trace.
struct Interning {
  struct Use {
    uint32_t id = 0;
    uint64_t routes = 0;
  };
  PersistentMap<Action, Use, KeyHash> uses;
  PersistentMap<uint32_t, uint32_t, KeyHash> free;  // a stack of ids, by position
  uint32_t end = 0;                                 // ids from here on were never given out

  uint32_t take_id() {
    if (free.empty()) return end++;
    const auto top = static_cast<uint32_t>(free.size() - 1);
    const uint32_t id = *free.find(top);
    free.erase(top);
    return id;
  }
  void put_back(uint32_t id) { free.set(static_cast<uint32_t>(free.size()), id); }
};

size_t bytes_of(const PeerPolicy& policy) {
  return sizeof(policy) +
         (policy.source_prefixes.capacity() + policy.unsynchronised_prefixes.capacity()) *
             sizeof(net::Prefix);
}
size_t bytes_of(const Port& port) {
  return sizeof(port) + port.addresses.capacity() * sizeof(PortAddress) +
         port.name_servers.capacity() * sizeof(net::IpAddress);
}
size_t bytes_of(const CompiledAccessList& list) { return list.bytes(); }
size_t bytes_of(const NetworkRange& range) {
  return sizeof(range) +
         (range.virtual_network.capacity() + range.never_internet.capacity()) * sizeof(net::Prefix);
}

template <class Changes, class KeyOf>
bool has_duplicate(const Changes& changes, KeyOf key_of) {
  if (changes.size() < 2) return false;
  std::vector<decltype(key_of(changes.front()))> keys;
  keys.reserve(changes.size());
  for (const auto& change : changes) keys.push_back(key_of(change));
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

bool has_duplicate(const ProgramDelta& delta) {
  const auto first = [](const auto& change) { return change.first; };
  return has_duplicate(delta.tables, first) || has_duplicate(delta.policies, first) ||
         has_duplicate(delta.endpoints, first) || has_duplicate(delta.ports, first) ||
         has_duplicate(delta.access_lists, first) || has_duplicate(delta.ranges, first) ||
         has_duplicate(delta.members, first) ||
         has_duplicate(delta.routes, [](const ProgramDelta::RouteChange& change) {
           return std::pair(change.table, change.prefix);
         });
}

// Everything that a delta changes. A copy is a few pointers and counts.
struct State {
  Tables tables;
  Interning interning;
  size_t routes = 0;
  size_t fib_bytes = 0;
  size_t value_bytes = 0;  // of what the maps point to
};

// Applies one delta to a state that nobody else sees yet.
class Change {
 public:
  Change(State& state, VrfNodes& nodes, std::vector<WideUpdate>& updates)
      : state_(state), nodes_(nodes), updates_(updates) {}

  bool apply(const ProgramDelta& delta) {  // false: a route of an unknown table
    for (const auto& [key, exists] : delta.tables) exists ? add_table(key) : remove_table(key);
    if (!apply_routes(delta.routes)) return false;
    count_actions();
    apply_values(state_.tables.policies, delta.policies);
    apply_values(state_.tables.ports, delta.ports);
    apply_values(state_.tables.access_lists, delta.access_lists);
    apply_values(state_.tables.ranges, delta.ranges);
    for (const auto& [key, member] : delta.members) apply_member(key, member.has_value());
    for (const auto& [key, port] : delta.endpoints) {
      port ? state_.tables.endpoints.set(key, *port) : void(state_.tables.endpoints.erase(key));
    }
    return true;
  }

 private:
  void add_table(const TableKey& key) {
    if (state_.tables.table(key) == nullptr)
      state_.tables.tables.set(key, WriterPtr<Fib>::make(nodes_));
  }

  void remove_table(const TableKey& key) {
    const Fib* fib = state_.tables.table(key);
    if (fib == nullptr) return;
    fib->routes().for_each([this](const Route& route) { --uses_[route.value]; });
    state_.routes -= fib->routes().size();
    state_.fib_bytes -= fib->bytes();
    state_.tables.tables.erase(key);
  }

  bool apply_routes(const std::vector<ProgramDelta::RouteChange>& changes) {
    std::vector<const ProgramDelta::RouteChange*> sorted;
    sorted.reserve(changes.size());
    for (const auto& change : changes) sorted.push_back(&change);
    std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
      return std::tie(a->table, a->prefix) < std::tie(b->table, b->prefix);
    });
    std::vector<net::Prefix> changed;
    for (auto at = sorted.begin(); at != sorted.end();) {
      const TableKey key = (*at)->table;
      const Fib* before = state_.tables.table(key);
      if (before == nullptr) return false;
      Rib routes = before->routes();
      changed.clear();
      for (; at != sorted.end() && (*at)->table == key; ++at) {
        apply_route(routes, **at);
        changed.push_back((*at)->prefix);
      }
      auto after = WriterPtr<Fib>::make(before->updated(std::move(routes), changed, updates_));
      state_.routes += after->routes().size() - before->routes().size();
      state_.fib_bytes += after->bytes() - before->bytes();
      state_.tables.tables.set(key, std::move(after));
    }
    return true;
  }

  void apply_route(Rib& rib, const ProgramDelta::RouteChange& change) {
    if (const auto replaced = rib.find(change.prefix)) --uses_[*replaced];
    if (change.action) {
      const uint32_t id = intern(*change.action);
      ++uses_[id];
      rib.set(change.prefix, id);
    } else {
      rib.erase(change.prefix);
    }
  }

  // The id of an action; a new one is counted by count_actions.
  uint32_t intern(const Action& action) {
    Interning& interning = state_.interning;
    if (const auto* use = interning.uses.find(action)) return use->id;
    const uint32_t id = interning.take_id();
    interning.uses.set(action, {id, 0});
    state_.tables.actions.set(id, action);
    return id;
  }

  void count_actions() {
    Interning& interning = state_.interning;
    for (const auto& [id, change] : uses_) {
      if (change == 0) continue;
      const Action action = *state_.tables.action(id);
      const uint64_t routes = interning.uses.find(action)->routes + static_cast<uint64_t>(change);
      if (routes != 0) {
        interning.uses.set(action, {id, routes});
        continue;
      }
      interning.uses.erase(action);
      state_.tables.actions.erase(id);
      interning.put_back(id);
    }
  }

  template <class Key, class Stored, class Value>
  void apply_values(PersistentMap<Key, WriterPtr<Stored>, KeyHash>& map,
                    const ProgramDelta::Changes<Key, Value>& changes) {
    for (const auto& [key, value] : changes) {
      if (const auto* before = map.find(key)) state_.value_bytes -= bytes_of(**before);
      if (!value) {
        map.erase(key);
        continue;
      }
      auto stored = WriterPtr<Stored>::make(*value);
      state_.value_bytes += bytes_of(*stored);
      map.set(key, std::move(stored));
    }
  }

  void apply_member(const MemberKey& key, bool is_member) {
    const auto* before = state_.tables.members.find(key.router);
    if (before != nullptr) state_.value_bytes -= before->bytes();
    auto members = before == nullptr ? Tables::Map<PortId, Membership>() : *before;
    is_member ? members.set(key.member, {}) : void(members.erase(key.member));
    state_.value_bytes += members.bytes();
    if (members.empty()) {
      state_.tables.members.erase(key.router);
    } else {
      state_.tables.members.set(key.router, std::move(members));
    }
  }

  State& state_;
  VrfNodes& nodes_;
  std::vector<WideUpdate>& updates_;
  // How many routes more (or fewer) use an action id. Ordered, so that equal histories give equal
  // ids.
  std::map<uint32_t, int64_t> uses_;
};

}  // namespace

struct Prepared::Version final : rcu::Retired {
  explicit Version(State initial) : state(std::move(initial)) {}
  State state;                      // changed only before it is published
  std::vector<WideUpdate> updates;  // what its wide tables do when it is published
  size_t node_bytes = 0;            // of the nodes that tables share, when it was published
};

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::UnknownTable:
      return "a route of a table that does not exist";
    case Refusal::DuplicateKey:
      return "a key stands twice in the change";
    case Refusal::ReadersStalled:
      return "readers of old versions make no progress";
  }
  return "";
}

Prepared::Prepared(Dataplane& owner, std::unique_ptr<Version> version) noexcept
    : owner_(&owner), version_(std::move(version)) {
  owner_->is_prepared_ = true;
}

Prepared::Prepared(Prepared&& other) noexcept = default;

Prepared& Prepared::operator=(Prepared&& other) noexcept {
  if (this == &other) return *this;
  drop();
  owner_ = other.owner_;
  version_ = std::move(other.version_);
  return *this;
}

Prepared::~Prepared() { drop(); }

void Prepared::drop() noexcept {
  if (version_ == nullptr) return;
  version_.reset();
  owner_->is_prepared_ = false;
}

Dataplane::Dataplane() : current_(std::make_unique<Version>(State())), published_(current_.get()) {}

Dataplane::~Dataplane() { assert(!is_prepared_); }

tl::expected<Prepared, Refusal> Dataplane::prepare(const ProgramDelta& delta) {
  assert(!is_prepared_);
  grace_.reclaim();
  if (grace_.pending() >= kVersionsPendingMax) return tl::unexpected(Refusal::ReadersStalled);
  if (has_duplicate(delta)) return tl::unexpected(Refusal::DuplicateKey);
  auto next = std::make_unique<Version>(current_->state);
  if (!Change(next->state, nodes_, next->updates).apply(delta))
    return tl::unexpected(Refusal::UnknownTable);
  ++next->state.tables.version;
  return Prepared(*this, std::move(next));
}

void Dataplane::publish(Prepared&& prepared) noexcept {
  assert(prepared.owner_ == this && prepared.version_ != nullptr);
  std::unique_ptr<Version> old = std::exchange(current_, std::move(prepared.version_));
  is_prepared_ = false;
  published_.store(current_.get(), std::memory_order_seq_cst);
  grace_.retire(std::move(old));
  // Only now: what wide tables retire is what readers of the old version still look at.
  for (WideUpdate& update : current_->updates) std::move(update).publish(grace_);
  current_->updates.clear();
  grace_.reclaim();
  current_->node_bytes = nodes_.bytes_used();
}

void Dataplane::abandon(Prepared&& prepared) noexcept {
  assert(prepared.owner_ == this);
  prepared.drop();
}

const Tables& Dataplane::view(const rcu::Guard&) const noexcept {
  return published_.load(std::memory_order_seq_cst)->state.tables;
}

const Tables& Dataplane::current() const noexcept { return current_->state.tables; }

ForwardingProgram Dataplane::contents() const {
  return dataplane::contents(current_->state.tables);
}

ForwardingProgram contents(const Tables& tables) {
  ForwardingProgram program;
  tables.tables.for_each([&](const TableKey& key, const auto& fib) {
    auto& routes = program.tables[key];
    fib->routes().for_each([&](const Route& route) {
      routes.emplace_hint(routes.end(), route.prefix, *tables.action(route.value));
    });
  });
  tables.policies.for_each(
      [&](const PeerKey& key, const auto& policy) { program.policies.emplace(key, *policy); });
  tables.endpoints.for_each(
      [&](const EndpointKey& key, PortId port) { program.endpoints.emplace(key, port); });
  tables.ports.for_each([&](PortId id, const auto& port) { program.ports.emplace(id, *port); });
  tables.access_lists.for_each(
      [&](AclId id, const auto& list) { program.access_lists.emplace(id, list->source()); });
  tables.ranges.for_each(
      [&](const TableKey& key, const auto& range) { program.ranges.emplace(key, *range); });
  tables.members.for_each([&](PortId router, const auto& members) {
    members.for_each([&](PortId member, const Membership& m) {
      program.members.emplace(MemberKey{router, member}, m);
    });
  });
  return program;
}

DataplaneStats Dataplane::stats() const {
  const Tables& tables = current_->state.tables;
  const Interning& interning = current_->state.interning;
  return {.version = tables.version,
          .tables = tables.tables.size(),
          .routes = current_->state.routes,
          .actions = tables.actions.size(),
          .policies = tables.policies.size(),
          .endpoints = tables.endpoints.size(),
          .ports = tables.ports.size(),
          .access_lists = tables.access_lists.size(),
          .bytes = tables.tables.bytes() + tables.actions.bytes() + tables.policies.bytes() +
                   tables.endpoints.bytes() + tables.ports.bytes() + tables.access_lists.bytes() +
                   tables.ranges.bytes() + tables.members.bytes() + interning.uses.bytes() +
                   interning.free.bytes() + current_->state.fib_bytes + current_->node_bytes +
                   current_->state.value_bytes,
          .versions_pending = grace_.pending()};
}

}  // namespace isthmus::dataplane
