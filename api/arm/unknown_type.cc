#include "api/arm/unknown_type.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/arm/answers.h"
#include "api/arm/api_version.h"
#include "api/arm/providers.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using Path = std::span<const std::string>;

// From the last "providers" on, which may stand below another resource.
Path from_provider(Path path) {
  const auto reversed = std::ranges::find_if(path.rbegin(), path.rend(), [](const auto& segment) {
    return equal_ignoring_case(segment, "providers");
  });
  return reversed == path.rend() ? Path() : path.subspan(path.rend() - reversed - 1);
}

// Types and names stand in turn: "virtualNetworks/subnets".
std::string type_in(Path types_and_names) {
  std::string type;
  for (size_t i = 0; i < types_and_names.size(); i += 2)
    type.append(type.empty() ? "" : "/").append(types_and_names[i]);
  return type;
}

http::Response no_provider(const std::string& name, const std::string& type,
                           std::string_view version) {
  return error_answer(
      ArmErrorCode::NoRegisteredProviderFound,
      fmt::format("No registered resource provider found for API version {} for type {}. The "
                  "registered resource providers are '{}'.",
                  in_quotes(version), in_quotes(name + "/" + type), provider_names()));
}

}  // namespace

std::optional<http::Response> unknown_type(const http::Request& request, Path segments) {
  const Path path = from_provider(segments);
  if (path.size() < 3) return std::nullopt;
  const std::string type = type_in(path.subspan(2));
  const std::string version(request.parameter(kApiVersion).value_or(""));
  const Provider* provider = find_provider(path[1]);
  if (provider == nullptr) return no_provider(path[1], type, version);
  const bool is_known = std::ranges::any_of(
      provider->types, [&](const std::string& known) { return equal_ignoring_case(known, type); });
  if (is_known) return std::nullopt;
  return error_answer(ArmErrorCode::InvalidResourceType,
                      fmt::format("The resource type {} could not be found in the namespace '{}' "
                                  "for api version {}.",
                                  in_quotes(type), provider->name, in_quotes(version)));
}

}  // namespace isthmus::api::arm
