#include "api/arm/location_calls.h"

#include <fmt/format.h>

#include "api/arm/answers.h"
#include "api/json/json_text.h"
#include "controller/base/error.h"
#include "controller/model/security_rules.h"
#include "controller/rules/azure_allocation.h"

namespace isthmus::api::arm {
namespace {

constexpr std::string_view kTag = "AzureLoadBalancer";
constexpr std::string_view kCloud = "isthmus";   // as /metadata/endpoints calls it
constexpr std::string_view kChangeNumber = "1";  // its addresses never change
constexpr std::string_view kParameter = "domainNameLabel";

bool is_taken(const Model& model, std::string_view name) {
  for (const ResourcePtr& address : model.collection(Kind::PublicIpAddress, Realm::Azure)) {
    const auto& dns = address->as<PublicIpAddress>().azure.dns;
    if (dns && dns->fqdn == name) return true;
  }
  return false;
}

}  // namespace

// VirtualNetwork and Internet are not in the list, as in Azure: what they are depends on the
// network.
std::string service_tags_text(const ResourceId& subscription) {
  json::JsonText out;
  out.object().text("name", kCloud);
  out.text("id", fmt::format("{}/providers/Microsoft.Network/serviceTags/{}", subscription.path(),
                             kCloud));
  out.text("type", "Microsoft.Network/serviceTags").text("changeNumber", kChangeNumber);
  out.text("cloud", kCloud).key("values").array();
  out.object().text("name", kTag).text("id", kTag).text("serviceTagChangeNumber", kChangeNumber);
  out.key("properties").object().text("changeNumber", kChangeNumber).text("region", "");
  out.text("state", "GA").text("systemService", kTag);
  out.key("addressPrefixes").array().text(platform_address().to_string()).end_array();
  out.end_object().end_object();
  return out.end_array().end_object().take();
}

http::Response name_check(const Model& model, std::string_view location,
                          const http::Request& request) {
  const std::string_view label = request.parameter(kParameter).value_or("");
  if (label.empty())
    return error_answer(400, info(ErrorCode::InvalidParameterValue).name,
                        "The query names no label: add domainNameLabel=contoso.", kParameter);
  json::JsonText out;
  out.object().key("available").boolean(!is_taken(model, domain_name(label, location)));
  out.end_object();
  return json_answer(200, out.take());
}

}  // namespace isthmus::api::arm
