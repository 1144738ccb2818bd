#include "api/http/pending_answer.h"

#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>

namespace isthmus::api::http {
namespace {

void finish(PendingAnswer& pending, Response response) {
  pending.response = std::move(response);
  pending.ready = true;
  if (pending.wake != nullptr) pending.wake->cancel();
}

}  // namespace

void complete(const std::shared_ptr<PendingAnswer>& pending, Response response) {
  if (pending->called.exchange(true)) {
    spdlog::error("a request was answered twice; the second answer, status {}, is dropped",
                  response.status);
    return;
  }
  const std::shared_ptr<Worker> worker = pending->worker.lock();
  if (!worker) return;  // the server is gone
  if (worker->io.get_executor().running_in_this_thread()) {
    finish(*pending, std::move(response));
  } else {
    asio::post(worker->io, [pending, answer = std::move(response)]() mutable {
      finish(*pending, std::move(answer));
    });
  }
}

}  // namespace isthmus::api::http
