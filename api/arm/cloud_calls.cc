// Where the services of this cloud are: everything is at this server, and what it does not have is
// at a name that nothing can be at, so that no client goes to the real one by mistake.
#include <array>

#include "api/arm/answers.h"
#include "api/arm/api_version.h"
#include "api/arm/calls.h"
#include "api/json/json_text.h"

namespace isthmus::api::arm {
namespace {

using json::JsonText;

// The path below which clients take the sign-in for one of AD FS, which they do not look up at
// Microsoft's: MSAL asks login.microsoftonline.com about any other.
constexpr std::string_view kSignIn = "/adfs";

constexpr std::string_view kOldVersion = "1.0";         // what clients sent before there were dates
constexpr std::string_view kListFrom = "2019-05-01";    // a list of clouds
constexpr std::string_view kObjectFrom = "2022-09-01";  // this cloud alone: Terraform's

constexpr std::array<std::string_view, 12> kServices = {"portal",
                                                        "resourceManager",
                                                        "graph",
                                                        "graphAudience",
                                                        "gallery",
                                                        "batch",
                                                        "media",
                                                        "sqlManagement",
                                                        "activeDirectoryDataLake",
                                                        "microsoftGraphResourceId",
                                                        "logAnalyticsResourceId",
                                                        "vmImageAliasDoc"};

struct Suffix {
  std::string_view name;
  std::string_view value;
};
constexpr std::array kSuffixes = {
    Suffix{"storage", "core.isthmus.invalid"},
    Suffix{"keyVaultDns", "vault.isthmus.invalid"},
    Suffix{"sqlServerHostname", "database.isthmus.invalid"},
    Suffix{"acrLoginServer", "azurecr.isthmus.invalid"},
    Suffix{"azureDataLakeStoreFileSystem", "datalake.isthmus.invalid"},
    Suffix{"azureDataLakeAnalyticsCatalogAndJob", "analytics.isthmus.invalid"},
};

// {"galleryEndpoint",...,"authentication":{"loginEndpoint","audiences"}}
std::string first_shape(const std::string& origin) {
  JsonText out;
  out.object()
      .text("galleryEndpoint", origin + "/")
      .text("graphEndpoint", origin + "/")
      .text("portalEndpoint", origin + "/");
  out.key("authentication").object().text("loginEndpoint", origin + std::string(kSignIn));
  out.key("audiences").array().text(origin + "/").end_array();
  out.end_object().end_object();
  return out.take();
}

void write_cloud(JsonText& out, const Call& call) {
  const std::string origin = call.origin();
  out.object().text("name", "isthmus");
  out.key("authentication").object().text("loginEndpoint", origin + std::string(kSignIn));
  out.key("audiences").array().text(origin + "/").end_array();
  out.text("tenant", call.options.tenant).text("identityProvider", "ADFS").end_object();
  for (const std::string_view service : kServices) out.text(service, origin + "/");
  out.key("suffixes").object();
  for (const Suffix& suffix : kSuffixes) out.text(suffix.name, suffix.value);
  out.end_object().end_object();
}

}  // namespace

http::Response show_endpoints(const Call& call) {
  if (auto refusal = without_version(call.request, kOldVersion)) return std::move(*refusal);
  const std::string_view version = *call.request.parameter(kApiVersion);
  if (version < kListFrom) return json_answer(200, first_shape(call.origin()));
  JsonText out;
  const bool is_list = version < kObjectFrom;
  if (is_list) out.array();
  write_cloud(out, call);
  if (is_list) out.end_array();
  return json_answer(200, out.take());
}

http::Response show_openid_configuration(const Call& call) {
  const std::string authority = call.origin() + std::string(kSignIn);
  JsonText out;
  out.object()
      .text("issuer", authority)
      .text("token_endpoint", authority + "/oauth2/v2.0/token")
      .text("authorization_endpoint", authority + "/oauth2/authorize")
      .text("device_authorization_endpoint", authority + "/oauth2/devicecode")
      .text("jwks_uri", authority + "/discovery/keys");
  out.key("response_types_supported").array().text("code").end_array();
  out.key("subject_types_supported").array().text("pairwise").end_array();
  out.key("id_token_signing_alg_values_supported").array().text("none").end_array();
  out.end_object();
  return json_answer(200, out.take());
}

// Tokens here are signed by nobody.
http::Response show_keys(const Call&) { return json_answer(200, R"({"keys":[]})"); }

}  // namespace isthmus::api::arm
