// From a model to what the dataplane should forward, and from a change of the model to the change
// of that.
//
// Each thing that is programmed has a key and a value that depends on the model alone. compile()
// evaluates every key; it is the oracle. delta() evaluates only the keys that a change can alter,
// in the model before and after, and says what differs; it is the product. A test holds them equal.
// Identifiers are the serials of resources, so nothing is remembered between calls.
#pragma once

#include <span>
#include <string>

#include "controller/model/model.h"
#include "dataplane/program.h"

namespace isthmus {

dataplane::ForwardingProgram compile(const Model& model);

struct ProgramChange {
  dataplane::ProgramDelta delta;
  size_t recomputed_routes = 0;  // (table, prefix) pairs that were looked at
};
ProgramChange delta(const Model& before, const Model& after,
                    std::span<const ResourceChange> changes);

// A digest of what is forwarded, by resource names instead of internal ids, in canonical order. Two
// controllers with the same resources and a right dataplane have the same digest.
std::string digest(const dataplane::ForwardingProgram& program, const Model& model);

}  // namespace isthmus
