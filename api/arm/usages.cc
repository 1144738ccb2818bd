#include "api/arm/usages.h"

#include <fmt/format.h>

#include <array>

#include "api/json/json_text.h"

namespace isthmus::api::arm {
namespace {

struct Usage {
  std::string_view type;  // a segment; a row of a type that the realm does not have is not listed
  std::string_view name;
  std::string_view title;
  uint64_t limit;
};
// Source: what Azure answers, and its list of limits (learn.microsoft.com, azure-subscription-
// service-limits).
constexpr std::array kUsages = {
    Usage{"virtualNetworks", "VirtualNetworks", "Virtual Networks", 1'000},
    Usage{"networkSecurityGroups", "NetworkSecurityGroups", "Network Security Groups", 5'000},
    Usage{"publicIPAddresses", "PublicIPAddresses", "Public IP Addresses", 1'000},
    Usage{"networkInterfaces", "NetworkInterfaces", "Network Interfaces", 65'536},
    Usage{"loadBalancers", "LoadBalancers", "Load Balancers", 1'000},
    Usage{"routeTables", "RouteTables", "Route Tables", 200},
    Usage{"networkWatchers", "NetworkWatchers", "Network Watchers", 1},
    Usage{"applicationSecurityGroups", "ApplicationSecurityGroups", "Application Security Groups",
          3'000},
};

uint64_t count_in(const Model& model, const ResourceId& subscription, Kind kind,
                  std::string_view location) {
  uint64_t count = 0;
  model.each_below(subscription, kind, [&](const Resource& resource) {
    if (resource.annotations && resource.annotations->location == location) ++count;
    return true;
  });
  return count;
}

}  // namespace

std::string usages_text(const Model& model, const ResourceId& subscription,
                        std::string_view location) {
  std::string name = lower_case(location);
  std::erase(name, ' ');
  json::JsonText out;
  out.object().key("value").array();
  for (const Usage& row : kUsages) {
    const auto kind = kind_of_segment(Kind::ResourceGroup, row.type, Realm::Azure);
    if (!kind) continue;
    out.object().number("currentValue", count_in(model, subscription, *kind, name));
    out.text("id", fmt::format("{}/providers/Microsoft.Network/locations/{}/usages/{}",
                               subscription.path(), name, row.name));
    out.number("limit", row.limit).key("name").object();
    out.text("localizedValue", row.title).text("value", row.name).end_object();
    out.text("unit", "Count").end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace isthmus::api::arm
