#include "api/http/worker.h"

#include <algorithm>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

namespace isthmus::api::http {
namespace {

constexpr size_t kToldOff = 16;  // connections over a limit that are answered at the same time

// An eighth of the shortest timeout: a deadline is met within 12 %.
milliseconds sweep_interval(const Limits& limits) {
  const milliseconds shortest = std::min(
      {limits.header_timeout, limits.body_timeout, limits.idle_timeout, limits.request_timeout});
  return std::clamp(shortest / 8, milliseconds(5), milliseconds(500));
}

}  // namespace

ConnectionCount::Admission ConnectionCount::admit(const asio::ip::address& client,
                                                  const Limits& limits) {
  const std::lock_guard lock(mutex_);
  if (open_ >= limits.connections + kToldOff) return {Verdict::Dropped, std::nullopt};
  Verdict verdict = open_ >= limits.connections ? Verdict::TooMany : Verdict::Admitted;
  if (!client.is_loopback()) {
    size_t& count = per_address_[client];
    if (count >= limits.connections_per_address + kToldOff) return {Verdict::Dropped, std::nullopt};
    if (count >= limits.connections_per_address) verdict = Verdict::TooManyOfAddress;
    ++count;
  }
  ++open_;
  return {verdict, Place(*this, client)};
}

void ConnectionCount::release(const asio::ip::address& client) noexcept {
  const std::lock_guard lock(mutex_);
  if (!client.is_loopback()) {
    const auto found = per_address_.find(client);
    if (--found->second == 0) per_address_.erase(found);
  }
  if (--open_ == 0) none_.notify_all();
}

bool ConnectionCount::wait_until_none(milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return none_.wait_for(lock, timeout, [&] { return open_ == 0; });
}

Shared::Shared(ServerOptions server_options, Handler& request_handler)
    : options(std::move(server_options)), handler(request_handler), access_log(options.access_log) {
  const bool v6 = options.address.find(':') != std::string::npos;
  for (const char* name : {"localhost", "127.0.0.1", "[::1]"})
    options.allowed_hosts.emplace_back(name);
  options.allowed_hosts.push_back(v6 ? "[" + options.address + "]" : options.address);
}

Worker::Worker(Shared& shared)
    : sweep_timer_(io.get_executor()),
      sweep_interval_(sweep_interval(shared.options.limits)),
      now_(shared.options.now),
      work_(io.get_executor()) {}

Worker::~Worker() = default;

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (!thread_.joinable()) return;
  asio::post(io, [this] {
    sweep_timer_.cancel();
    work_.reset();
  });
  thread_.join();
}

// Nothing is expected to throw here; one unexpected exception must not end the daemon.
void Worker::run() {
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {
      spdlog::error("an exception left a connection: {}", error.what());
    }
  }
}

void Worker::add(Sweepable& session) {
  sessions_.insert(&session);
  schedule_sweep();
}

std::string_view Worker::date() { return date_.at(now_()); }

void Worker::schedule_sweep() {
  if (sweeping_ || sessions_.empty()) return;  // an idle daemon does not wake up
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([this](const boost::system::error_code&) {
    sweeping_ = false;
    const SteadyTime now = std::chrono::steady_clock::now();
    for (Sweepable* session : sessions_) session->sweep(now);
    schedule_sweep();
  });
  sweeping_ = true;  // now: with no memory for the wait, the next connection tries again
}

void Worker::close_idle_sessions() {
  asio::post(io, [this] {
    for (Sweepable* session : sessions_) session->close_if_idle();
  });
}

void Worker::abort_sessions() {
  asio::post(io, [this] {
    for (Sweepable* session : sessions_) session->abort();
  });
}

}  // namespace isthmus::api::http
