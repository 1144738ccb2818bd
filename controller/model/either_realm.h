// Paths that a person wrote, of which realm they may be: questions such as "which routes" and
// "where does this packet go" are asked of both realms alike.
#pragma once

#include <string_view>

#include "controller/model/resource_id.h"

namespace isthmus {

// Azure's paths begin with /subscriptions/, and those of the Network Controller never do.
Result<ResourceId> parse_in_either_realm(std::string_view path);

}  // namespace isthmus
