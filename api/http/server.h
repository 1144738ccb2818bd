// The HTTP/1.1 server: listens on one address, reads requests behind the guard (guard.h) and the
// limits (limits.h), hands them to the Handler, and writes the answers in order.
//
// Threads: `io_threads` threads, each with its own event loop; a connection stays on one of them,
// so its state needs no lock. One request at a time is read per connection; pipelined ones wait in
// the socket. start(), stop() and the destructor belong to one owning thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "api/http/access_log.h"
#include "api/http/limits.h"
#include "api/http/message.h"
#include "api/http/metrics.h"
#include "api/http/tls_context.h"

namespace isthmus::api::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  // an IPv4 or IPv6 address without brackets
  uint16_t port = 8181;               // 0 takes a free one
  int io_threads = 2;
  Limits limits;
  // Names that a Host header may have beside localhost, 127.0.0.1, [::1] and `address`.
  std::vector<std::string> allowed_hosts;
  ErrorBody error_body = default_error_body;
  AccessLogFormat access_log = AccessLogFormat::Text;
  // Where the Date of an answer and the id of a request come from. Called by any io thread.
  std::function<std::time_t()> now = [] { return std::time(nullptr); };
  std::function<std::string()> make_request_id = random_request_id;
};

class Server {
 public:
  // The handler must outlive the server. It may call a `done` even after the server is gone.
  Server(ServerOptions options, Handler& handler);
  ~Server();  // stops
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds, listens and starts the threads; the error says what cannot be done and why.
  tl::expected<void, std::string> start();
  // The port that is listened on; real even when 0 was asked for. Valid after start().
  uint16_t port() const;
  // "http://127.0.0.1:8181", "http://[::1]:8181"
  std::string url() const;

  // What connections speak TLS with that begin from now on; the others go on as they are. Without
  // it, as at first, there is only plain HTTP; with it, the first byte of a connection tells.
  // Any thread.
  void use_tls(std::shared_ptr<TlsContext> context);

  // Accepts nothing more, ends idle connections, lets running requests finish for at most
  // limits.stop_timeout, then closes the rest. Idempotent.
  void stop();

  const Metrics& metrics() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isthmus::api::http
