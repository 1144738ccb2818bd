// Time as an argument: the shell owns a clock, tests own another.
#pragma once

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

struct ManualClock final : Clock {
  int64_t time_ms = 0;
  int64_t now_ms() const override { return time_ms; }
};

}  // namespace isthmus
