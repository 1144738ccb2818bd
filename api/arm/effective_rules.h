// The security rules of a network interface as Azure tells them (Network Interfaces - List
// Effective Network Security Groups): those of its subnet's group and of its own, default rules
// included, with what the tag VirtualNetwork stands for there.
#pragma once

#include <string>

#include "controller/model/model.h"

namespace isthmus::api::arm {

std::string effective_rules_text(const Model& model, const Resource& interface);

}  // namespace isthmus::api::arm
