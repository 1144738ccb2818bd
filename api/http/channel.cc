#include "api/http/channel.h"

namespace isthmus::api::http {

using boost::system::error_code;

Channel::~Channel() {
  error_code ignored;
  socket_.close(ignored);
}

void Channel::expire() {
  if (!expired_ && phase_ != Phase::Idle && phase_ != Phase::Lingering) {
    metrics_.timeouts.fetch_add(1, std::memory_order_relaxed);
  }
  expired_ = true;
  cancel();
  wake();
}

void Channel::cancel() {
  error_code ignored;
  socket_.cancel(ignored);
}

bool Channel::has_unread_bytes() {
  error_code ignored;
  return socket_.available(ignored) > 0;
}

Task<Transferred> Channel::start_tls(TlsContext& context, asio::const_buffer received) {
  tls_.emplace(socket_, context.context);
  return tls_->async_handshake(asio::ssl::stream_base::server, received, kUse);
}

std::optional<ClientCertificate> Channel::client_certificate() {
  return http::client_certificate(tls_->native_handle());
}

std::string Channel::certificate_trouble() {
  return http::certificate_trouble(tls_->native_handle());
}

// One side's end is enough (RFC 8446 section 6.1): as if the client's had come, so that OpenSSL
// does not wait for it.
Task<void> Channel::end_sending() {
  if (tls_ && !has_ended_) {
    has_ended_ = true;
    SSL* connection = tls_->native_handle();
    SSL_set_shutdown(connection, SSL_get_shutdown(connection) | SSL_RECEIVED_SHUTDOWN);
    co_await tls_->async_shutdown(kUse);
  }
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace isthmus::api::http
