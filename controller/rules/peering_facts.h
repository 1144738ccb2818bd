// What the rules of both realms ask of a peering that is put; each realm answers in its own words.
#pragma once

#include "controller/rules/rule.h"

namespace isthmus::peering_facts {

// It exists: references are judged before.
inline const Resource& remote_network(const Proposal& p) {
  return *p.after.find(p.body<Peering>().remote_virtual_network);
}

inline bool changes_its_remote_network(const Proposal& p) {
  return p.old != nullptr &&
         p.old_body<Peering>()->remote_virtual_network != p.body<Peering>().remote_virtual_network;
}

// The peering of the same network that leads there already; null where there is none.
inline const Resource* another_to_its_remote(const Proposal& p) {
  for (const Resource* other : p.after.referrers_below(remote_network(p), p.parent())) {
    if (other->kind() == Kind::Peering && other->serial != p.now.serial) return other;
  }
  return nullptr;
}

}  // namespace isthmus::peering_facts
