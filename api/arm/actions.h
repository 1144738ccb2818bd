// Calls that ask something of a resource (POST .../networkInterfaces/N/effectiveRouteTable): one
// table, a row per action. All of them read; what they answer is computed by the code that forwards
// packets and explains them, from one state of the controller.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/json/limits.h"
#include "controller/controller.h"

namespace isthmus::api::arm {

// What an action asks, of one state.
struct Question {
  const Model& model;
  const dataplane::Tables& tables;
  const Resource& resource;
  const std::string& body;
  const json::Limits& json_limits;
  int64_t now_ms;
};

struct Action {
  Kind kind;
  std::string_view name;  // the last segment of the path
  Result<std::string> (*answer)(const Question& question);
  bool takes_time = true;  // told as an operation where that is asked for (--lro async)
};
std::span<const Action> actions();
// Null where a type has no action of this name, which compares without case.
const Action* find_action(Kind kind, std::string_view name);

}  // namespace isthmus::api::arm
