// Wakes up a thread that waits for descriptors, at a time of the monotonic clock.
//
// Threads: none of its own; one at a time.
#pragma once

#include <sys/timerfd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <system_error>

#include "dataplane/io/file.h"

namespace isthmus::dataplane::io {

class Alarm {
 public:
  using Time = std::chrono::nanoseconds;  // of std::chrono::steady_clock

  // Throws std::system_error where the system has no descriptor left.
  Alarm() : timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (!timer_) throw std::system_error(errno, std::generic_category(), "timerfd_create");
  }
  int descriptor() const { return timer_.get(); }  // readable when it is time

  // Nothing: never.
  void set(std::optional<Time> at) {
    if (at == at_) return;
    at_ = at;
    itimerspec when{};
    if (at) {  // 0 would mean never
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*at);
      when.it_value = {seconds.count(), (*at - seconds).count()};
      if (at->count() == 0) when.it_value.tv_nsec = 1;
    }
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
  }
  // It was time: the descriptor is readable no more.
  void acknowledge() {
    uint64_t count = 0;
    if (::read(timer_.get(), &count, sizeof count) == sizeof count) at_.reset();
  }

 private:
  File timer_;
  std::optional<Time> at_;
};

}  // namespace isthmus::dataplane::io
