// Peering across subscriptions, and a policy that narrows it.
#include "api/arm/linked_access.h"

#include <gtest/gtest.h>

#include "api/access/policy.h"
#include "api/arm/unsigned_token.h"
#include "tests/support/arm_front.h"
#include "tests/support/in_process.h"

namespace isthmus::api::arm {
namespace {

using http::Method;
using testing::code_of;
using testing::InProcess;
using testing::text_at;

constexpr const char* kVersion = "?api-version=2022-01-01";
constexpr const char* kOwn = "11111111-1111-1111-1111-111111111111";
constexpr const char* kOther = "22222222-2222-2222-2222-222222222222";

std::string group(const std::string& subscription) {
  return "/subscriptions/" + subscription + "/resourceGroups/lab";
}
std::string network(const std::string& subscription) {
  return group(subscription) + "/providers/Microsoft.Network/virtualNetworks/hub";
}

http::Headers token_of(std::string_view client, std::string_view user = {}) {
  http::Headers headers;
  headers.add("Authorization", "Bearer " + unsigned_token({"", "", "", client, 0, 0, user}));
  return headers;
}

// Two networks, one in each subscription, and what the policy is.
class LinkedAccess : public ::testing::Test {
 protected:
  LinkedAccess() : process_(options()) {
    for (const char* subscription : {kOwn, kOther})
      process_.call(Method::Put, group(subscription) + kVersion, R"({"location":"westeurope"})");
    put_network(kOwn, "10.0.0.0/16");
    put_network(kOther, "10.1.0.0/16");
  }

  http::Response put_network(const char* subscription, const std::string& prefix,
                             const http::Headers& headers = {}) {
    return process_.call(Method::Put, network(subscription) + kVersion,
                         R"({"location":"westeurope","properties":{"addressSpace":)"
                         R"({"addressPrefixes":[")" +
                             prefix + R"("]}}})",
                         headers);
  }
  http::Response put_peering(const char* from, const char* to, const http::Headers& headers = {},
                             const std::string& query = "") {
    return process_.call(
        Method::Put, network(from) + "/virtualNetworkPeerings/across" + kVersion + query,
        R"({"properties":{"remoteVirtualNetwork":{"id":")" + network(to) + R"("}}})", headers);
  }
  void set_policy(const char* text) { policy_ = *access::parse_policy(text); }

  InProcess::Options options() {
    InProcess::Options options;
    options.front.subscriptions = [] {
      return std::vector<ListedSubscription>{{kOwn, "own"}, {kOther, "other"}};
    };
    options.azure.may_link = [this](std::string_view client, std::string_view action,
                                    const ResourceId& linked) {
      return access::allows(policy_,
                            {client, action, linked.ancestor(Kind::Subscription).name(), ""});
    };
    return options;
  }

  access::Policy policy_;
  InProcess process_;
};

TEST_F(LinkedAccess, IsGrantedWhereNoPolicySaysOtherwise) {
  EXPECT_EQ(put_peering(kOwn, kOther).status, 201);
  EXPECT_EQ(text_at(put_peering(kOther, kOwn), "/properties/peeringState"), "Connected");
}

TEST_F(LinkedAccess, IsRefusedInTheWordsOfAzure) {
  set_policy("- {effect: deny, subscription: 22222222-2222-2222-2222-222222222222}");
  const auto refused = put_peering(kOwn, kOther, token_of("ci"));
  EXPECT_EQ(code_of(refused), "403 LinkedAuthorizationFailed");
  EXPECT_EQ(text_at(refused, "/error/message"),
            "The client 'ci' with object id '" + object_id("ci") +
                "' has permission to perform action "
                "'Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write' on scope '" +
                network(kOwn) +
                "/virtualNetworkPeerings/across'; however, it does not have permission to perform "
                "action 'Microsoft.Network/virtualNetworks/peer/action' on the linked scope(s) '" +
                network(kOther) + "' or the linked scope(s) are invalid.");
  EXPECT_EQ(put_peering(kOther, kOwn).status, 201) << "the other subscription is linked to freely";
}

TEST_F(LinkedAccess, IsOfThePrincipal) {
  set_policy("- {effect: allow, principal: ann}\n- {effect: deny}");
  EXPECT_EQ(put_peering(kOwn, kOther).status, 403) << "an address";
  EXPECT_EQ(put_peering(kOwn, kOther, token_of("az", "bob")).status, 403);
  EXPECT_EQ(put_peering(kOwn, kOther, token_of("az", "ann")).status, 201) << "a user of a client";
}

TEST_F(LinkedAccess, IsNeededToSynchroniseAndToResize) {
  put_peering(kOwn, kOther);
  put_peering(kOther, kOwn);
  set_policy("- {effect: deny, principal: ci}");
  const http::Headers ci = token_of("ci");
  const auto resized = put_network(kOwn, "10.2.0.0/16", ci);
  EXPECT_EQ(code_of(resized), "403 LinkedAuthorizationFailed");
  EXPECT_NE(text_at(resized, "/error/message")
                .find("action 'Microsoft.Network/virtualNetworks/write' on scope '" +
                      network(kOwn) + "'"),
            std::string::npos);
  EXPECT_EQ(put_network(kOwn, "10.0.0.0/16", ci).status, 200) << "no resize";
  EXPECT_EQ(put_network(kOwn, "10.2.0.0/16").status, 200);
  EXPECT_EQ(put_peering(kOther, kOwn, ci, "&syncRemoteAddressSpace=true").status, 403);
  const auto synced = put_peering(kOther, kOwn, {}, "&syncRemoteAddressSpace=true");
  EXPECT_EQ(text_at(synced, "/properties/peeringSyncLevel"), "FullyInSync");
}

TEST_F(LinkedAccess, IsNotAskedForInOneSubscription) {
  set_policy("- {effect: deny}");
  const std::string other = group(kOwn) + "/providers/Microsoft.Network/virtualNetworks/spoke";
  process_.call(
      Method::Put, other + kVersion,
      R"({"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.3.0.0/16"]}}})");
  const auto peered =
      process_.call(Method::Put, network(kOwn) + "/virtualNetworkPeerings/near" + kVersion,
                    R"({"properties":{"remoteVirtualNetwork":{"id":")" + other + R"("}}})");
  EXPECT_EQ(peered.status, 201);
}

TEST(ClientOf, IsThePrincipalOrElseWhomTheTokenNames) {
  http::Request request;
  request.peer = "127.0.0.1";
  EXPECT_EQ(client_of(request), "127.0.0.1");
  request.headers.add("Authorization", "Bearer not-a-token");
  EXPECT_EQ(client_of(request), "127.0.0.1");
  request.headers = token_of("ci");
  EXPECT_EQ(client_of(request), "ci");
  request.principal = "ann";
  EXPECT_EQ(client_of(request), "ann");
}

TEST(UnsignedToken, Base64UrlIsReadBack) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe\x00z"})
    EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
  EXPECT_EQ(from_base64url("a b"), std::nullopt);
}

}  // namespace
}  // namespace isthmus::api::arm
