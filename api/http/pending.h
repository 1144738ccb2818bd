// The way back to a session of what somebody else gives it, on any thread and at any time: the
// handler's answer, the next piece of a stream. Private to the server (it includes Asio).
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

#include "api/http/worker.h"

namespace isthmus::api::http {

// Shared by the session and by who gives the value, and may outlive session, worker and server.
// `called` and `worker` belong to everybody, the rest to the worker's thread.
template <class T>
struct Pending {
  std::weak_ptr<Worker> worker;
  std::atomic<bool> called{false};
  bool ready = false;
  T value{};
  Timer* wake = nullptr;  // cancelled when the value is there; null when nobody waits any more
};

// Gives the value. False: another one was given before, and this one is dropped. A call after the
// worker is gone does nothing.
template <class T>
bool complete(const std::shared_ptr<Pending<T>>& pending, T value) {
  if (pending->called.exchange(true)) return false;
  const auto finish = [](Pending<T>& waiting, T&& given) {
    waiting.value = std::move(given);
    waiting.ready = true;
    if (waiting.wake != nullptr) waiting.wake->cancel();
  };
  const std::shared_ptr<Worker> worker = pending->worker.lock();
  if (!worker) return true;
  if (worker->io.get_executor().running_in_this_thread()) {
    finish(*pending, std::move(value));
  } else {
    asio::post(worker->io, [pending, finish, given = std::move(value)]() mutable {
      finish(*pending, std::move(given));
    });
  }
  return true;
}

// While it lives, the value wakes whoever waits on `wake`; afterwards it comes too late.
template <class T>
class Waiting {
 public:
  Waiting(Pending<T>& pending, Timer& wake) : pending_(pending) { pending_.wake = &wake; }
  ~Waiting() { pending_.wake = nullptr; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 private:
  Pending<T>& pending_;
};

}  // namespace isthmus::api::http
