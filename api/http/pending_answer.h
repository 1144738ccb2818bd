// The way of an answer from the handler, which may give it on any thread and at any time, back to
// the session that waits for it. Private to the server (it includes Asio).
#pragma once

#include <atomic>
#include <memory>

#include "api/http/worker.h"

namespace isthmus::api::http {

// Shared by the session and the `done` that the handler holds, which may outlive session, worker
// and server. `called` and `worker` belong to everybody, the rest to the worker's thread.
struct PendingAnswer {
  std::weak_ptr<Worker> worker;
  std::atomic<bool> called{false};
  bool ready = false;
  Response response;
  Timer* wake = nullptr;  // cancelled when the answer is there; null when nobody waits any more
};

// What `done` does. The first call counts; a call after the worker is gone does nothing.
void complete(const std::shared_ptr<PendingAnswer>& pending, Response response);

}  // namespace isthmus::api::http
