// A lab document as the body of a request, and what it would make of a model.
#pragma once

#include <tl/expected.hpp>

#include "api/control/problem.h"
#include "api/http/message.h"
#include "controller/rules/change.h"

namespace isthmus::api::control {

// Nothing is deleted that the document does not have. The problem names the line.
tl::expected<Applied, Problem> rehearse_document(const http::Request& request,
                                                 const std::string& subscription,
                                                 const Model& model, const Limits& limits,
                                                 int64_t now_ms);

}  // namespace isthmus::api::control
