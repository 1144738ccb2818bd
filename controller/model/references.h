// Which resources a resource refers to, read from its description.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controller/model/resources.h"

namespace isthmus {

// One reference that is set; good during the call that shows it.
struct ReferenceMember {
  std::string_view object;  // that the member is of: "/properties"
  std::string_view name;
  Kinds kinds;
  std::optional<size_t> index = {};  // of one of a list
  Hold hold = Hold::Firm;

  // Where it stands in the resource's JSON: "/properties/routeTable". Made when it is asked for:
  // most who follow references never tell of them.
  std::string pointer() const;
};

// Calls `see` for each reference that is set; it may change the id of a mutable body.
void for_each_reference(Realm realm, const Body& body,
                        const std::function<void(const ResourceId&, const ReferenceMember&)>& see);
void for_each_reference(Realm realm, Body& body,
                        const std::function<void(ResourceId&, const ReferenceMember&)>& see);

// Do the two say the same in every member that a client may write?
bool same_writable_members(Realm realm, const Body& a, const Body& b);

}  // namespace isthmus
