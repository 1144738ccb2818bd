// What the table of peerings shows beyond their own members: whether packets pass at all.
//
// A peering is Connected although either side may deny access, and then no packet passes
// ("Connected but dead"). The other side's flag lies in the other network's peering, which is asked
// for.
#pragma once

#include "tools/isthmus/json.h"

namespace isthmus::cli {

class Api;

// Adds "/shown/state" and "/shown/access" to each of the peerings.
void show_peering_access(Api& api, Json& peerings);

}  // namespace isthmus::cli
