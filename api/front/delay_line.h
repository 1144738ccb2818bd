// Work that is done later, by one thread of its own: no thread of the server waits. In real time.
//
// Bounded: so many wait, with so many bytes in all; what is more is not taken. Any thread; the work
// must not block, and must not stop() the line.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace isthmus::api::front {

class DelayLine {
 public:
  static constexpr size_t kWaitingMax = 1000;
  static constexpr size_t kBytesMax = 64 * 1024 * 1024;

  using Work = std::function<void()>;

  DelayLine() = default;
  ~DelayLine() { stop(); }
  DelayLine(const DelayLine&) = delete;
  DelayLine& operator=(const DelayLine&) = delete;

  // False: it is full, and the work was not taken. `bytes` is about what the work holds.
  bool add(std::chrono::milliseconds delay, size_t bytes, Work& work);
  // What waits is done now, by the caller; what comes later is done at once. Idempotent.
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiting {
    Work work;
    size_t bytes;
  };
  void run();

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::multimap<Time, Waiting> waiting_;
  size_t bytes_ = 0;
  bool is_stopped_ = false;
  std::thread thread_;  // started with the first work
};

}  // namespace isthmus::api::front
