// Tenants, subscriptions and the regions that a subscription may use.
#include <fmt/format.h>

#include <algorithm>

#include "api/arm/answers.h"
#include "api/arm/calls.h"
#include "api/arm/regions.h"
#include "api/json/json_text.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

const std::string& tenant_of(const Call& call, const ListedSubscription& subscription) {
  return subscription.tenant.empty() ? call.options.tenant : subscription.tenant;
}

void write_subscription(JsonText& out, const ListedSubscription& subscription,
                        std::string_view tenant) {
  out.object()
      .text("id", "/subscriptions/" + subscription.id)
      .text("authorizationSource", "RoleBased");
  out.key("managedByTenants").array().end_array();
  out.text("subscriptionId", subscription.id)
      .text("tenantId", tenant)
      .text("displayName", subscription.name)
      .text("state", "Enabled");
  out.key("subscriptionPolicies")
      .object()
      .text("locationPlacementId", "Public_2014-09-01")
      .text("quotaId", "PayAsYouGo_2014-09-01")
      .text("spendingLimit", "Off")
      .end_object();
  out.end_object();
}

void write_region(JsonText& out, const Region& region, const std::string& subscription) {
  const auto id = [&](std::string_view name) {
    return fmt::format("/subscriptions/{}/locations/{}", subscription, name);
  };
  out.object()
      .text("id", id(region.name))
      .text("name", region.name)
      .text("type", "Region")
      .text("displayName", region.title)
      .text("regionalDisplayName", fmt::format("({}) {}", region.continent, region.title));
  out.key("metadata")
      .object()
      .text("regionType", "Physical")
      .text("regionCategory", "Recommended")
      .text("geography", region.geography)
      .text("geographyGroup", region.continent);
  out.key("pairedRegion").array().object();
  out.text("name", region.pair).text("id", id(region.pair));
  out.end_object().end_array().end_object().end_object();
}

}  // namespace

// The one where everybody is first, then those of the subscriptions.
http::Response list_tenants(const Call& call) {
  std::vector<std::string> tenants = {call.options.tenant};
  for (const ListedSubscription& one : call.options.subscriptions()) {
    const std::string& tenant = tenant_of(call, one);
    if (std::find(tenants.begin(), tenants.end(), tenant) == tenants.end())
      tenants.push_back(tenant);
  }
  JsonText out;
  out.object().key("value").array();
  for (const std::string& tenant : tenants)
    out.object()
        .text("id", "/tenants/" + tenant)
        .text("tenantId", tenant)
        .text("displayName", "Isthmus")
        .text("tenantCategory", tenant == tenants.front() ? "Home" : "ProjectedBy")
        .end_object();
  out.end_array().end_object();
  return json_answer(200, out.take());
}

http::Response list_subscriptions(const Call& call) {
  const auto subscriptions = call.options.subscriptions();
  JsonText out;
  out.object().key("value").array();
  for (const ListedSubscription& one : subscriptions)
    write_subscription(out, one, tenant_of(call, one));
  out.end_array();
  out.key("count").object().text("type", "Total").number("value", subscriptions.size());
  out.end_object().end_object();
  return json_answer(200, out.take());
}

http::Response get_subscription(const Call& call) {
  JsonText out;
  for (const ListedSubscription& one : call.options.subscriptions()) {
    if (!http::equal_without_case(one.id, call.subscription())) continue;
    write_subscription(out, one, tenant_of(call, one));
    break;
  }
  return json_answer(200, out.take());
}

http::Response list_locations(const Call& call) {
  JsonText out;
  out.object().key("value").array();
  for (const Region& region : regions()) write_region(out, region, call.subscription());
  out.end_array().end_object();
  return json_answer(200, out.take());
}

}  // namespace isthmus::api::arm
