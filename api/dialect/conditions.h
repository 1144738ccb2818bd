// If-Match and If-None-Match of a request (RFC 9110 section 13.1) to the condition of a change.
// Pure.
#pragma once

#include "api/http/message.h"
#include "controller/rules/change.h"

namespace isthmus::api::dialect {

// Strong and weak tags are compared alike: all of this API's are weak, and clients send them back.
Precondition read_conditions(const http::Headers& headers);

}  // namespace isthmus::api::dialect
