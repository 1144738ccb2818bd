#include "api/http/message.h"

#include <gtest/gtest.h>

#include "api/http/metrics.h"

namespace isthmus::api::http {
namespace {

TEST(Method, NamesAreCaseSensitive) {
  for (int i = 0; i < kMethodCount; ++i) {
    const auto method = static_cast<Method>(i);
    EXPECT_EQ(method_named(to_string(method)), method);
  }
  for (const char* name : {"get", "GETS", "", "TRACE", "CONNECT"})
    EXPECT_EQ(method_named(name), std::nullopt) << name;
}

TEST(Method, OnlyReadingIsSafe) {
  EXPECT_TRUE(is_safe(Method::Get));
  EXPECT_TRUE(is_safe(Method::Head));
  EXPECT_TRUE(is_safe(Method::Options));
  for (const Method method : {Method::Put, Method::Post, Method::Delete, Method::Patch})
    EXPECT_FALSE(is_safe(method));
}

TEST(Headers, AreFoundWithoutCase) {
  Headers headers;
  headers.add("Content-Type", "a");
  headers.add("content-type", "b");
  headers.add("X", "c");
  EXPECT_EQ(headers.get("CONTENT-TYPE"), "a");
  EXPECT_EQ(headers.get("x"), "c");
  EXPECT_EQ(headers.get("Content"), std::nullopt);
  EXPECT_EQ(headers.size(), 3u);
}

TEST(Request, PrintsItsPath) {
  Request request;
  request.trailing_slash = true;
  EXPECT_EQ(request.path(), "/");
  request.segments = {"a", "b c"};
  EXPECT_EQ(request.path(), "/a/b c/");
  request.trailing_slash = false;
  EXPECT_EQ(request.path(), "/a/b c");
}

TEST(Request, FindsParametersWithoutCase) {
  Request request;
  request.query = {{"dryRun", "true"}, {"DRYRUN", "false"}};
  EXPECT_EQ(request.parameter("DryRun"), "true");
  EXPECT_EQ(request.parameter("prune"), std::nullopt);
}

TEST(JsonEscaped, LeavesOneValidLine) {
  EXPECT_EQ(json_escaped("plain é"), "plain é");
  EXPECT_EQ(json_escaped("a\"b\\c\r\n\x7f"), "a\\\"b\\\\c\\u000d\\u000a\\u007f");
  EXPECT_EQ(json_escaped("\xff"), "\\u00ff") << "a byte that is not UTF-8";
}

TEST(DefaultErrorBody, IsAnErrorObject) {
  const Response response =
      default_error_body({421, "HostNotAllowed", "No \"such\" host.", "/x", "id"});
  EXPECT_EQ(response.status, 421);
  EXPECT_EQ(response.body, R"({"error":{"code":"HostNotAllowed","message":"No \"such\" host."}})");
  EXPECT_EQ(response.content_type, kJsonContentType);
}

TEST(Metrics, CountsByMethodClassAndBucket) {
  Metrics metrics;
  metrics.count(static_cast<int>(Method::Put), 201, std::chrono::microseconds(50));
  metrics.count(static_cast<int>(Method::Put), 204, std::chrono::microseconds(51));
  metrics.count(Metrics::kOtherMethod, 400, std::chrono::seconds(100));
  EXPECT_EQ(metrics.requests[static_cast<size_t>(Method::Put)][1], 2u);
  EXPECT_EQ(metrics.requests[Metrics::kOtherMethod][3], 1u);
  EXPECT_EQ(metrics.durations[0], 1u) << "an upper bound belongs to its bucket";
  EXPECT_EQ(metrics.durations[1], 1u);
  EXPECT_EQ(metrics.durations.back(), 1u);
  EXPECT_EQ(metrics.duration_sum_us, 100'000'101u);
}

}  // namespace
}  // namespace isthmus::api::http
