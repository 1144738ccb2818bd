// What resources of the Azure realm stand in: subscriptions, and the groups that live and die as
// one.
#pragma once

#include "controller/model/member.h"

namespace isthmus {

struct Subscription {
  std::string display_name;
};
template <class V, MaybeConst<Subscription> B>
void describe(V& v, B& b) {
  v.member("displayName", b.display_name, Presence::Optional);
}

struct ResourceGroup {
  std::string managed_by;
};
template <class V, MaybeConst<ResourceGroup> B>
void describe(V& v, B& b) {
  v.member("managedBy", b.managed_by, Presence::Optional);
}

}  // namespace isthmus
