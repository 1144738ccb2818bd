// What calls hand to Operations, and what clients ask of them. The story of a client is in
// tests/cases/azure_operations.case.
#include "api/arm/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/arm/answers.h"
#include "tests/support/arm_front.h"
#include "tests/support/in_process.h"

namespace isthmus::api::arm {
namespace {

using http::Method;
using testing::ArmFront;
using testing::code_of;
using ::testing::HasSubstr;
using testing::InProcess;
using testing::text_at;

constexpr const char* kSub = ArmFront::kSubscription;
constexpr const char* kLocations =
    "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.Network/locations/";

std::string header(const http::Response& response, std::string_view name) {
  for (const http::Header& field : response.headers) {
    if (field.name == name) return field.value;
  }
  return {};
}

class AzureOperations : public ::testing::Test {
 protected:
  explicit AzureOperations(config::Lro lro = config::Lro::Async)
      : operations_(process_.controller(), {lro, std::chrono::milliseconds(500), 3, 100}) {}

  static ResourceId network(const std::string& below = "") {
    return *ResourceId::parse(
        std::string(kSub) + "/resourceGroups/lab/providers/Microsoft.Network/virtualNetworks/hub" +
            below,
        Realm::Azure);
  }

  // A call as it comes, called `name`, which answers this after it has begun; what the client sees.
  http::Response call(Method method, const std::string& name, http::Response answer,
                      Pace pace = Pace::Operation) {
    http::Response seen;
    http::Done done = [&seen](http::Response response) { seen = std::move(response); };
    if (auto busy = begin(method, name, pace, done)) return *busy;
    done(std::move(answer));
    return seen;
  }
  std::optional<http::Response> begin(Method method, const std::string& name, Pace pace,
                                      http::Done& done, const ResourceId& id = network()) {
    http::Request request = ArmFront::request_for(method, id.path() + "?api-version=2022-01-01");
    request.request_id = name;
    return operations_.begin(request, id, pace, done);
  }

  static Place place(const std::string& name, const std::string& subscription = kSub) {
    Place place;
    place.id = *ResourceId::parse(subscription, Realm::Azure);
    place.name = name;
    return place;
  }
  http::Response status(const std::string& name) const { return operations_.status(place(name)); }
  http::Response result(const std::string& name) const {
    const auto path = std::string(kLocations) + "global/operationResults/" + name;
    return operations_.result(ArmFront::request_for(Method::Get, path + "?api-version=2022-01-01"),
                              place(name));
  }

  InProcess process_;
  Operations operations_;
};

struct WithoutOperations : AzureOperations {
  WithoutOperations() : AzureOperations(config::Lro::Sync) {}
};

TEST_F(AzureOperations, GiveTheBodyOfAnActionAtItsResult) {
  const auto accepted = call(Method::Post, "ask", json_answer(200, R"({"value":[1]})"));
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(accepted.body, "");
  EXPECT_EQ(header(accepted, "Location"), "https://127.0.0.1:8443" + std::string(kLocations) +
                                              "global/operationResults/ask?api-version=2022-01-01");
  EXPECT_EQ(header(accepted, "Azure-AsyncOperation"), "");
  EXPECT_EQ(header(accepted, "Retry-After"), "1");
  EXPECT_EQ(result("ask").status, 202);
  EXPECT_EQ(header(result("ask"), "Location"), header(accepted, "Location"));
  EXPECT_EQ(status("ASK").body, R"({"status":"InProgress"})");
  process_.pass(std::chrono::milliseconds(500));
  EXPECT_EQ(result("ask").status, 200);
  EXPECT_EQ(result("ask").body, R"({"value":[1]})");
  EXPECT_EQ(status("ask").body, R"({"status":"Succeeded"})");
}

TEST_F(WithoutOperations, AreNone) {
  const auto answer = call(Method::Post, "ask", json_answer(200, "[]"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "[]");
  EXPECT_EQ(header(answer, "Retry-After"), "");
  EXPECT_EQ(code_of(status("ask")), "404 ResourceNotFound");
  http::Done first, second;
  EXPECT_FALSE(begin(Method::Put, "one", Pace::Operation, first));
  EXPECT_FALSE(begin(Method::Put, "two", Pace::Operation, second));
}

TEST_F(AzureOperations, LeaveOtherAnswersAsTheyAre) {
  EXPECT_EQ(call(Method::Post, "now", json_answer(200, "[]"), Pace::AtOnce).status, 200);
  EXPECT_EQ(call(Method::Get, "get", json_answer(200, "[]"), Pace::AtOnce).status, 200);
  EXPECT_EQ(call(Method::Post, "bad", json_answer(400, "{}")).status, 400);
  for (const char* name : {"now", "get", "bad"}) EXPECT_EQ(status(name).status, 404) << name;
}

// The second comes while the first has no answer yet: the check and the claim are one step.
TEST_F(AzureOperations, KeepWritesOnOneNetworkApart) {
  http::Response seen;
  http::Done first = [&seen](http::Response response) { seen = std::move(response); };
  ASSERT_FALSE(begin(Method::Put, "one", Pace::Operation, first, network("/subnets/a")));
  http::Done second = [](const http::Response&) { FAIL(); };
  for (const Pace pace : {Pace::Operation, Pace::AtOnce}) {
    const auto busy = begin(Method::Put, "two", pace, second, network("/subnets/b"));
    ASSERT_TRUE(busy);
    EXPECT_EQ(code_of(*busy), "409 AnotherOperationInProgress");
    EXPECT_EQ(text_at(*busy, "/error/message"),
              "Another operation on this or dependent resource is in progress. To retrieve status "
              "of the operation use uri: https://127.0.0.1:8443" +
                  std::string(kLocations) + "global/operations/one?api-version=2022-01-01.");
  }
  http::Done third;
  EXPECT_FALSE(begin(Method::Post, "three", Pace::Operation, third)) << "a question is no write";
  first(json_answer(409, "{}"));
  EXPECT_EQ(seen.status, 409);
  EXPECT_FALSE(begin(Method::Put, "two", Pace::Operation, second, network("/subnets/b")));
}

TEST_F(AzureOperations, ThatAreNeverAnsweredKeepNothing) {
  {
    http::Done abandoned;
    ASSERT_FALSE(begin(Method::Put, "one", Pace::Operation, abandoned));
    http::Done second;
    ASSERT_TRUE(begin(Method::Put, "two", Pace::Operation, second));
  }
  http::Done third;
  EXPECT_FALSE(begin(Method::Put, "three", Pace::Operation, third));
}

TEST_F(AzureOperations, SayWhyTheyFailed) {
  operations_.remember("gone", {Method::Put, network(), error_answer(409, "InUse", "It is.")});
  EXPECT_EQ(status("gone").body, R"({"status":"InProgress"})");
  process_.pass(std::chrono::milliseconds(500));
  EXPECT_EQ(status("gone").body,
            R"({"status":"Failed","error":{"code":"InUse","message":"It is.","details":[]}})");
  EXPECT_EQ(code_of(result("gone")), "409 InUse");
}

TEST_F(AzureOperations, AreForgottenWhenThereAreManyOrTheirBodiesAreLarge) {
  for (const char* name : {"a", "b", "c", "d"})
    operations_.remember(name, {Method::Put, network(), {}});
  EXPECT_EQ(status("a").status, 404);
  EXPECT_EQ(status("b").status, 200);
  operations_.remember("e", {Method::Post, network(), json_answer(200, std::string(60, ' '))});
  operations_.remember("f", {Method::Post, network(), json_answer(200, std::string(41, ' '))});
  EXPECT_EQ(status("e").status, 404);
  EXPECT_EQ(status("f").status, 200);
}

TEST_F(AzureOperations, GiveWhatThereIsNowAsTheResultOfAPut) {
  const std::string group = std::string(kSub) + "/resourceGroups/lab";
  process_.call(Method::Put, group + "?api-version=2021-04-01", R"({"location":"westeurope"})");
  process_.call(
      Method::Put, network().path() + "?api-version=2022-01-01",
      R"({"location":"westeurope","properties":{"addressSpace":{"addressPrefixes":["10.0.0.0/16"]}}})");
  operations_.remember("one", {Method::Put, network(), {}});
  EXPECT_EQ(result("one").status, 202);
  process_.pass(std::chrono::milliseconds(500));
  EXPECT_EQ(text_at(result("one"), "/properties/provisioningState"), "Succeeded");
  process_.call(Method::Delete, group + "?api-version=2021-04-01");
  EXPECT_EQ(result("one").status, 204);
}

TEST_F(AzureOperations, BelongToASubscription) {
  operations_.remember("one", {Method::Put, network(), {}});
  EXPECT_EQ(status("one").status, 200);
  const auto other =
      operations_.status(place("one", "/subscriptions/11111111-1111-1111-1111-222222222222"));
  EXPECT_EQ(code_of(other), "404 ResourceNotFound");
  EXPECT_THAT(text_at(other, "/error/message"), HasSubstr("There is no operation 'one'."));
}

}  // namespace
}  // namespace isthmus::api::arm
