// The rules that every network security group has besides its own, as resources below it (Default
// Security Rules - List, Get). They are read, and never change. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/json/json_text.h"
#include "controller/model/model.h"

namespace isthmus::api::arm {

void write_default_rules(json::JsonText& out, const Model& model, const Resource& group);  // [...]
std::string default_rules_text(const Model& model, const Resource& group);  // {"value":[...]}
// Nothing where no rule has the name, which compares without case.
std::optional<std::string> default_rule_text(const Model& model, const Resource& group,
                                             std::string_view name);

}  // namespace isthmus::api::arm
