// One connection as its session sees it: bytes in, bytes out, through TLS or not, and the wait for
// somebody else, each ended by the deadline of the phase that the connection is in. Private to the
// server (it includes Asio). Used on its worker's thread only.
#pragma once

#include <optional>
#include <string>
#include <tuple>

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>

#include "api/http/openssl.h"
#include "api/http/worker.h"

namespace isthmus::api::http {

using Transferred = std::tuple<boost::system::error_code, size_t>;

class Channel {
 public:
  enum class Phase : uint8_t {
    Idle,
    Handshake,
    Header,
    Body,
    Handling,
    Writing,
    Streaming,
    Lingering
  };

  Channel(Metrics& metrics, Socket socket)
      : metrics_(metrics), socket_(std::move(socket)), wake_(socket_.get_executor()) {}
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  void enter(Phase phase, SteadyTime deadline) {
    phase_ = phase;
    deadline_ = deadline;
    expired_ = aborted_;
  }
  Phase phase() const { return phase_; }
  SteadyTime deadline() const { return deadline_; }

  // The time of this phase is up: what waits is ended, and nothing more is read.
  void expire();
  // The same for this phase and all that follow.
  void abort() {
    aborted_ = true;
    expire();
  }
  bool expired() const { return expired_; }
  bool aborted() const { return aborted_; }

  // From here on everything goes through TLS; `received` has come already, and is a part of it.
  Task<Transferred> start_tls(TlsContext& context, asio::const_buffer received);
  bool is_tls() const { return tls_.has_value(); }
  std::optional<ClientCertificate> client_certificate();
  std::string certificate_trouble();

  // No coroutines of their own, so that without TLS they cost nothing beside Asio's.
  Task<Transferred> read_some(asio::mutable_buffer into) {
    if (tls_ && !has_ended_) return tls_->async_read_some(into, kUse);
    return socket_.async_read_some(into, kUse);
  }
  template <class Buffers>
  Task<Transferred> write(const Buffers& buffers) {
    if (tls_) return asio::async_write(*tls_, buffers, kUse);
    return asio::async_write(socket_, buffers, kUse);
  }
  bool has_unread_bytes();
  // Tells the client that nothing more comes; over TLS so that nobody else could have (RFC 8446
  // section 6.1). What is read afterwards is of no use but to be dropped.
  Task<void> end_sending();
  void cancel();  // reads and writes

  // Until wake(), a value of Waiting, or expire().
  Task<std::tuple<boost::system::error_code>> wait() {
    wake_.expires_at(SteadyTime::max());
    return wake_.async_wait(kUse);
  }
  void wake() { wake_.cancel(); }
  Timer& waker() { return wake_; }

 private:
  Metrics& metrics_;
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;  // over socket_
  bool has_ended_ = false;                         // our side
  Timer wake_;                                     // never fires; cancelled to wake who waits
  Phase phase_ = Phase::Idle;
  SteadyTime deadline_ = SteadyTime::max();
  bool expired_ = false;
  bool aborted_ = false;
};

}  // namespace isthmus::api::http
