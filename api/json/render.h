// A resource as clients of the Network Controller see it: envelope, members, children in full, and
// the members that are derived from other resources. The writing direction of
// controller/model/resources.h.
//
// Any thread; a thread reuses its own buffer.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "controller/model/model.h"

namespace isthmus::api::json {

std::string render(const Model& model, const Resource& resource);

// {"value":[...],"nextLink":"..."}
std::string render_list(const Model& model, std::span<const Resource* const> resources,
                        std::string_view next_link);

}  // namespace isthmus::api::json
