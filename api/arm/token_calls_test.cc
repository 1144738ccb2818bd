// Tokens: everybody's where nobody is asked, and the caller's own where tokens are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/access/digest.h"
#include "api/arm/unsigned_token.h"
#include "tests/support/arm_front.h"

namespace isthmus::api::arm {
namespace {

using http::Method;
using ::testing::AllOf;
using testing::ArmFront;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::text_at;

constexpr const char* kEndpoint = "/adfs/oauth2/v2.0/token";

// What stands between the two dots, as text.
std::string payload_of(const std::string& token) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const size_t start = token.find('.') + 1;
  std::string text;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : token.substr(start, token.find('.', start) - start)) {
    bits = bits << 6 | static_cast<uint32_t>(kAlphabet.find(c));
    if ((count += 6) >= 8) text += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return text;
}

TEST(UnsignedToken, IsWrittenAsBase64Url) {
  for (const auto& [bytes, text] :
       std::initializer_list<std::pair<std::string, std::string>>{{"", ""},
                                                                  {"f", "Zg"},
                                                                  {"fo", "Zm8"},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg"},
                                                                  {"\xfb\xff", "-_8"}})
    EXPECT_EQ(base64url(bytes), text);
  const std::string token = unsigned_token({"i", "a", "t", "c", 7, 9});
  EXPECT_THAT(token, StartsWith("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0."));
  EXPECT_EQ(token.back(), '.');
  EXPECT_THAT(payload_of(token),
              AllOf(HasSubstr(R"("aud":"a","iss":"i","iat":7,"nbf":7,"exp":9,"appid":"c")"),
                    HasSubstr(R"("tid":"t")")));
}

TEST(ArmToken, IsRefusedToNobodyWhereNobodyIsAsked) {
  ArmFront front;
  for (const char* path :
       {kEndpoint, "/some-tenant/oauth2/token", "/adfs/some-tenant/oauth2/v2.0/token"})
    for (const char* form : {"client_id=lab&client_secret=lab&grant_type=client_credentials", "",
                             "%zz", "client_id=%ff"}) {
      const auto answer = front.call(Method::Post, path, form);
      EXPECT_EQ(answer.status, 200) << path << form;
      EXPECT_EQ(text_at(answer, "/token_type"), "Bearer");
      EXPECT_THAT(answer.headers, Contains(http::Header{"Cache-Control", "no-store"}));
      EXPECT_THAT(payload_of(text_at(answer, "/access_token")),
                  HasSubstr("\"exp\":" + std::to_string(ArmFront::kNowS + 86400)));
    }
  EXPECT_EQ(front.get(kEndpoint).status, 200);
  const auto scoped = front.call(Method::Post, kEndpoint,
                                 "client_id=me&scope=https%3A%2F%2Fhost%2F%2F.default+openid");
  EXPECT_THAT(payload_of(text_at(scoped, "/access_token")),
              AllOf(HasSubstr(R"("aud":"https://host/")"), HasSubstr(R"("appid":"me")")));
}

TEST(ArmToken, IsTheSecretWhereTokensAreAskedFor) {
  ArmOptions options;
  options.asks_for_tokens = true;
  ArmFront front(options);
  const std::string token = access::make_token();
  const auto answer = front.call(Method::Post, kEndpoint, "client_id=ci&client_secret=" + token);
  EXPECT_EQ(text_at(answer, "/access_token"), token);
  for (const char* form :
       {"", "client_id=ci", "client_secret=", "client_secret=%ff", "client_secret=a%20b"}) {
    const auto refused = front.call(Method::Post, kEndpoint, form);
    EXPECT_EQ(refused.status, 401) << form;
    EXPECT_EQ(text_at(refused, "/error"), "invalid_client");
    EXPECT_THAT(text_at(refused, "/error_description"), HasSubstr("isthmus token create"));
  }
  // A path is in logs.
  EXPECT_EQ(front.get(std::string(kEndpoint) + "?client_secret=" + token).status, 401);
}

TEST(ArmToken, SaysWhoAPersonIs) {
  ArmFront front;
  const auto first = front.call(Method::Post, kEndpoint,
                                "grant_type=password&client_id=az&username=me%40lab&password=any");
  EXPECT_THAT(payload_of(text_at(first, "/id_token")),
              AllOf(HasSubstr(R"("aud":"az")"), HasSubstr(R"("preferred_username":"me@lab")")));
  EXPECT_THAT(payload_of(text_at(first, "/access_token")), HasSubstr(R"("idtyp":"user")"));
  EXPECT_THAT(payload_of("." + text_at(first, "/client_info") + "."),
              HasSubstr(R"("utid":")" + std::string(kDefaultTenant)));
  const auto next = front.call(
      Method::Post, kEndpoint,
      "grant_type=refresh_token&client_id=az&refresh_token=" + text_at(first, "/refresh_token"));
  EXPECT_EQ(text_at(next, "/id_token"), text_at(first, "/id_token"));
  EXPECT_EQ(text_at(front.call(Method::Post, kEndpoint, "client_id=az&username=me"), "/id_token"),
            "");

  ArmOptions options;
  options.asks_for_tokens = true;
  const std::string token = access::make_token();
  const auto asked = ArmFront(options).call(
      Method::Post, kEndpoint, "grant_type=password&client_id=az&username=me&password=" + token);
  EXPECT_EQ(text_at(asked, "/access_token"), token);
  EXPECT_EQ(text_at(asked, "/refresh_token"), token);
}

TEST(ArmToken, DoesNotGoOverAWireInTheClear) {
  ArmOptions options;
  options.asks_for_tokens = true;
  ArmFront front(options);
  auto request =
      ArmFront::request_for(Method::Post, kEndpoint, "client_secret=" + access::make_token());
  request.is_tls = false;
  EXPECT_EQ(front.answer(request).status, 200) << "nobody listens in between on loopback";
  request.peer = "192.0.2.7";
  const auto refused = front.answer(request);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(text_at(refused, "/error_description"), HasSubstr("use https"));
}

TEST(ArmIdentity, GetsATokenThatClientsCanRead) {
  ArmFront front;
  for (const char* path : {"/msi/token", "/msi/token/", "/metadata/identity/oauth2/token"}) {
    const auto asked = front.get(std::string(path) + "?resource=https://r/&api-version=2018-02-01");
    EXPECT_EQ(text_at(asked, "/resource"), "https://r/") << path;
    EXPECT_EQ(text_at(asked, "/expires_on"), std::to_string(ArmFront::kNowS + 86400));
    EXPECT_THAT(payload_of(text_at(asked, "/access_token")),
                AllOf(HasSubstr(std::string(kDefaultTenant)), HasSubstr(R"("aud":"https://r/")")));
    EXPECT_EQ(text_at(front.call(Method::Post, path, "resource=https%3A%2F%2Fr%2F"), "/resource"),
              "https://r/");
  }
  EXPECT_EQ(text_at(front.get("/msi/token"), "/resource"), "https://127.0.0.1:8443/");
  ArmOptions options;
  options.asks_for_tokens = true;
  const auto refused = ArmFront(options).get("/msi/token?resource=x");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(text_at(refused, "/error_description"), HasSubstr("service principal"));
}

}  // namespace
}  // namespace isthmus::api::arm
