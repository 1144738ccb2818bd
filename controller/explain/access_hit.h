// What a rule of an access list has decided, as a line of a log.
#pragma once

#include <string>

#include "controller/model/model.h"
#include "dataplane/pipeline/access_log.h"

namespace isthmus {

// "deny inbound at /networkInterfaces/db1 by /accessControlLists/db/aclRules/rest:
// tcp 10.1.0.4:40000 > 10.2.0.4:22"; of a resource that is gone, "?".
std::string text_of(const Model& model, const dataplane::AccessHit& hit);

}  // namespace isthmus
