#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "api/arm/answers.h"
#include "api/arm/calls.h"
#include "api/arm/providers.h"
#include "api/arm/regions.h"
#include "api/json/json_text.h"
#include "controller/model/resource_id.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

// The types that are no resources of the model: kind.h has the others.
struct OtherType {
  std::string_view provider;
  std::string_view type;
};
constexpr OtherType kOtherTypes[] = {
    {"Microsoft.Network", "networkSecurityGroups/defaultSecurityRules"},
    {"Microsoft.Network", "locations"},
    {"Microsoft.Network", "locations/operations"},
    {"Microsoft.Network", "locations/operationResults"},
    {"Microsoft.Network", "locations/usages"},
    {"Microsoft.Network", "locations/serviceTags"},
    {"Microsoft.Network", "locations/CheckDnsNameAvailability"},
    {"Microsoft.Compute", "locations"},
    {"Microsoft.Compute", "locations/operations"},
    {"Microsoft.Resources", "tenants"},
    {"Microsoft.Resources", "locations"},
    {"Microsoft.Resources", "providers"},
    {"Microsoft.Resources", "subscriptions/locations"},
    {"Microsoft.Resources", "subscriptions/providers"},
    {"Microsoft.Resources", "subscriptions/resources"},
    {"Microsoft.Resources", "subscriptions/resourceGroups"},
    {"Microsoft.Resources", "subscriptions/operationresults"},
    {"Microsoft.Resources", "resources"},
    {"Microsoft.Resources", "tags"},
    {"Microsoft.Resources", "deployments"},
    {"Microsoft.Resources", "deployments/operations"},
};

Provider make_provider(std::string_view name) {
  Provider provider{name, {}};
  for (const KindInfo& row : kinds_in(Realm::Azure)) {
    const std::string type = azure_type(row.kind);
    if (type.starts_with(name)) provider.types.push_back(type.substr(name.size() + 1));
  }
  for (const OtherType& row : kOtherTypes) {
    if (row.provider == name) provider.types.emplace_back(row.type);
  }
  return provider;
}

constexpr std::string_view kVersions[] = {
    "2025-01-01", "2024-05-01", "2023-11-01", "2023-09-01", "2022-11-01", "2022-09-01",
    "2022-08-01", "2022-07-01", "2022-05-01", "2022-01-01", "2021-08-01", "2021-04-01",
    "2021-02-01", "2020-11-01", "2019-11-01", "2019-04-01", "2018-11-01", "2018-08-01",
};

void write_type(JsonText& out, std::string_view type) {
  out.object().text("resourceType", type).key("locations").array();
  for (const Region& region : regions()) out.text(region.title);
  out.end_array().key("apiVersions").array();
  for (const std::string_view version : kVersions) out.text(version);
  out.end_array().text("defaultApiVersion", kVersions[0]).text("capabilities", "None");
  out.end_object();
}

// Below a subscription, or of the tenant.
void write_provider(JsonText& out, const Provider& provider, const Call& call) {
  const bool is_of_tenant = !http::equal_without_case(call.segments.front(), "subscriptions");
  out.object().text("id", fmt::format("{}/providers/{}",
                                      is_of_tenant ? "" : "/subscriptions/" + call.subscription(),
                                      provider.name));
  out.text("namespace", provider.name);
  if (!is_of_tenant)
    out.text("registrationPolicy", "RegistrationRequired").text("registrationState", "Registered");
  out.key("resourceTypes").array();
  for (const std::string& type : provider.types) write_type(out, type);
  out.end_array().end_object();
}

}  // namespace

std::span<const Provider> providers() {
  static const std::array all = {make_provider("Microsoft.Network"),
                                 make_provider("Microsoft.Compute"),
                                 make_provider("Microsoft.Resources")};
  return all;
}
const Provider* find_provider(std::string_view name) {
  const auto all = providers();
  const auto found = std::ranges::find_if(all, [name](const Provider& provider) {
    return http::equal_without_case(provider.name, name);
  });
  return found == all.end() ? nullptr : &*found;
}
std::string provider_names() {
  return fmt::format("{}", fmt::join(providers() | std::views::transform(&Provider::name), ", "));
}
std::span<const std::string_view> listed_api_versions() { return kVersions; }

http::Response list_providers(const Call& call) {
  JsonText out;
  out.object().key("value").array();
  for (const Provider& provider : providers()) write_provider(out, provider, call);
  out.end_array().end_object();
  return json_answer(200, out.take());
}

http::Response get_provider(const Call& call) {
  const bool is_of_tenant = !http::equal_without_case(call.segments.front(), "subscriptions");
  const std::string& name = call.segments[is_of_tenant ? 1 : 3];
  const Provider* provider = find_provider(name);
  if (provider == nullptr)
    return error_answer(ArmErrorCode::InvalidResourceNamespace,
                        fmt::format("The resource namespace {} is invalid. Those here are {}.",
                                    in_quotes(name), provider_names()));
  JsonText out;
  write_provider(out, *provider, call);
  return json_answer(200, out.take());
}

// They all are, always.
http::Response register_provider(const Call& call) { return get_provider(call); }

}  // namespace isthmus::api::arm
