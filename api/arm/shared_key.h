// The shared key of a connection, apart from the rest of it (Virtual Network Gateway Connections -
// Get Shared Key, Set Shared Key). No answer has the key, and nothing stores it: asterisks stand
// for one that was given. Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/json/limits.h"
#include "controller/base/error.h"
#include "controller/model/model.h"

namespace isthmus::api::arm {

// Of the body {"value":"..."}. InvalidParameterValue where there is none; no message has the key.
Result<std::string> read_shared_key(std::string_view body, const json::Limits& limits);

// {"id","value"}
std::string shared_key_text(const Model& model, const Resource& connection);

}  // namespace isthmus::api::arm
