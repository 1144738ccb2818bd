// Limits, timeouts, starting and stopping: what the server does when it cannot simply answer.
#include <chrono>
#include <memory>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/http/server.h"
#include "tests/support/http_server.h"
#include "tests/support/sanitizers.h"

namespace isthmus::api::http {
namespace {

using namespace isthmus::test;

using std::chrono::steady_clock;

TEST(Server, RefusesTooLongABodyBeforeItIsSent) {
  TestServer test;
  const std::string answer = test.exchange(
      "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: "
      "100-continue\r\n"
      "Content-Length: 1048577\r\n\r\n");
  EXPECT_EQ(status_of(answer), 413) << answer;
}

TEST(Server, EachLimitHasItsAnswer) {
  Limits limits;
  limits.target_bytes = 100;
  limits.header_bytes = 1000;
  limits.header_fields = 10;
  limits.body_bytes = 100;
  TestServer test(limits);
  struct Row {
    std::string_view what;
    std::string request;
    int status;
    std::string_view code;
  };
  std::string many_fields;
  for (int i = 0; i < 11; ++i) many_fields += "A: b\r\n";
  const std::string chunked =
      "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n";
  const Row rows[] = {
      {"target", get("/" + std::string(100, 'a')), 414, "TargetTooLong"},
      {"endless target", get("/" + std::string(100'000, 'a')), 414, "TargetTooLong"},
      {"one long field", get("/", "A: " + std::string(1000, 'b') + "\r\n"), 431, "HeaderTooLarge"},
      {"endless field", get("/", "A: " + std::string(100'000, 'b') + "\r\n"), 431,
       "HeaderTooLarge"},
      {"fields", get("/", many_fields), 431, "HeaderTooLarge"},
      {"declared body", put("/a", std::string(101, ' ')), 413, "BodyTooLarge"},
      {"chunked body", chunked + "65\r\n" + std::string(101, ' ') + "\r\n0\r\n\r\n", 413,
       "BodyTooLarge"},
      {"chunk extension", chunked + "1;" + std::string(257, 'x') + "\r\n \r\n0\r\n\r\n", 400,
       "MalformedFraming"},
      {"endless chunk extension", chunked + "1;" + std::string(100'000, 'x'), 400,
       "MalformedFraming"},
      {"endless trailer", chunked + "1\r\n \r\n0\r\nA: " + std::string(100'000, 'x'), 400,
       "MalformedFraming"},
      {"bad escape", get("/%zz", kClose), 400, "MalformedTarget"},
      {"foreign host", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "HostNotAllowed"},
      {"unknown method", "BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405, "MethodNotAllowed"},
      {"folded field", get("/", "A: b\r\n c\r\n"), 400, "MalformedRequest"},
      {"no HTTP", "hello\r\n\r\n", 400, "MalformedRequest"},
  };
  for (const Row& row : rows) {
    const std::string answer = test.exchange(row.request);
    EXPECT_EQ(status_of(answer), row.status) << row.what << ": " << answer;
    EXPECT_NE(answer.find("{\"error\":{\"code\":\"" + std::string(row.code) + "\""),
              std::string::npos)
        << row.what << ": " << answer;
    EXPECT_NE(answer.find(kClose), std::string::npos) << row.what;
  }
  EXPECT_EQ(status_of(test.exchange(get("/a", kClose))), 200) << "the server lives on";
}

TEST(Server, AnEarlyRefusalIsNotLostInABodyStillBeingSent) {
  TestServer test;
  std::string body;
  body.resize(20'000'000, 'x');  // far more than the socket's buffers
  const std::string answer = test.exchange(
      "PUT /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n" + body);
  EXPECT_EQ(status_of(answer), 413);
}

TEST(Server, SlowClientsAreToldOrClosed) {
  Limits limits;
  limits.idle_timeout = limits.header_timeout = limits.body_timeout = milliseconds(100);
  TestServer test(limits);
  EXPECT_EQ(test.exchange(""), "") << "idle";
  EXPECT_EQ(status_of(test.exchange("GET / HT")), 408) << "header";
  EXPECT_EQ(status_of(test.exchange(put("/a", "{}").substr(0, 80))), 408) << "header fields";
  const std::string request = put("/a", "{}");
  EXPECT_EQ(status_of(test.exchange(request.substr(0, request.size() - 1))), 408) << "body";
  EXPECT_EQ(test.server.metrics().timeouts, 3u);
}

TEST(Server, ABodyThatTricklesIsRefusedBeforeItsTime) {
  Limits limits;
  limits.body_bytes_per_second = 1'000'000;
  limits.idle_timeout = milliseconds(100);  // sweeps often
  TestServer test(limits);
  const auto start = steady_clock::now();
  const std::string request = put("/a", std::string(1000, ' '));
  const std::string answer = test.exchange(request.substr(0, request.size() - 1));
  EXPECT_EQ(status_of(answer), 408) << answer;
  EXPECT_NE(answer.find("too slowly"), std::string::npos) << answer;
  EXPECT_LT(steady_clock::now() - start, limits.body_timeout);
  EXPECT_GE(steady_clock::now() - start, kBodyRateGrace);
}

TEST(Server, AnAnswerThatDoesNotComeIsAnError) {
  Limits limits;
  limits.request_timeout = milliseconds(100);
  TestServer test(limits);
  const std::string answer = test.exchange(get("/held"));
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_NE(answer.find("whether it took effect is unknown"), std::string::npos);
  test.handler.release();  // harmless
}

TEST(Server, ConnectionsOverTheLimitAreTold) {
  Limits limits;
  limits.connections = 2;
  TestServer test(limits);
  HttpClient first(test.server.port()), second(test.server.port());
  for (HttpClient* client : {&first, &second}) {
    client->send(get("/a"));
    client->read_until("<GET /a >");
  }
  const std::string answer = test.exchange("");
  EXPECT_EQ(status_of(answer), 503) << answer;
  EXPECT_NE(answer.find("TooManyConnections"), std::string::npos);
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  first.send(get("/b"));
  EXPECT_NE(first.read_until("<GET /b >").find("<GET /b >"), std::string::npos)
      << "those inside are served";
  EXPECT_EQ(test.server.metrics().connections_refused, 1u);
}

// Where UBSan meets a type for the first time, it opens a pipe to see whether the object can be
// read, and takes a lack of descriptors for a broken object. It comes with ASan here.
constexpr bool kDescriptorsMayRunOut = !test::kAddressSanitized;

// From now on the process can open one descriptor more, and no other.
class OneDescriptorLeft {
 public:
  OneDescriptorLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::dup(STDERR_FILENO);
    ::close(lowest_free);
    const rlimit limit{static_cast<rlim_t>(lowest_free) + 1, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~OneDescriptorLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  OneDescriptorLeft(const OneDescriptorLeft&) = delete;
  OneDescriptorLeft& operator=(const OneDescriptorLeft&) = delete;

 private:
  rlimit before_{};
};

TEST(Server, WhoWaitsForADescriptorIsServedWhenThereIsOne) {
  if (!kDescriptorsMayRunOut) GTEST_SKIP() << "UBSan needs descriptors of its own";
  TestServer test;
  std::optional<OneDescriptorLeft> shortage(std::in_place);
  HttpClient patient(test.server.port());
  patient.send(get("/a"));
  std::this_thread::sleep_for(kGivenUp + milliseconds(100));
  shortage.reset();
  EXPECT_NE(patient.read_until("<GET /a >").find("<GET /a >"), std::string::npos);
  EXPECT_EQ(test.server.metrics().connections_given_up, 0u);
}

TEST(Server, ARequestThatItsClientGaveUpBeforeItWasAcceptedIsNotDone) {
  if (!kDescriptorsMayRunOut) GTEST_SKIP() << "UBSan needs descriptors of its own";
  TestServer test;
  std::optional<OneDescriptorLeft> shortage(std::in_place);
  HttpClient impatient(test.server.port());
  impatient.send(put("/a", "{}"));
  impatient.end_sending();
  std::this_thread::sleep_for(kGivenUp + milliseconds(100));
  shortage.reset();
  EXPECT_EQ(impatient.read_to_end(), "");
  EXPECT_EQ(test.server.metrics().connections_given_up, 1u);
  HttpClient next(test.server.port());
  next.send(get("/b"));
  EXPECT_EQ(status_of(next.read_until("<GET /b >")), 200);
}

TEST(Server, StopLetsARunningRequestFinish) {
  TestServer test;
  HttpClient idle(test.server.port()), busy(test.server.port());
  idle.send(get("/a"));
  idle.read_until("<GET /a >");
  busy.send(get("/held"));
  test.handler.wait_until_held();
  std::thread stopping([&] { test.server.stop(); });
  idle.read_to_end();  // ended by the stop
  test.handler.release();
  stopping.join();
  const std::string& answer = busy.read_to_end();
  EXPECT_NE(answer.find("<released>"), std::string::npos) << answer;
  EXPECT_NE(answer.find(kClose), std::string::npos) << answer;
  EXPECT_EQ(test.server.metrics().connections_open, 0);
}

TEST(Server, StopDoesNotWaitForever) {
  Limits limits;
  limits.stop_timeout = milliseconds(50);
  TestServer test(limits);
  HttpClient client(test.server.port());
  client.send(get("/held"));
  test.handler.wait_until_held();
  test.server.stop();
  EXPECT_EQ(status_of(client.read_to_end()), 503);
  test.handler.release();  // after the stop: harmless
}

TEST(Server, AnAnswerMayComeAfterTheServerIsGone) {
  const QuietLog quiet;
  TestHandler handler;
  Limits limits;
  limits.stop_timeout = milliseconds(1);
  auto server = std::make_unique<Server>(TestServer::options(limits, "127.0.0.1"), handler);
  ASSERT_TRUE(server->start());
  HttpClient client(server->port());
  client.send(get("/held"));
  handler.wait_until_held();
  server.reset();
  handler.release();
  EXPECT_EQ(status_of(client.read_to_end()), 503);
}

TEST(Server, ListensOnIpv6) {
  TestServer test({}, "::1");
  EXPECT_EQ(test.server.url(), "http://[::1]:" + std::to_string(test.server.port()));
}

TEST(Server, SaysWhyItCannotListen) {
  TestServer first;
  TestHandler handler;
  ServerOptions options = TestServer::options({}, "127.0.0.1");
  options.port = first.server.port();
  Server second(options, handler);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), "cannot listen on 127.0.0.1 port " + std::to_string(options.port) +
                                 ": Address already in use");
  Server third(TestServer::options({}, "nowhere"), handler);
  EXPECT_TRUE(third.start().error().starts_with("cannot read the listen address nowhere"));
}

}  // namespace
}  // namespace isthmus::api::http
