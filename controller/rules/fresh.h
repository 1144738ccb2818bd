// What a controller holds that nobody has used yet (decisions: N27).
#pragma once

#include "controller/rules/change.h"

namespace isthmus {

enum class FreshContents : uint8_t { Seeded, Bare };

// Replaces everything in `model` by the contents of a fresh controller, as one change.
Result<Applied> make_fresh(const Model& model, FreshContents contents, const Limits& limits,
                           int64_t time_ms = 0);

}  // namespace isthmus
