// The HTTP server with a trivial handler: what the raw, slow-client and speed tests talk to.
// Arguments are name=value: address, port (0), threads (2), bytes (1000; of the fixed body), log
// (info|debug|off), json (0|1), limits by name (header_timeout_ms=300 ...). Prints "listening URL".
//
// GET /fixed        the fixed body
// GET /late         the fixed body, answered by another thread
// GET /never        no answer at all: what the request timeout is for
// GET /throw        an exception
// anything else     200 with {"method","path","body_bytes","json"}; a body that is not JSON is 400
#include <pthread.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <map>
#include <mutex>
#include <thread>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "api/http/server.h"
#include "api/json/parse.h"

namespace {

using namespace isthmus::api;

struct Arguments {
  std::map<std::string, std::string> values;
  std::string text(const std::string& name, const std::string& fallback) const {
    const auto found = values.find(name);
    return found == values.end() ? fallback : found->second;
  }
  size_t number(const std::string& name, size_t fallback) const {
    const auto found = values.find(name);
    return found == values.end() ? fallback : std::stoul(found->second);
  }
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string item = argv[i];
    const size_t equals = item.find('=');
    arguments.values[item.substr(0, equals)] =
        equals == std::string::npos ? "1" : item.substr(equals + 1);
  }
  return arguments;
}

http::Limits limits_from(const Arguments& a) {
  http::Limits limits;
  const auto time = [&](const char* name, http::milliseconds& value) {
    value = http::milliseconds(a.number(name, static_cast<size_t>(value.count())));
  };
  limits.body_bytes = a.number("body_bytes", limits.body_bytes);
  limits.connections = a.number("connections", limits.connections);
  limits.body_bytes_per_second = a.number("body_bytes_per_second", limits.body_bytes_per_second);
  time("header_timeout_ms", limits.header_timeout);
  time("body_timeout_ms", limits.body_timeout);
  time("idle_timeout_ms", limits.idle_timeout);
  time("request_timeout_ms", limits.request_timeout);
  time("stop_timeout_ms", limits.stop_timeout);
  return limits;
}

class FixedHandler final : public http::Handler {
 public:
  explicit FixedHandler(size_t bytes) : body_(bytes, 'x') {}
  ~FixedHandler() override {
    for (std::thread& thread : threads_) thread.join();
  }

  void handle(http::Request request, http::Done done) override {
    const std::string name = request.segments.empty() ? "" : request.segments[0];
    if (name == "fixed") return done(fixed());
    if (name == "never") return keep(std::move(done));
    if (name == "throw") throw std::runtime_error("asked for");
    if (name == "late") return later(std::move(done));
    done(describe(request));
  }

 private:
  http::Response fixed() const {
    http::Response response;
    response.body = body_;
    return response;
  }
  void keep(http::Done done) {
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(done));
  }
  void later(http::Done done) {
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([answer = fixed(), done = std::move(done)] { done(answer); });
  }
  static http::Response describe(const http::Request& request) {
    http::Response response;
    bool json = false;
    if (!request.body.empty() || request.method == http::Method::Put) {
      const auto parsed = json::parse_json(request.body);
      json = parsed.has_value();
      if (!parsed) {
        return http::default_error_body(
            {400, "InvalidRequestContent", parsed.error().message, "", ""});
      }
    }
    response.body = "{\"method\":\"" + std::string(to_string(request.method)) + "\",\"path\":\"" +
                    http::json_escaped(request.path()) +
                    "\",\"body_bytes\":" + std::to_string(request.body.size()) +
                    ",\"json\":" + (json ? "true" : "false") + "}";
    return response;
  }

  const std::string body_;
  std::mutex mutex_;  // guards what follows
  std::vector<http::Done> kept_;
  std::vector<std::thread> threads_;
};

void set_up_log(const Arguments& arguments) {
  auto logger =
      std::make_shared<spdlog::logger>("fixed", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::from_str(arguments.text("log", "info")));
  spdlog::set_default_logger(logger);
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const Arguments arguments = parse(argc, argv);
  set_up_log(arguments);
  FixedHandler handler(arguments.number("bytes", 1000));
  http::ServerOptions options;
  options.address = arguments.text("address", "127.0.0.1");
  options.port = static_cast<uint16_t>(arguments.number("port", 0));
  options.io_threads = static_cast<int>(arguments.number("threads", 2));
  options.limits = limits_from(arguments);
  http::Server server(std::move(options), handler);
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().c_str());
    return 1;
  }
  std::printf("listening %s\n", server.url().c_str());
  std::fflush(stdout);
  int received = 0;
  sigwait(&signals, &received);
  server.stop();
  return 0;
}
