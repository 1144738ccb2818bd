#include "api/front/delay_line.h"

#include <utility>

namespace isthmus::api::front {

bool DelayLine::add(std::chrono::milliseconds delay, size_t bytes, Work& work) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_stopped_) {
      if (waiting_.size() >= kWaitingMax || bytes_ + bytes > kBytesMax) return false;
      waiting_.emplace(std::chrono::steady_clock::now() + delay, Waiting{std::move(work), bytes});
      bytes_ += bytes;
      if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
      changed_.notify_one();
      return true;
    }
  }
  work();
  return true;
}

void DelayLine::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto next = waiting_.begin();
    const Time due = next->first;
    if (std::chrono::steady_clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    const Work work = std::move(next->second.work);
    bytes_ -= next->second.bytes;
    waiting_.erase(next);
    lock.unlock();
    work();
    lock.lock();
  }
}

void DelayLine::stop() {
  std::multimap<Time, Waiting> left;
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    left.swap(waiting_);
    bytes_ = 0;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  for (auto& [due, waiting] : left) waiting.work();
}

}  // namespace isthmus::api::front
