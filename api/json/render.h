// A resource as clients of the Network Controller see it: envelope, members, children in full, and
// the members that are derived from other resources. The writing direction of
// controller/model/resources.h.
//
// Any thread; a thread reuses its own buffer.
#pragma once

#include <limits>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "controller/model/model.h"

namespace isthmus::api::json {

// How far provisioning is, where it takes time: what a change touched after `settled_ms` is still
// on its way to the hosts.
struct Phase {
  int64_t settled_ms = std::numeric_limits<int64_t>::max();
  bool is_leaving = false;  // what is shown was deleted, and is on its way out
  std::shared_ptr<const std::set<Revision>> failed = {};  // changes whose provisioning went wrong

  std::string_view state(const Stamp& newest) const {
    if (is_leaving) return "Deleting";
    if (newest.time_ms > settled_ms) return "Updating";
    return failed && failed->contains(newest.revision) ? "Failed" : "Succeeded";
  }
};

std::string render(const Model& model, const Resource& resource, Phase phase = {});

// {"value":[...],"nextLink":"..."}
std::string render_list(const Model& model, std::span<const Resource* const> resources,
                        std::string_view next_link, Phase phase = {});

}  // namespace isthmus::api::json
