// Links between networks come with a change of a network, and go with one. No client sees them, so
// that what it knows of a network, its etag too, stays as it was.
#pragma once

#include "controller/rules/edit.h"

namespace isthmus {

// The network with these links and no others. False: it has them already.
bool set_links(Resource& network, NetworkLinks links);

// What leads to a network that goes is no link any more.
void drop_links_to(Edit& edit, const Resource& network);

}  // namespace isthmus
