// What there is, beside how much there may be: the resources of each type that a subscription has
// in a location, with the limits of what stands in it (Usages - List), and the addresses of a
// network's subnets (Virtual Networks - List Usage). Pure.
#pragma once

#include <string>
#include <string_view>

#include "controller/model/model.h"
#include "controller/rules/limits.h"

namespace isthmus::api::arm {

// {"value":[{"currentValue","id","limit","name":{"localizedValue","value"},"unit"}]}
std::string usages_text(const Model& model, const Limits& limits, const ResourceId& subscription,
                        std::string_view location);
// The same, a row per subnet.
std::string network_usages_text(const Model& model, const Resource& network);

}  // namespace isthmus::api::arm
