// How many resources of each type a subscription has in a location, beside how many it may have,
// and the limits of what stands in it (Usages - List).
#pragma once

#include <string>
#include <string_view>

#include "controller/model/model.h"
#include "controller/rules/limits.h"

namespace isthmus::api::arm {

// {"value":[{"currentValue","id","limit","name":{"localizedValue","value"},"unit"}]}. `location` in
// either spelling: "westeurope", "West Europe".
std::string usages_text(const Model& model, const Limits& limits, const ResourceId& subscription,
                        std::string_view location);

}  // namespace isthmus::api::arm
