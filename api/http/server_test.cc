// The server against a plain client: what travels, in which order, and when the connection ends.
#include "api/http/server.h"

#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "tests/support/http_server.h"

namespace isthmus::api::http {
namespace {

using namespace isthmus::test;

TEST(Server, AnswersWithWhatTheHandlerSays) {
  TestServer test;
  const std::string answer = test.exchange(put("/a%20b", "{}", kClose));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_TRUE(answer.ends_with("Connection: close\r\n\r\n<PUT /a b {}>")) << answer;
  EXPECT_THAT(answer, testing::ContainsRegex("x-ms-request-id: [0-9a-f-]{36}\r\n"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  TestServer test;
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += get((i % 2 == 0 ? "/late/" : "/now/") + std::to_string(i));
  requests += get("/last", kClose);
  const std::string answers = test.exchange(requests);
  size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    const size_t next = answers.find("/" + std::to_string(i) + " >", at);
    ASSERT_NE(next, std::string::npos) << i;
    at = next;
  }
  EXPECT_NE(answers.find("<GET /last >", at), std::string::npos);
}

TEST(Server, TakesARequestByteByByte) {
  TestServer test;
  HttpClient client(test.server.port());
  for (const char byte : put("/slow", "{\"a\":1}", kClose)) client.send({&byte, 1});
  EXPECT_NE(client.read_to_end().find("<PUT /slow {\"a\":1}>"), std::string::npos);
}

TEST(Server, TakesChunksAndDropsTrailers) {
  TestServer test;
  const std::string answer = test.exchange(
      "POST /c HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: "
      "close\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nHost: "
      "evil.example\r\n\r\n");
  EXPECT_NE(answer.find("<POST /c {\"a\":1}>"), std::string::npos) << answer;
}

TEST(Server, HeadHasTheLengthButNotTheBody) {
  TestServer test;
  const std::string answer =
      test.exchange("HEAD /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 10\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(Server, ARefusedHeadHasNoBodyEither) {
  TestServer test;
  for (const std::string_view request :
       {"HEAD / HTTP/1.1\r\nHost: localhost\r\n folded\r\n\r\n", "HEAD /a b HTTP/1.1\r\n\r\n",
        "HEAD /a HTTP/1.1\r\n\r\n"}) {
    const std::string answer = test.exchange(request);
    EXPECT_EQ(status_of(answer), 400) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  }
}

TEST(Server, SkipsEmptyLinesBeforeARequest) {
  TestServer test;
  HttpClient client(test.server.port());
  for (const char byte : "\r\n\r\n" + get("/a", kClose)) client.send({&byte, 1});
  EXPECT_NE(client.read_to_end().find("<GET /a >"), std::string::npos);
}

TEST(Server, SendsContinueBeforeABodyThatWaitsForIt) {
  TestServer test;
  HttpClient client(test.server.port());
  const std::string request = put("/a", "{}", "Expect: 100-continue\r\nConnection: close\r\n");
  client.send(request.substr(0, request.size() - 2));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  EXPECT_NE(client.read_to_end().find("<PUT /a {}>"), std::string::npos);
}

TEST(Server, EchoesTheClientsRequestIdWhenAsked) {
  TestServer test;
  const std::string id = "x-ms-client-request-id: my-id\r\n";
  EXPECT_NE(
      test.exchange(get("/a", id + "x-ms-return-client-request-id: True\r\nConnection: close\r\n"))
          .find(id),
      std::string::npos);
  EXPECT_EQ(test.exchange(get("/a", id + "Connection: close\r\n")).find(id), std::string::npos);
}

TEST(Server, WrongTypeDoesNotEndTheConnection) {
  TestServer test;
  HttpClient client(test.server.port());
  client.send("PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}" +
              get("/b", kClose));
  const std::string& answers = client.read_to_end();
  EXPECT_EQ(status_of(answers), 415) << answers;
  EXPECT_NE(answers.find("<GET /b >"), std::string::npos) << answers;
}

TEST(Server, AHandlerThatThrowsIsOneError) {
  TestServer test;
  HttpClient client(test.server.port());
  client.send(get("/throw") + get("/answer-then-throw", kClose));
  const std::string& answers = client.read_to_end();
  EXPECT_EQ(status_of(answers), 500);
  EXPECT_EQ(answers.find("on purpose"), std::string::npos) << "internals stay inside";
  EXPECT_NE(answers.find("<GET /answer-then-throw >"), std::string::npos) << answers;
}

TEST(Server, ASecondAnswerIsDropped) {
  TestServer test;
  const std::string answers = test.exchange(get("/twice") + get("/after", kClose));
  EXPECT_EQ(answers.find("<GET /twice >"), answers.rfind("<GET /twice >"));
  EXPECT_NE(answers.find("<GET /after >"), std::string::npos);
}

TEST(Server, SendsABigAnswerToAClientThatHasEndedItsSide) {
  TestServer test;
  HttpClient client(test.server.port());
  client.send(get("/big", kClose));
  client.end_sending();
  EXPECT_GT(client.read_to_end().size(), 4'000'000u);
}

TEST(Server, KeepsHttp10ConnectionsOnlyWhenAsked) {
  TestServer test;
  EXPECT_NE(test.exchange("GET /a HTTP/1.0\r\n\r\n").find(kClose), std::string::npos);
  HttpClient client(test.server.port());
  client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n");
  const std::string& answers = client.read_to_end();
  EXPECT_NE(answers.find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_NE(answers.find("<GET /b >"), std::string::npos);
}

TEST(Server, CountsRequests) {
  TestServer test;
  test.exchange(get("/a") + put("/b", "{}") + "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Metrics& metrics = test.server.metrics();
  EXPECT_EQ(metrics.requests[static_cast<size_t>(Method::Get)][1], 1u);
  EXPECT_EQ(metrics.requests[static_cast<size_t>(Method::Put)][1], 1u);
  EXPECT_EQ(metrics.requests[Metrics::kOtherMethod][3], 1u);
  EXPECT_EQ(metrics.guard_refusals, 1u);
  EXPECT_EQ(metrics.connections_accepted, 1u);
}

TEST(Server, LogsOneLineARequest) {
  std::ostringstream log;
  const auto logger = std::make_shared<spdlog::logger>(
      "access", std::make_shared<spdlog::sinks::ostream_sink_mt>(log));
  logger->set_pattern("%v");
  spdlog::register_logger(logger);
  {
    TestServer test;
    logger->set_level(spdlog::level::info);
    test.exchange(get("/a%20b?c", kClose));
  }
  spdlog::drop("access");
  EXPECT_THAT(
      log.str(),
      testing::MatchesRegex("GET /a%20b\\?c 200 [0-9]+us id=[0-9a-f-]{36} peer=127\\.0\\.0\\.1\n"));
}

TEST(Server, ManyClientsAtOnce) {
  TestServer test;
  constexpr int kClients = 16, kRequests = 100;
  std::vector<std::thread> threads;
  threads.reserve(kClients);
  std::atomic<int> answered{0};
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      HttpClient client(test.server.port());
      for (int k = 1; k <= kRequests; ++k) {
        client.send(k % 2 == 0 ? get("/now") : put("/late/" + std::to_string(i), "{}"));
        const std::string& all = client.read_until("x-ms-request-id", k);
        if (status_of(all) == 200) ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, kClients * kRequests);
}

}  // namespace
}  // namespace isthmus::api::http
