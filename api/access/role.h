// What a caller may do, in steps: each role may do all that those before it may.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/http/message.h"

namespace isthmus::api::access {

enum class Role : uint8_t {
  Anyone,       // of calls that ask nobody who he is; no principal has it
  Reader,       // looks, and asks what would be
  Contributor,  // changes resources
  Owner,        // and what all the others rely on: reset, restores, faults, the clock
};
constexpr int kRoleCount = 4;

std::string_view to_string(Role role);
std::optional<Role> role_named(std::string_view name);  // of a principal: never Anyone

// What a call of this method needs where nothing else is said.
constexpr Role role_for(http::Method method) {
  return http::is_safe(method) ? Role::Reader : Role::Contributor;
}

}  // namespace isthmus::api::access
