// The table of calls: versions, paths in every spelling, what is none of them, and the way in for
// calls on resources.
#include "api/arm/arm_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "api/arm/answers.h"
#include "api/arm/api_version.h"
#include "tests/support/arm_front.h"

namespace isthmus::api::arm {
namespace {

using http::Method;
using testing::ArmFront;
using testing::code_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::text_at;

const std::string kSub = ArmFront::kSubscription;

std::string file_text(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(ISTHMUS_SOURCE_DIR "/" + name).rdbuf();
  return text.str();
}

TEST(ArmApiVersion, IsADayThatThereIs) {
  for (const char* good :
       {"2015-01-01", "2018-04-01", "2022-01-01-preview", "2024-02-29", "2026-01-01-Preview"})
    EXPECT_TRUE(is_api_version(good)) << good;
  for (const char* bad : {"", "1.0", "v1", "latest", "2022", "2022-1-1", "2022-13-01", "2023-02-29",
                          "2022-01-01preview", "2022-01-01-beta", "2022-01-01-", " 2022-01-01",
                          "2022/01/01", "-022-01-01", "2022-01-01Z"})
    EXPECT_FALSE(is_api_version(bad)) << bad;
}

TEST(ArmHandler, WantsAnApiVersion) {
  ArmFront front;
  for (const std::string& path : {std::string("/subscriptions"), kSub, kSub + "/locations",
                                  kSub + "/resourceGroups/lab", std::string("/tenants")}) {
    EXPECT_EQ(code_of(front.get(path)), "400 MissingApiVersionParameter") << path;
    EXPECT_EQ(code_of(front.get(path + "?api-version=")), "400 MissingApiVersionParameter");
    const auto wrong = front.get(path + "?api-version=yesterday");
    EXPECT_EQ(code_of(wrong), "400 InvalidApiVersionParameter") << path;
    EXPECT_THAT(text_at(wrong, "/error/message"), HasSubstr("'yesterday'"));
    EXPECT_THAT(text_at(wrong, "/error/message"), HasSubstr("2022-01-01"));
    EXPECT_EQ(text_at(wrong, "/error/details"), "array of 0");
  }
  EXPECT_EQ(front.get("/subscriptions?API-Version=2031-05-05&unknown=1").status, 200);
}

TEST(ArmHandler, TakesPathsInEverySpelling) {
  ArmFront front;
  for (const char* path :
       {"/subscriptions", "/SUBSCRIPTIONS", "//subscriptions", "/subscriptions/"})
    EXPECT_EQ(front.get(std::string(path) + "?api-version=2019-11-01").status, 200) << path;
  EXPECT_EQ(front
                .get("//Subscriptions//11111111-1111-1111-1111-111111111111//Locations//"
                     "?x=1&api-version=2019-11-01")
                .status,
            200);
  EXPECT_EQ(front.call(Method::Head, "/subscriptions?api-version=2019-11-01").status, 200);
}

TEST(ArmHandler, SaysWhichSubscriptionIsNone) {
  ArmFront front;
  for (const char* path : {"", "/locations", "/providers", "/resourceGroups/lab"}) {
    const auto other = front.get("/subscriptions/11111111-1111-1111-1111-222222222222" +
                                 std::string(path) + "?api-version=2019-11-01");
    EXPECT_EQ(code_of(other), "404 SubscriptionNotFound") << path;
    EXPECT_EQ(text_at(other, "/error/message"),
              "The subscription '11111111-1111-1111-1111-222222222222' could not be found.");
    const auto none =
        front.get("/subscriptions/mine" + std::string(path) + "?api-version=2019-11-01");
    EXPECT_EQ(code_of(none), "400 InvalidSubscriptionId") << path;
    EXPECT_THAT(text_at(none, "/error/message"), HasSubstr("'mine'"));
  }
}

TEST(ArmHandler, SaysWhichMethodsThereAre) {
  ArmFront front;
  const auto wrong = front.call(Method::Put, "/subscriptions?api-version=2019-11-01");
  EXPECT_EQ(code_of(wrong), "405 MethodNotAllowed");
  EXPECT_THAT(wrong.headers, ElementsAre(http::Header{"Allow", "GET, HEAD"}));
  const auto token = front.call(Method::Delete, "/adfs/oauth2/token");
  EXPECT_THAT(token.headers, ElementsAre(http::Header{"Allow", "GET, HEAD, POST"}));
  EXPECT_EQ(
      code_of(front.get(kSub + "/providers/Microsoft.Network/register?api-version=2021-04-01")),
      "405 MethodNotAllowed");
}

TEST(ArmHandler, KnowsNothingElseAboveSubscriptions) {
  ArmFront front;
  for (const char* path : {"/tenants/x", "/metadata", "/metadata/instance", "/providers/a/b",
                           "/msi", "/adfs", "/adfs/oauth2/authorize"})
    EXPECT_EQ(code_of(front.get(std::string(path) + "?api-version=2019-11-01")),
              "404 MissingSubscription")
        << path;
}

// Remembers what it was handed.
struct Resources final : ResourceCalls {
  void handle(http::Request request, Segments with, http::Done done) override {
    method = request.method;
    segments = std::move(with);
    http::Response response;
    response.status = 201;
    done(response);
  }
  Method method = Method::Get;
  Segments segments;
};

TEST(ArmHandler, HandsOnWhatIsNoneOfItsCalls) {
  Resources resources;
  ArmOptions options;
  options.resources = &resources;
  ArmFront front(options);
  EXPECT_EQ(front.call(Method::Put, kSub + "/ResourceGroups//lab?api-version=2021-04-01").status,
            201);
  EXPECT_EQ(resources.method, Method::Put);
  EXPECT_THAT(resources.segments,
              ElementsAre("subscriptions", "11111111-1111-1111-1111-111111111111", "ResourceGroups",
                          "lab"));
  EXPECT_EQ(front.get(kSub + "/providers/Microsoft.Network/virtualNetworks?api-version=2022-01-01")
                .status,
            201);
  EXPECT_EQ(resources.segments.size(), 5U);
  EXPECT_EQ(code_of(ArmFront().get(kSub + "/resourceGroups/lab?api-version=2021-04-01")),
            "404 ResourceNotFound");
}

TEST(ArmHandler, KnowsItsPaths) {
  for (const char* target :
       {"/subscriptions", "/Subscriptions/x?y", "//tenants", "/metadata/endpoints", "/providers",
        "/adfs", "/adfs/.well-known/openid-configuration",
        "/any/thing/.well-known/openid-configuration", "/t/oauth2/v2.0/token", "/t/oauth2/token",
        "/msi/token", "/subscriptions/%zz", "https://localhost/tenants"})
    EXPECT_TRUE(is_arm(std::string_view(target))) << target;
  for (const char* target : {"", "/", "*", "/livez", "/networking/v1", "/subscription", "/%zz",
                             "/tenant", "/_isthmus/v1/version", "/.well-known", "/oauth2/tokens"})
    EXPECT_FALSE(is_arm(std::string_view(target))) << target;
}

TEST(ArmHandler, IsDocumented) {
  const std::string reference = file_text("docs/api/arm.md");
  for (const RouteInfo& route : arm_routes()) {
    const std::string call =
        "`" + std::string(http::to_string(route.method)) + " " + std::string(route.path) + "`";
    EXPECT_THAT(reference, HasSubstr(call));
  }
#define X(name, status, meaning) EXPECT_THAT(reference, HasSubstr("`" #name "` | " #status " |"));
  ISTHMUS_ARM_ERRORS(X)
#undef X
}

TEST(ArmHandler, GivesTheServersErrorsItsShape) {
  const http::Response body =
      arm_error_body({413, "BodyTooLarge", "It is \"long\"\xff.", "/tenants", "id"});
  EXPECT_EQ(body.status, 413);
  EXPECT_EQ(text_at(body, "/error/code"), "BodyTooLarge");
  EXPECT_EQ(text_at(body, "/error/details"), "array of 0");
  const http::Response full = error_answer(409, "InUse", "It is.", "/properties", {{"A", "b"}});
  EXPECT_EQ(full.body, R"({"error":{"code":"InUse","message":"It is.","target":"/properties",)"
                       R"("details":[{"code":"A","message":"b"}]}})");
}

}  // namespace
}  // namespace isthmus::api::arm
