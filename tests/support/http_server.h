// A blocking client, a handler and a server to test HTTP with, on loopback sockets. Waiting is
// always for an event, never for a time.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/http/server.h"

namespace isthmus::test {

using namespace api::http;

class HttpClient {
 public:
  explicit HttpClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{20, 0};  // a test that hangs fails
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  virtual ~HttpClient() { ::close(socket_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = write_bytes(bytes);
      if (sent <= 0) return;  // the server has ended the connection: the answer tells why
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  // Reads until the received text holds `count` times `text`, or the connection ends.
  const std::string& read_until(std::string_view text, int count = 1) {
    while (occurrences(text) < count && read_some()) {
    }
    return received_;
  }
  const std::string& read_to_end() {
    while (read_some()) {
    }
    return received_;
  }

 protected:
  int socket() const { return socket_; }
  virtual ssize_t write_bytes(std::string_view bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  virtual ssize_t read_bytes(char* bytes, size_t size) { return ::recv(socket_, bytes, size, 0); }

 private:
  bool read_some() {
    char bytes[65536];
    const ssize_t count = read_bytes(bytes, sizeof bytes);
    if (count > 0) received_.append(bytes, static_cast<size_t>(count));
    return count > 0;
  }
  int occurrences(std::string_view text) const {
    int count = 0;
    for (size_t at = received_.find(text); at != std::string::npos;
         at = received_.find(text, at + 1))
      ++count;
    return count;
  }

  int socket_;
  std::string received_;
};

// A body whose pieces a test gives one by one: each is sent once the server has asked for it.
class TestStream final : public BodyStream {
 public:
  // What outlives the stream, for the test to hold.
  struct Ends {
    std::mutex mutex;  // guards what follows
    std::condition_variable changed;
    Piece piece;
    bool is_gone = false;
  };
  explicit TestStream(std::shared_ptr<Ends> ends) : ends_(std::move(ends)) {}
  ~TestStream() override {
    const std::lock_guard lock(ends_->mutex);
    ends_->is_gone = true;
    ends_->changed.notify_all();
  }
  void next(Piece piece) override {
    const std::lock_guard lock(ends_->mutex);
    ends_->piece = std::move(piece);
    ends_->changed.notify_all();
  }

 private:
  std::shared_ptr<Ends> ends_;
};

// Gives pieces at once, and never ends.
class EndlessStream final : public BodyStream {
 public:
  void next(Piece piece) override { piece("xxxx\n"); }
};

// GET /now, /late (answered by another thread), /held (answered by release()), /throw, /twice, ...
class TestHandler final : public Handler {
 public:
  ~TestHandler() override {
    for (std::thread& thread : threads_) thread.join();
  }
  void handle(Request request, Done done) override {
    const std::string name = request.segments.empty() ? "" : request.segments[0];
    if (name == "throw") throw std::runtime_error("on purpose");
    if (name == "held") return hold(std::move(done));
    if (name == "stream") return start_stream(done);
    Response response;
    response.body = "<" + std::string(to_string(request.method)) + " " + request.path() + " " +
                    request.body + ">";
    if (name == "who") response.body = who_asks(request);
    if (name == "big") response.body.assign(4'000'000, 'x');
    if (name == "late") return answer_late(std::move(response), std::move(done));
    if (name == "answer-then-throw") {
      done(response);
      throw std::runtime_error("too late to matter");
    }
    if (name == "endless") response.stream = std::make_shared<EndlessStream>();
    done(response);
    if (name == "twice") done(response);
  }
  // The stream of GET /stream: gives a piece when the server asks for one, nothing ends it. Without
  // effect once the stream is gone.
  void give(const std::optional<std::string>& piece) {
    std::unique_lock lock(stream_->mutex);
    stream_->changed.wait(lock, [&] { return stream_->piece != nullptr || stream_->is_gone; });
    const BodyStream::Piece give = std::exchange(stream_->piece, nullptr);
    lock.unlock();
    if (give) give(piece);
  }
  void wait_until_stream_is_gone() {
    std::unique_lock lock(stream_->mutex);
    stream_->changed.wait(lock, [&] { return stream_->is_gone; });
  }
  void wait_until_held() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_ != nullptr; });
  }
  void release() {
    Done done;
    {
      const std::lock_guard lock(mutex_);
      done = std::exchange(held_, nullptr);
    }
    Response response;
    response.body = "<released>";
    done(response);
  }

 private:
  void hold(Done done) {
    const std::lock_guard lock(mutex_);
    held_ = std::move(done);
    changed_.notify_all();
  }
  static std::string who_asks(const Request& request) {
    if (!request.certificate) return request.is_tls ? "<over TLS>" : "<in plain>";
    return "<" + request.certificate->subject + " " + request.certificate->thumbprint + ">";
  }
  void start_stream(const Done& done) {
    Response response;
    response.content_type = "text/plain";
    response.stream = std::make_shared<TestStream>(stream_);
    done(response);
  }
  void answer_late(Response response, Done done) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back(
        [response = std::move(response), done = std::move(done)] { done(response); });
  }

  const std::shared_ptr<TestStream::Ends> stream_ = std::make_shared<TestStream::Ends>();
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  Done held_;
  std::vector<std::thread> threads_;
};

// One log line per request would hide the test's own output.
struct QuietLog {
  QuietLog() { spdlog::set_level(spdlog::level::off); }
  ~QuietLog() { spdlog::set_level(spdlog::level::info); }
};

struct TestServer {
  explicit TestServer(Limits limits = {}, std::string address = "127.0.0.1")
      : server(options(limits, std::move(address)), handler) {
    const auto started = server.start();
    EXPECT_TRUE(started) << started.error();
  }
  static ServerOptions options(Limits limits, std::string address) {
    ServerOptions options;
    options.address = std::move(address);
    options.port = 0;
    options.limits = limits;
    return options;
  }
  std::string exchange(std::string_view request) {
    HttpClient client(server.port());
    client.send(request);
    return client.read_to_end();
  }

  QuietLog quiet;
  TestHandler handler;
  Server server;
};

inline std::string get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) +
         "\r\n";
}
inline std::string put(std::string_view target, std::string_view body, std::string_view more = "") {
  return "PUT " + std::string(target) +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + std::string(more) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
inline constexpr std::string_view kClose = "Connection: close\r\n";

inline int status_of(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::stoi(std::string(answer.substr(9, 3))) : 0;
}

}  // namespace isthmus::test
