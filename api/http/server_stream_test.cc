// Bodies that come piece by piece.
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/http/server.h"
#include "tests/support/http_server.h"

namespace isthmus::api::http {
namespace {

using namespace isthmus::test;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

TEST(ServerStream, SendsEachPieceAsAChunkWhenItIsThere) {
  TestServer test;
  HttpClient client(test.server.port());
  client.send(get("/stream"));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_EQ(status_of(head), 200);
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(head, HasSubstr(kClose));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  test.handler.give("one");
  EXPECT_THAT(client.read_until("one\r\n"), EndsWith("\r\n\r\n3\r\none\r\n"));
  test.handler.give("");  // no chunk: that would be the end
  test.handler.give(std::string(20, 'x'));
  client.read_until("xxx\r\n");
  test.handler.give(std::nullopt);
  EXPECT_THAT(client.read_to_end(),
              EndsWith("\r\n\r\n3\r\none\r\n14\r\nxxxxxxxxxxxxxxxxxxxx\r\n0\r\n\r\n"));
  test.handler.wait_until_stream_is_gone();
}

TEST(ServerStream, HasNoChunksInHttp10) {
  TestServer test;
  HttpClient client(test.server.port());
  client.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  test.handler.give("one");
  test.handler.give("two");
  test.handler.give(std::nullopt);
  const std::string& answer = client.read_to_end();
  EXPECT_THAT(answer, HasSubstr(kClose));
  EXPECT_THAT(answer, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nonetwo"));
}

TEST(ServerStream, HeadAsksForNoPiece) {
  TestServer test;
  const std::string answers =
      test.exchange("HEAD /stream HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/after", kClose));
  EXPECT_THAT(answers, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answers, HasSubstr("<GET /after >")) << "the connection goes on";
  test.handler.wait_until_stream_is_gone();
}

TEST(ServerStream, EndsWhenTheClientGoesWhileItWaits) {
  TestServer test;
  {
    HttpClient client(test.server.port());
    client.send(get("/stream"));
    client.read_until("\r\n\r\n");
  }
  test.handler.wait_until_stream_is_gone();
}

TEST(ServerStream, IsTheLastAnswerOfItsConnection) {
  TestServer test;
  HttpClient client(test.server.port());
  client.send(get("/stream") + get("/after"));
  test.handler.give("one");
  test.handler.give(std::nullopt);
  EXPECT_THAT(client.read_to_end(), EndsWith("3\r\none\r\n0\r\n\r\n"));
}

TEST(ServerStream, EndsThoughTheClientKeepsSending) {
  TestServer test;
  HttpClient client(test.server.port());
  client.send(get("/stream"));
  client.read_until("\r\n\r\n");
  std::atomic<bool> is_over{false};
  std::thread sending([&] {
    while (!is_over) client.send("x");
  });
  test.handler.give("one");
  test.handler.give(std::nullopt);
  EXPECT_THAT(client.read_to_end(), EndsWith("3\r\none\r\n0\r\n\r\n"));
  is_over = true;
  sending.join();
}

TEST(ServerStream, OutlivesTheTimesOfRequests) {
  Limits limits;
  limits.idle_timeout = limits.request_timeout = limits.header_timeout = milliseconds(50);
  TestServer test(limits);
  HttpClient client(test.server.port());
  client.send(get("/stream"));
  client.read_until("\r\n\r\n");
  test.exchange("");            // until it is closed for idleness
  test.exchange(get("/held"));  // until it is told that its time is up
  test.handler.give("one");
  test.handler.give(std::nullopt);
  EXPECT_THAT(client.read_to_end(), EndsWith("3\r\none\r\n0\r\n\r\n"));
  test.handler.release();
}

TEST(ServerStream, AReaderThatIsTooSlowIsCutOff) {
  Limits limits;
  limits.request_timeout = milliseconds(100);
  TestServer test(limits);
  HttpClient client(test.server.port());
  client.send(get("/stream"));
  client.read_until("\r\n\r\n");
  test.handler.give(std::string(20'000'000, 'x'));  // far more than the socket's buffers
  test.handler.wait_until_stream_is_gone();
  EXPECT_EQ(test.server.metrics().timeouts, 1u);
  EXPECT_THAT(client.read_to_end(), Not(EndsWith("0\r\n\r\n")));
}

TEST(ServerStream, EndsAtOnceWhenTheServerStops) {
  Limits limits;
  limits.stop_timeout = std::chrono::hours(1);
  TestServer test(limits);
  HttpClient client(test.server.port());
  client.send(get("/stream"));
  test.handler.give("one");
  client.read_until("one");
  test.server.stop();
  EXPECT_THAT(client.read_to_end(), EndsWith("3\r\none\r\n")) << "it was broken off";
  test.handler.wait_until_stream_is_gone();
  test.handler.give("too late");  // harmless
}

TEST(ServerStream, AStopDoesNotWaitForASlowReader) {
  Limits limits;
  limits.stop_timeout = milliseconds(50);
  TestServer test(limits);
  HttpClient client(test.server.port());
  client.send(get("/stream"));
  test.handler.give(std::string(20'000'000, 'x'));
  client.read_until("xxxx");
  test.server.stop();
  test.handler.wait_until_stream_is_gone();
}

TEST(ServerStream, ManyAtOnceWhileOthersAreServed) {
  TestServer test;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      HttpClient client(test.server.port());
      client.send(get("/now"));
      client.read_until("<GET /now >");
      client.send(get("/endless"));
      client.read_until("xxxx", 1000);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(status_of(test.exchange(get("/now", kClose))), 200);
}

}  // namespace
}  // namespace isthmus::api::http
