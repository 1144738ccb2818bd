#include "dataplane/program.h"

#include <cassert>

namespace isthmus::dataplane {
namespace {

// Walks two sorted maps together: changed(key, value or null) for every key whose value differs.
template <class Map, class Changed>
void compare(const Map& from, const Map& to, Changed changed) {
  auto old = from.begin();
  auto next = to.begin();
  while (old != from.end() || next != to.end()) {
    if (next == to.end() || (old != from.end() && old->first < next->first)) {
      changed(old->first, static_cast<const typename Map::mapped_type*>(nullptr));
      ++old;
    } else if (old == from.end() || next->first < old->first) {
      changed(next->first, &next->second);
      ++next;
    } else {
      if (!(old->second == next->second)) changed(next->first, &next->second);
      ++old;
      ++next;
    }
  }
}

template <class Map>
auto changes(const Map& from, const Map& to) {
  using Value = typename Map::mapped_type;
  ProgramDelta::Changes<typename Map::key_type, Value> result;
  compare(from, to, [&](const auto& key, const Value* value) {
    result.emplace_back(key, value == nullptr ? std::nullopt : std::optional<Value>(*value));
  });
  return result;
}

template <class Map, class Changes>
void apply_changes(Map& map, const Changes& changes) {
  for (const auto& [key, value] : changes) {
    if (value) {
      map.insert_or_assign(key, *value);
    } else {
      map.erase(key);
    }
  }
}

void diff_tables(const ForwardingProgram& from, const ForwardingProgram& to, ProgramDelta& delta) {
  const std::map<net::Prefix, Action> empty;
  for (const auto& [key, routes] : from.tables) {
    if (to.tables.count(key) == 0) delta.tables.emplace_back(key, false);
  }
  for (const auto& [key, routes] : to.tables) {
    const auto old = from.tables.find(key);
    if (old == from.tables.end()) delta.tables.emplace_back(key, true);
    const TableKey& table = key;
    compare(old == from.tables.end() ? empty : old->second, routes,
            [&](const net::Prefix& prefix, const Action* action) {
              delta.routes.push_back(
                  {table, prefix, action == nullptr ? std::nullopt : std::optional(*action)});
            });
  }
}

}  // namespace

void apply(ForwardingProgram& program, const ProgramDelta& delta) {
  for (const auto& [key, exists] : delta.tables) {
    if (exists) {
      program.tables.try_emplace(key);
    } else {
      program.tables.erase(key);
    }
  }
  for (const ProgramDelta::RouteChange& change : delta.routes) {
    const auto table = program.tables.find(change.table);
    assert(table != program.tables.end());
    if (change.action) {
      table->second.insert_or_assign(change.prefix, *change.action);
    } else {
      table->second.erase(change.prefix);
    }
  }
  apply_changes(program.policies, delta.policies);
  apply_changes(program.endpoints, delta.endpoints);
  apply_changes(program.ports, delta.ports);
  apply_changes(program.access_lists, delta.access_lists);
  apply_changes(program.ranges, delta.ranges);
  apply_changes(program.members, delta.members);
}

ProgramDelta diff(const ForwardingProgram& from, const ForwardingProgram& to) {
  ProgramDelta delta;
  diff_tables(from, to, delta);
  delta.policies = changes(from.policies, to.policies);
  delta.endpoints = changes(from.endpoints, to.endpoints);
  delta.ports = changes(from.ports, to.ports);
  delta.access_lists = changes(from.access_lists, to.access_lists);
  delta.ranges = changes(from.ranges, to.ranges);
  delta.members = changes(from.members, to.members);
  return delta;
}

}  // namespace isthmus::dataplane
