#include "api/http/server.h"

#include <spdlog/spdlog.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "api/http/session.h"

namespace isthmus::api::http {
namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using boost::system::error_code;

constexpr auto kUse = asio::as_tuple(asio::use_awaitable_t<Executor>{});
constexpr milliseconds kAcceptRetry{100};      // out of file descriptors: others must close first
constexpr milliseconds kAbortTimeout{10'000};  // aborted sessions need a few turns of their loop

std::optional<Refusal> refusal_for(ConnectionCount::Verdict verdict) {
  if (verdict == ConnectionCount::Verdict::TooMany) return kTooManyConnections;
  if (verdict == ConnectionCount::Verdict::TooManyOfAddress) return kTooManyOfAddress;
  return std::nullopt;
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, Handler& handler) : shared(std::move(options), handler) {}

  tl::expected<void, std::string> listen();
  Task<void> accept_loop();
  void admit(const std::shared_ptr<Worker>& worker, Socket socket);
  void stop();

  Shared shared;
  std::vector<std::shared_ptr<Worker>> workers;  // the first one accepts
  std::optional<Acceptor> acceptor;
  std::optional<Timer> accept_retry;
  uint16_t port = 0;
};

tl::expected<void, std::string> Server::Impl::listen() {
  const ServerOptions& options = shared.options;
  error_code error;
  const auto failed = [&](std::string_view what) {
    return tl::unexpected(std::string(what) + " " + options.address + " port " +
                          std::to_string(options.port) + ": " + error.message());
  };
  const asio::ip::address address = asio::ip::make_address(options.address, error);
  if (error) return failed("cannot read the listen address");
  const tcp::endpoint endpoint(address, options.port);
  acceptor.emplace(workers.front()->io);
  acceptor->open(endpoint.protocol(), error);
  if (error) return failed("cannot open a socket for");
  acceptor->set_option(Acceptor::reuse_address(true), error);
  if (address.is_v6()) acceptor->set_option(asio::ip::v6_only(true), error);
  acceptor->bind(endpoint, error);
  if (error) return failed("cannot listen on");
  acceptor->listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed("cannot listen on");
  port = acceptor->local_endpoint().port();
  return {};
}

void Server::Impl::admit(const std::shared_ptr<Worker>& worker, Socket socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;  // gone already
  const auto verdict = shared.connections.admit(endpoint.address(), shared.options.limits);
  if (verdict != ConnectionCount::Verdict::Admitted)
    shared.metrics.connections_refused.fetch_add(1);
  if (verdict == ConnectionCount::Verdict::Dropped) return;
  shared.metrics.connections_accepted.fetch_add(1, std::memory_order_relaxed);
  start_session(shared, worker, {std::move(socket), endpoint.address()}, refusal_for(verdict));
}

Task<void> Server::Impl::accept_loop() {
  for (size_t next = 0; acceptor->is_open(); ++next) {
    const std::shared_ptr<Worker>& worker = workers[next % workers.size()];
    auto [error, socket] = co_await acceptor->async_accept(worker->io, kUse);
    if (shared.stopping) break;
    if (!error) {
      admit(worker, std::move(socket));
      continue;
    }
    spdlog::warn("a connection could not be accepted: {}", error.message());
    accept_retry->expires_after(kAcceptRetry);
    co_await accept_retry->async_wait(kUse);
  }
}

void Server::Impl::stop() {
  if (workers.empty() || shared.stopping.exchange(true)) return;
  asio::post(workers.front()->io, [this] {
    error_code ignored;
    acceptor->close(ignored);
    accept_retry->cancel();
  });
  for (const auto& worker : workers) worker->close_idle_sessions();
  if (!shared.connections.wait_until_none(shared.options.limits.stop_timeout)) {
    for (const auto& worker : workers) worker->abort_sessions();
    shared.connections.wait_until_none(kAbortTimeout);
  }
  for (const auto& worker : workers) worker->join();
  accept_retry.reset();  // these two live in a worker's loop
  acceptor.reset();
  workers.clear();
}

Server::Server(ServerOptions options, Handler& handler)
    : impl_(std::make_unique<Impl>(std::move(options), handler)) {}

Server::~Server() { stop(); }

tl::expected<void, std::string> Server::start() {
  for (int i = 0; i < impl_->shared.options.io_threads; ++i) {
    impl_->workers.push_back(std::make_shared<Worker>(impl_->shared));
  }
  if (auto listening = impl_->listen(); !listening) {
    impl_->acceptor.reset();
    impl_->workers.clear();
    return listening;
  }
  impl_->accept_retry.emplace(impl_->workers.front()->io);
  asio::co_spawn(
      impl_->workers.front()->io, [impl = impl_.get()] { return impl->accept_loop(); },
      asio::detached);
  for (const auto& worker : impl_->workers) worker->start();
  return {};
}

uint16_t Server::port() const { return impl_->port; }

std::string Server::url() const {
  const std::string& address = impl_->shared.options.address;
  const bool v6 = address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(impl_->port);
}

void Server::use_tls(std::shared_ptr<TlsContext> context) {
  impl_->shared.use_tls(std::move(context));
}

void Server::stop() { impl_->stop(); }

const Metrics& Server::metrics() const { return impl_->shared.metrics; }

}  // namespace isthmus::api::http
