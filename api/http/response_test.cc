#include "api/http/response.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/http/access_log.h"

namespace isthmus::api::http {
namespace {

std::string head_of(const Response& response,
                    const ResponseContext& context = {"DATE", "ID", "", 11}) {
  std::string out;
  append_head(out, response, context);
  return out;
}

TEST(ResponseHead, HasWhatEveryAnswerHas) {
  Response response;
  response.status = 201;
  response.body = "{}";
  response.headers = {{"ETag", "W/\"x\""}};
  EXPECT_EQ(head_of(response),
            "HTTP/1.1 201 Created\r\nDate: DATE\r\nServer: isthmus\r\nx-ms-request-id: ID\r\n"
            "Content-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\nETag: "
            "W/\"x\"\r\n\r\n");
}

TEST(ResponseHead, NoValueCanAddALine) {
  Response response;
  response.headers = {{"Location", "/a\r\nSet-Cookie: x=1\x7f"}};
  EXPECT_NE(head_of(response).find("Location: /a  Set-Cookie: x=1 \r\n\r\n"), std::string::npos);
  const std::string echoed = head_of({}, {"DATE", "ID", "a\nb", 11});
  EXPECT_NE(echoed.find("x-ms-client-request-id: a b\r\n"), std::string::npos);
}

TEST(ResponseHead, NoContentHasNoLength) {
  Response response;
  response.status = 204;
  response.body = "ignored";
  EXPECT_EQ(
      head_of(response),
      "HTTP/1.1 204 No Content\r\nDate: DATE\r\nServer: isthmus\r\nx-ms-request-id: ID\r\n\r\n");
}

TEST(ResponseHead, AnEmptyBodyHasALengthButNoType) {
  const std::string head = head_of({});
  EXPECT_NE(head.find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Type"), std::string::npos);
}

TEST(ResponseHead, SaysWhetherTheConnectionGoesOn) {
  EXPECT_EQ(head_of({}).find("Connection"), std::string::npos);
  EXPECT_NE(head_of({}, {"DATE", "ID", "", 10}).find("Connection: keep-alive\r\n"),
            std::string::npos);
  EXPECT_NE(head_of({}, {"DATE", "ID", "", 11, Connection::Close}).find("Connection: close\r\n"),
            std::string::npos);
}

TEST(ResponseHead, AnImpossibleStatusIsOurMistake) {
  for (const int status : {0, 99, 100, 101, 600, -1}) {
    Response response;
    response.status = status;
    EXPECT_TRUE(head_of(response).starts_with("HTTP/1.1 500 Internal Server Error\r\n")) << status;
  }
  EXPECT_EQ(reason_phrase(299), "Other");
}

TEST(HttpDate, IsRfc1123) {
  EXPECT_EQ(http_date(784111777),
            "Sun, 06 Nov 1994 08:49:37 GMT");  // the example of RFC 9110 section 5.6.7
  EXPECT_EQ(http_date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(HttpDate, CacheFollowsTheClockBothWays) {
  DateCache cache;
  for (const std::time_t now : {784111777, 784111777, 784111778, 784111776}) {
    EXPECT_EQ(cache.at(now), http_date(now));
  }
}

TEST(RequestId, IsARandomUuid) {
  const std::string version_4 =
      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = random_request_id();
    EXPECT_THAT(id, ::testing::MatchesRegex(version_4));
    EXPECT_TRUE(seen.insert(id).second) << id;
  }
}

TEST(AccessLine, NamesTheRequestInBothFormats) {
  const AccessRecord record{"PUT", "/a?b", "ID", "::1", 201, std::chrono::microseconds(412)};
  EXPECT_EQ(access_line(record, AccessLogFormat::Text), "PUT /a?b 201 412us id=ID peer=::1");
  EXPECT_EQ(
      access_line(record, AccessLogFormat::Json),
      R"("method":"PUT","path":"/a?b","status":201,"duration_us":412,"request_id":"ID","peer":"::1")");
}

TEST(AccessLine, NamesWhoAskedWhereThatIsKnown) {
  AccessRecord record{"PUT", "/a", "ID", "::1", 201, std::chrono::microseconds(412)};
  record.principal = "ci";
  EXPECT_TRUE(access_line(record, AccessLogFormat::Text).ends_with(" peer=::1 principal=ci"));
  EXPECT_TRUE(
      access_line(record, AccessLogFormat::Json).ends_with(R"(,"peer":"::1","principal":"ci")"));
}

TEST(AccessLine, EscapesWhatClientsSend) {
  const AccessRecord record{"-", "/a\r\n\"", "ID", "::1", 400, std::chrono::microseconds(1)};
  for (const AccessLogFormat format : {AccessLogFormat::Text, AccessLogFormat::Json}) {
    const std::string line = access_line(record, format);
    EXPECT_NE(line.find("/a\\u000d\\u000a\\\""), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace isthmus::api::http
