#include "api/access/role.h"

#include <algorithm>
#include <array>

namespace isthmus::api::access {
namespace {

constexpr std::array<std::string_view, kRoleCount> kNames = {"anyone", "reader", "contributor",
                                                             "owner"};

}  // namespace

std::string_view to_string(Role role) { return kNames[static_cast<size_t>(role)]; }

std::optional<Role> role_named(std::string_view name) {
  const auto found = std::find(kNames.begin() + 1, kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Role>(found - kNames.begin());
}

}  // namespace isthmus::api::access
