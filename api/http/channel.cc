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

void Channel::end_sending() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

}  // namespace isthmus::api::http
