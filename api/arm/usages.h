// How many resources of each type a subscription has in a location, beside how many Azure lets it
// have (Usages - List). The limits are told, not kept.
#pragma once

#include <string>
#include <string_view>

#include "controller/model/model.h"

namespace isthmus::api::arm {

// {"value":[{"currentValue","id","limit","name":{"localizedValue","value"},"unit"}]}. `location` in
// either spelling: "westeurope", "West Europe".
std::string usages_text(const Model& model, const ResourceId& subscription,
                        std::string_view location);

}  // namespace isthmus::api::arm
