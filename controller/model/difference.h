// What is different between two models: which resources came, changed and went. Pure.
#pragma once

#include <string>
#include <vector>

#include "controller/model/model.h"

namespace isthmus {

enum class Difference : uint8_t { Created, Updated, Deleted };

struct ModelDifference {
  Difference what;
  ResourceId id;
  std::vector<std::string> members;  // of an update: JSON pointers of those that differ
};

// In path order, type after type. States that the controller keeps (a peering's) count; when
// something changed, and what is derived from other resources, does not.
std::vector<ModelDifference> differences(const Model& before, const Model& after);

}  // namespace isthmus
