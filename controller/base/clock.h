// Time as an argument: the shell owns a clock, tests own another.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace isthmus {

struct Clock {
  virtual ~Clock() = default;
  virtual int64_t now_ms() const = 0;  // since the Unix epoch
};

struct SystemClock final : Clock {
  int64_t now_ms() const override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
};

// Stands still until it is told otherwise; any thread.
struct ManualClock final : Clock {
  explicit ManualClock(int64_t start_ms = 0) : time_ms(start_ms) {}
  std::atomic<int64_t> time_ms;
  int64_t now_ms() const override { return time_ms; }
};

}  // namespace isthmus
