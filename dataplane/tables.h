// Everything that packets are judged by, as one immutable value: what a published version holds.
//
// Readers call the finders; a null answer means that nothing of that key exists. Only the writer
// (dataplane.cc) copies or changes a Tables, and never one that it has published.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/acl/access_list.h"
#include "dataplane/fib/fib.h"
#include "dataplane/hash.h"
#include "dataplane/persistent_map.h"
#include "dataplane/program.h"
#include "dataplane/writer_ptr.h"

namespace isthmus::dataplane {

struct Tables {
  template <class Key, class Value>
  using Map = PersistentMap<Key, Value, KeyHash>;

  Map<TableKey, WriterPtr<Fib>> tables;  // values are action ids
  Map<uint32_t, Action> actions;         // by action id
  Map<PeerKey, WriterPtr<PeerPolicy>> policies;
  Map<EndpointKey, PortId> endpoints;
  Map<PortId, WriterPtr<Port>> ports;
  Map<AclId, WriterPtr<CompiledAccessList>> access_lists;
  Map<TableKey, WriterPtr<NetworkRange>> ranges;
  Map<PortId, Map<PortId, Membership>> members;  // by router; none is empty
  uint64_t version = 0;                          // how many deltas were published before this state

  const Fib* table(const TableKey& key) const { return target(tables.find(key)); }
  const Action* action(uint32_t id) const { return actions.find(id); }
  const PortId* endpoint(DomainId domain, const net::IpAddress& address) const {
    return endpoints.find({domain, address});
  }
  const PeerPolicy* policy(DomainId from, DomainId to) const {
    return target(policies.find({from, to}));
  }
  const Port* port(PortId id) const { return target(ports.find(id)); }
  const CompiledAccessList* access_list(AclId id) const { return target(access_lists.find(id)); }
  const Map<PortId, Membership>* members_of(PortId router) const { return members.find(router); }
  const NetworkRange* range(const TableKey& table) const { return target(ranges.find(table)); }

 private:
  template <class T>
  static const T* target(const WriterPtr<T>* found) {
    return found == nullptr ? nullptr : found->get();
  }
};

}  // namespace isthmus::dataplane
