#include "api/http/server.h"

#include <netinet/tcp.h>

#include <spdlog/spdlog.h>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "api/http/session.h"

namespace isthmus::api::http {
namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using boost::system::error_code;

constexpr milliseconds kAcceptRetry{100};      // out of file descriptors: others must close first
constexpr int kAcceptsPerTurn = 64;            // then the loop's connections have their turn
constexpr milliseconds kAbortTimeout{10'000};  // aborted sessions need a few turns of their loop

std::optional<Refusal> refusal_for(ConnectionCount::Verdict verdict) {
  if (verdict == ConnectionCount::Verdict::TooMany) return kTooManyConnections;
  if (verdict == ConnectionCount::Verdict::TooManyOfAddress) return kTooManyOfAddress;
  return std::nullopt;
}

// True when the client has closed its side and what it sent has lain here for a while, as happens
// where the server had no descriptor for it: nobody waits for the answer any more, and a PUT done
// now could undo a later one of the same client. Before kGivenUp the closed side may be that of a
// client that ends its requests so and reads on.
bool was_given_up(Socket& socket) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(socket.native_handle(), IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return false;
  return info.tcpi_state == TCP_CLOSE_WAIT && milliseconds(info.tcpi_last_data_recv) > kGivenUp;
}

}  // namespace

struct Server::Impl {
  Impl(ServerOptions options, Handler& handler) : shared(std::move(options), handler) {}

  tl::expected<void, std::string> listen();
  Task<void> accept_loop();
  error_code accept_waiting();
  void admit(const std::shared_ptr<Worker>& worker, Socket socket);
  void stop();

  Shared shared;
  std::vector<std::shared_ptr<Worker>> workers;  // the first one accepts
  std::optional<Acceptor> acceptor;
  std::optional<Timer> accept_retry;
  size_t next_worker = 0;
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
  if (!error) acceptor->non_blocking(true, error);
  if (error) return failed("cannot listen on");
  port = acceptor->local_endpoint().port();
  return {};
}

void Server::Impl::admit(const std::shared_ptr<Worker>& worker, Socket socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;  // gone already
  if (was_given_up(socket)) {
    shared.metrics.connections_given_up.fetch_add(1);
    return;
  }
  auto [verdict, place] = shared.connections.admit(endpoint.address(), shared.options.limits);
  if (verdict != ConnectionCount::Verdict::Admitted)
    shared.metrics.connections_refused.fetch_add(1);
  if (!place) return;
  shared.metrics.connections_accepted.fetch_add(1, std::memory_order_relaxed);
  start_session(shared, worker, {std::move(socket), endpoint.address(), std::move(*place)},
                refusal_for(verdict));
}

// Takes the connections that wait, a bounded number; the error of the first that cannot be taken.
error_code Server::Impl::accept_waiting() {
  error_code error;
  for (int taken = 0; taken < kAcceptsPerTurn; ++taken) {
    const std::shared_ptr<Worker>& worker = workers[next_worker++ % workers.size()];
    Socket socket(worker->io);
    acceptor->accept(socket, error);
    if (error == asio::error::connection_aborted) continue;
    if (error) return error == asio::error::would_block ? error_code() : error;
    admit(worker, std::move(socket));
  }
  return error;
}

// Whatever is thrown, the loop goes on: a server that accepts no more is dead without knowing it.
// async_accept would not do: when it finds no memory for the socket, it drops its coroutine.
Task<void> Server::Impl::accept_loop() {
  while (!shared.stopping) {
    try {
      co_await acceptor->async_wait(Acceptor::wait_read, kUse);
      if (shared.stopping) break;
      const error_code error = accept_waiting();
      if (!error) continue;
      spdlog::warn("a connection could not be accepted: {}", error.message());
      accept_retry->expires_after(kAcceptRetry);
      co_await accept_retry->async_wait(kUse);
    } catch (const std::exception& error) {  // out of memory, in practice
      spdlog::warn("a connection could not be accepted: {}", error.what());
    }
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
