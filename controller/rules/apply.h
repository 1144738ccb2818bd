// Where a change is judged and made, as a value: the model before, the change, the model after or
// the first error.
#pragma once

#include "controller/base/error.h"
#include "controller/rules/change.h"

namespace isthmus {

// Pure. On an error nothing of the change happened; the error's target is a JSON pointer into the
// operation's request, behind the draft's own pointer.
Result<Applied> apply(const Model& model, const Change& change, const Limits& limits);

// The code for a reference that leads nowhere: most are ReferenceNotFound, a peering's remote
// network has codes of its own.
enum class BrokenReference : uint8_t { Missing, OtherController };
ErrorCode reference_error(Kind kind, std::string_view member, BrokenReference how);

}  // namespace isthmus
