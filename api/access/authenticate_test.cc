#include "api/access/authenticate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace isthmus::api::access {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kNow = 1'000'000;
const std::string kThumbprint = to_hex(sha256("certificate"));

const Principals kPrincipals = {
    {"reader", Role::Reader, sha256("reads"), {}, {}},
    {"ci", Role::Contributor, sha256("changes"), {}, kNow + 1},
    {"old", Role::Owner, sha256("was-good"), {}, kNow},
    {"alice", Role::Owner, {}, sha256("certificate"), {}},
    {"left", Role::Owner, {}, sha256("left"), kNow},
};
constexpr Accepts kToken = {true, false}, kCertificate = {false, true}, kBoth = {true, true};

http::Request plain(std::string_view authorization = {}) {
  http::Request request;
  request.peer = "127.0.0.1";
  if (!authorization.empty()) request.headers.add("authorization", authorization);
  return request;
}
http::Request with_thumbprint(std::string thumbprint) {
  http::Request request = plain();
  request.is_tls = true;
  request.certificate = {"alice", std::move(thumbprint)};
  return request;
}
auto ask(const http::Request& request, Accepts accepts) {
  return authenticate(request, accepts, kPrincipals, kNow);
}

TEST(Authenticate, AsksNobodyWhereNothingIsAccepted) {
  const auto caller = ask(plain("Bearer unknown"), {});
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, Role::Owner);
  EXPECT_EQ(caller->name, "");
}

TEST(Authenticate, KnowsATokenInTheFormsOfTheHeader) {
  for (const char* header : {"Bearer changes", "bearer changes", "BEARER   changes"}) {
    const auto caller = ask(plain(header), kToken);
    ASSERT_TRUE(caller) << header;
    EXPECT_EQ(caller->name, "ci");
    EXPECT_EQ(caller->role, Role::Contributor);
  }
}

TEST(Authenticate, RefusesWhatIsNoToken) {
  for (const char* header : {"Bearer", "Bearer ", "Bearerchanges", "Basic Y2k6Y2hhbmdlcw==",
                             "changes", "Bearer changes x", "Bearer changes,", "Negotiate AAAA",
                             "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer\tchanges"}) {
    const auto caller = ask(plain(header), kToken);
    ASSERT_FALSE(caller) << header;
    EXPECT_EQ(caller.error().code, ErrorCode::AuthenticationFailed);
    EXPECT_THAT(caller.error().challenge,
                HasSubstr(R"(Bearer realm="isthmus", error="invalid_token")"));
  }
  http::Request twice = plain("Bearer changes");
  twice.headers.add("Authorization", "Bearer changes");
  EXPECT_FALSE(ask(twice, kToken)) << "which of the two counts?";
}

// RFC 6750 section 3.1: who shows nothing is told no error.
TEST(Authenticate, TellsWhoShowsNothingWhatToShow) {
  const auto caller = ask(plain(), kToken);
  ASSERT_FALSE(caller);
  EXPECT_EQ(caller.error().challenge, R"(Bearer realm="isthmus")");
  EXPECT_THAT(caller.error().message, HasSubstr("Authorization: Bearer TOKEN"));
}

TEST(Authenticate, EndsATokenAtItsTime) {
  const auto caller = ask(plain("Bearer was-good"), kToken);
  ASSERT_FALSE(caller);
  EXPECT_THAT(caller.error().message, HasSubstr("good until 1970-01-01T00:16:40Z"));
}

TEST(Authenticate, TakesNoTokenThatOthersCouldRead) {
  for (const char* header : {"Bearer changes", "Bearer unknown"}) {
    http::Request request = plain(header);
    request.peer = "10.0.0.5";
    const auto caller = ask(request, kToken);
    ASSERT_FALSE(caller);
    EXPECT_THAT(caller.error().message, HasSubstr("over plain HTTP")) << "the same for every token";
    request.is_tls = true;
    EXPECT_EQ(ask(request, kToken).has_value(), std::string_view(header) == "Bearer changes");
  }
  for (const char* peer : {"127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback_peer(peer)) << peer;
  for (const char* peer : {"10.0.0.1", "::ffff:10.0.0.1", "1.127.0.0", "fe80::1", ""})
    EXPECT_FALSE(is_loopback_peer(peer)) << peer;
}

TEST(Authenticate, KnowsACertificateByItsThumbprint) {
  const auto caller = ask(with_thumbprint(kThumbprint), kCertificate);
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ(caller->name, "alice");
  const auto unknown = ask(with_thumbprint(to_hex(sha256("other"))), kCertificate);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("'alice'")) << "the name on it proves nothing";
  EXPECT_THAT(unknown.error().message, HasSubstr(to_hex(sha256("other"))));
  EXPECT_FALSE(ask(with_thumbprint(to_hex(sha256("left"))), kCertificate)) << "its time is over";
  EXPECT_FALSE(ask(with_thumbprint(""), kCertificate));
  EXPECT_FALSE(ask(with_thumbprint(kThumbprint), kToken)) << "not asked for";
  EXPECT_FALSE(ask(plain("Bearer changes"), kCertificate)) << "not asked for";
}

TEST(Authenticate, NeverMakesABadTokenGoodByACertificate) {
  http::Request request = with_thumbprint(kThumbprint);
  EXPECT_EQ(ask(request, kBoth)->name, "alice");
  request.headers.add("Authorization", "Bearer unknown");
  EXPECT_FALSE(ask(request, kBoth));
}

TEST(Authenticate, SaysNothingOfATokenInItsRefusals) {
  for (const char* header : {"Bearer secret-canary", "Basic secret-canary", "secret-canary"}) {
    const auto caller = ask(plain(header), kToken);
    ASSERT_FALSE(caller);
    EXPECT_THAT(caller.error().message + caller.error().challenge, Not(HasSubstr("canary")));
  }
}

TEST(Admit, ComparesTheRoleWithWhatTheCallNeeds) {
  const auto admitted = [](std::string_view header, Role needed) {
    return admit(plain(header), needed, kToken, kPrincipals, kNow);
  };
  EXPECT_TRUE(admitted("Bearer reads", Role::Reader));
  EXPECT_TRUE(admitted("Bearer changes", Role::Reader));
  EXPECT_TRUE(admitted("Bearer changes", Role::Contributor));
  const auto refused = admitted("Bearer reads", Role::Contributor);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::AuthorizationFailed);
  EXPECT_EQ(refused.error().message,
            "'reader' is a reader, and this call needs the role contributor.");
  EXPECT_THAT(refused.error().challenge, HasSubstr(R"(error="insufficient_scope")"));
  EXPECT_THAT(refused.error().challenge, HasSubstr(R"(scope="contributor")"));
  EXPECT_EQ(refused.error().principal, "reader");
}

TEST(Admit, LetsAnybodyMakeOpenCalls) {
  for (const char* header : {"", "Bearer unknown", "Bearer was-good", "Basic x"}) {
    const auto caller = admit(plain(header), Role::Anyone, kToken, kPrincipals, kNow);
    ASSERT_TRUE(caller) << header;
    EXPECT_EQ(caller->name, "");
  }
  EXPECT_EQ(admit(plain("Bearer reads"), Role::Anyone, kToken, kPrincipals, kNow)->name, "reader");
}

}  // namespace
}  // namespace isthmus::api::access
