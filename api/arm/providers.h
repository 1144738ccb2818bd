// The resource providers of the cloud and the types of resources that each has, for clients that
// look up which api-version a type takes.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::api::arm {

struct Provider {
  std::string_view name;           // "Microsoft.Network"
  std::vector<std::string> types;  // "virtualNetworks/subnets"
};

std::span<const Provider> providers();
const Provider* find_provider(std::string_view name);  // null: there is none
std::string provider_names();                          // "Microsoft.Network, Microsoft.Compute"

// Newest first, as clients take the first of them. Every other date is taken as well.
std::span<const std::string_view> listed_api_versions();

}  // namespace isthmus::api::arm
