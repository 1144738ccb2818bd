// What clients ask before they sign in, and the lists that they choose from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "api/arm/providers.h"
#include "api/arm/regions.h"
#include "tests/support/arm_front.h"

namespace isthmus::api::arm {
namespace {

using http::Method;
using testing::ArmFront;
using testing::code_of;
using ::testing::HasSubstr;
using testing::text_at;

const std::string kSub = ArmFront::kSubscription;

TEST(ArmEndpoints, HaveTheShapeOfTheirAge) {
  ArmFront front;
  for (const char* old : {"2015-01-01", "1.0", "2018-05-01"}) {
    const auto answer = front.get("/metadata/endpoints?api-version=" + std::string(old));
    EXPECT_EQ(text_at(answer, "/authentication/loginEndpoint"), "https://127.0.0.1:8443/adfs")
        << old;
    EXPECT_EQ(text_at(answer, "/authentication/audiences/0"), "https://127.0.0.1:8443/");
    EXPECT_EQ(text_at(answer, "/graphEndpoint"), "https://127.0.0.1:8443/");
  }
  const auto list = front.get("/metadata/endpoints?api-version=2019-05-01");
  EXPECT_EQ(text_at(list, "/0/name"), "isthmus");
  EXPECT_EQ(text_at(list, "/0/resourceManager"), "https://127.0.0.1:8443/");
  const auto object = front.get("/metadata/endpoints?api-version=2022-09-01");
  EXPECT_EQ(text_at(object, "/resourceManager"), "https://127.0.0.1:8443/");
  EXPECT_EQ(text_at(object, "/authentication/tenant"), kDefaultTenant);
  EXPECT_EQ(text_at(object, "/suffixes/storage"), "core.isthmus.invalid");
  EXPECT_EQ(object.body.find("windows.net"), std::string::npos) << "nobody is sent to the real one";
  EXPECT_EQ(code_of(front.get("/metadata/endpoints")), "400 MissingApiVersionParameter");
  EXPECT_EQ(code_of(front.get("/metadata/endpoints?api-version=2.0")),
            "400 InvalidApiVersionParameter");
}

TEST(ArmEndpoints, AreWhereTheClientReachedThem) {
  ArmFront front;
  auto request = ArmFront::request_for(Method::Get, "/metadata/endpoints?api-version=2015-01-01");
  request.headers = {};
  request.headers.add("Host", "lab.example");
  request.is_tls = false;
  EXPECT_EQ(text_at(front.answer(request), "/authentication/loginEndpoint"),
            "http://lab.example/adfs");
}

TEST(ArmSignIn, IsDescribedAtEveryPath) {
  ArmFront front;
  for (const char* path : {"", "/adfs", "/adfs/adfs", "/some-tenant/v2.0", "//adfs//"}) {
    const auto answer = front.get(std::string(path) + "/.well-known/openid-configuration");
    EXPECT_EQ(text_at(answer, "/token_endpoint"), "https://127.0.0.1:8443/adfs/oauth2/v2.0/token")
        << path;
    EXPECT_EQ(text_at(answer, "/issuer"), "https://127.0.0.1:8443/adfs");
  }
  EXPECT_EQ(text_at(front.get("/adfs/discovery/keys"), "/keys"), "array of 0");
}

TEST(ArmSubscriptions, AreListedAndShown) {
  ArmOptions options;
  options.tenant = "cccccccc-cccc-cccc-cccc-cccccccccccc";
  options.subscriptions = [] {
    return std::vector<ListedSubscription>{
        {"11111111-1111-1111-1111-111111111111", "one"},
        {"2222222a-2222-2222-2222-222222222222", "two", "dddddddd-dddd-dddd-dddd-dddddddddddd"}};
  };
  ArmFront front(options);
  const auto list = front.get("/subscriptions?api-version=2019-11-01");
  EXPECT_EQ(text_at(list, "/value"), "array of 2");
  EXPECT_EQ(text_at(list, "/count/value"), "2");
  EXPECT_EQ(text_at(list, "/value/0/tenantId"), options.tenant);
  EXPECT_EQ(text_at(list, "/value/0/state"), "Enabled");
  const auto two =
      front.get("/subscriptions/2222222A-2222-2222-2222-222222222222?api-version=2019-11-01");
  EXPECT_EQ(text_at(two, "/id"), "/subscriptions/2222222a-2222-2222-2222-222222222222");
  EXPECT_EQ(text_at(two, "/displayName"), "two");
  EXPECT_EQ(text_at(two, "/tenantId"), "dddddddd-dddd-dddd-dddd-dddddddddddd");
  const auto tenants = front.get("/tenants?api-version=2019-11-01");
  EXPECT_EQ(text_at(tenants, "/value/0/tenantId"), options.tenant);
  EXPECT_EQ(text_at(tenants, "/value/0/id"), "/tenants/" + options.tenant);
  EXPECT_EQ(text_at(tenants, "/value/1/id"), "/tenants/dddddddd-dddd-dddd-dddd-dddddddddddd");
  EXPECT_EQ(text_at(tenants, "/value/2/id"), "");
}

TEST(ArmLocations, AreNamedOnce) {
  std::set<std::string_view> names;
  for (const Region& region : regions())
    EXPECT_TRUE(names.insert(region.name).second) << region.name;
  EXPECT_GE(names.size(), 20U);
  ArmFront front;
  const auto list = front.get(kSub + "/locations?api-version=2019-11-01");
  EXPECT_EQ(text_at(list, "/value"), "array of " + std::to_string(names.size()));
  EXPECT_EQ(text_at(list, "/value/0/name"), "eastus");
  EXPECT_EQ(text_at(list, "/value/0/id"), kSub + "/locations/eastus");
  EXPECT_EQ(text_at(list, "/value/0/regionalDisplayName"), "(US) East US");
  EXPECT_EQ(text_at(list, "/value/0/metadata/pairedRegion/0/name"), "westus");
}

TEST(ArmProviders, ListTheirTypesWithTheNewestVersionFirst) {
  const auto versions = listed_api_versions();
  EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end(), std::greater<>()));
  ArmFront front;
  const auto all = front.get(kSub + "/providers?api-version=2021-04-01");
  EXPECT_EQ(text_at(all, "/value"), "array of " + std::to_string(providers().size()));
  const auto network = front.get(kSub + "/providers/microsoft.network?api-version=2021-04-01");
  EXPECT_EQ(text_at(network, "/namespace"), "Microsoft.Network");
  EXPECT_EQ(text_at(network, "/registrationState"), "Registered");
  EXPECT_EQ(text_at(network, "/id"), kSub + "/providers/Microsoft.Network");
  for (const char* type :
       {"virtualNetworks", "virtualNetworks/subnets", "connections", "locations"})
    EXPECT_THAT(network.body, HasSubstr(std::string(R"("resourceType":")") + type + '"'));
  EXPECT_THAT(network.body, Not(HasSubstr("virtualMachines")));
  EXPECT_EQ(text_at(network, "/resourceTypes/0/apiVersions/0"), versions[0]);
  EXPECT_EQ(text_at(network, "/resourceTypes/0/locations/0"), "East US");
  const auto tenants = front.get("/providers/Microsoft.Compute?api-version=2021-04-01");
  EXPECT_EQ(text_at(tenants, "/resourceTypes/0/resourceType"), "virtualMachines");
  EXPECT_EQ(text_at(tenants, "/id"), "/providers/Microsoft.Compute");
  EXPECT_EQ(text_at(tenants, "/registrationState"), "");
}

TEST(ArmProviders, AreRegistered) {
  ArmFront front;
  const std::string at = kSub + "/providers/Microsoft.Resources";
  const auto registered = front.call(Method::Post, at + "/register?api-version=2021-04-01");
  EXPECT_EQ(registered.status, 200);
  EXPECT_EQ(registered.body, front.get(at + "?api-version=2021-04-01").body);
  const auto unknown =
      front.call(Method::Post, kSub + "/providers/Contoso.Fun/register?api-version=2021-04-01");
  EXPECT_EQ(code_of(unknown), "404 InvalidResourceNamespace");
  EXPECT_THAT(text_at(unknown, "/error/message"), HasSubstr("'Contoso.Fun'"));
  EXPECT_EQ(code_of(front.get("/providers/Contoso.Fun?api-version=2021-04-01")),
            "404 InvalidResourceNamespace");
}

}  // namespace
}  // namespace isthmus::api::arm
