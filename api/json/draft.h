// A request body to the draft of a resource: the reading direction of controller/model/resources.h.
//
// Tolerant in form, strict in values, because clients of the Network Controller are: names and enum
// values in any case, numbers and booleans as strings and the reverse, null for what is absent,
// null elements of lists, "" for an optional value, whole objects where a reference is wanted,
// members that nobody knows and members that only the controller sets. Pure.
#pragma once

#include <string_view>

#include "api/json/limits.h"
#include "controller/base/error.h"
#include "controller/rules/change.h"

namespace isthmus::api::json {

// `id` is what the URI names; a resourceId in the body must agree. The error is the first problem,
// its target a JSON pointer into the body.
Result<Draft> read_draft(std::string_view body, const ResourceId& id, const Limits& limits = {});

}  // namespace isthmus::api::json
