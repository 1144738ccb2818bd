#include "tools/bench/control_plane/client.h"

#include <fmt/format.h>

#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "tools/bench/control_plane/interrupt.h"

namespace isthmus::bench::control_plane {
namespace {

constexpr std::chrono::milliseconds kTimeout{60'000};

cli::ServerAddress server_at(uint16_t port) {
  const std::string text = std::to_string(port);
  return {.host = "127.0.0.1", .port = text, .authority = "127.0.0.1:" + text};
}

}  // namespace

Client::Client(uint16_t port) : http_(server_at(port)) {}

std::string Client::send(const cli::HttpRequest& request) {
  throw_if_interrupted();
  auto response = http_.send(request, kTimeout);
  if (!response)
    throw std::runtime_error(
        fmt::format("{} {}: {}", request.method, request.target, response.error().why));
  if (response->status != 200 && response->status != 201)
    throw std::runtime_error(fmt::format("{} {}: {} {}", request.method, request.target,
                                         response->status, response->body.substr(0, 500)));
  return std::move(response->body);
}

void Client::put(const Put& put) {
  send({"PUT", put.target, {{"Content-Type", "application/json"}}, put.body});
}

std::string Client::get(const std::string& target) { return send({"GET", target, {}, {}}); }

void in_parallel(uint16_t port, size_t count, const std::function<void(Client&, size_t)>& work) {
  std::atomic<size_t> next{0};
  std::mutex mutex;  // guards failure
  std::exception_ptr failure;
  const auto serve = [&] {
    try {
      Client client(port);
      for (size_t i = next++; i < count; i = next++) work(client, i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < kConnections; ++i) threads.emplace_back(serve);
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace isthmus::bench::control_plane
