// The clock of a laboratory: real, or stopped, or faster than real time, and set to any time.
//
// Where it is not real it does not follow the system's clock: a frozen one stands still, a scaled
// one runs at its rate from the time that it was set to. Any thread.
#pragma once

#include <mutex>

#include "controller/base/clock.h"

namespace isthmus {

class SettableClock final : public Clock {
 public:
  enum class Mode : uint8_t { Real, Frozen, Scaled };
  struct Setting {
    Mode mode = Mode::Real;
    int64_t time_ms = 0;  // what it says when it is set; Real has its own
    double rate = 1;      // Scaled: seconds that pass in one of the system's
  };

  SettableClock() = default;
  explicit SettableClock(const Setting& setting) { set(setting); }

  int64_t now_ms() const override {
    const std::lock_guard lock(mutex_);
    return at(std::chrono::steady_clock::now());
  }
  // As it is now: `time_ms` is the present time.
  Setting setting() const {
    const std::lock_guard lock(mutex_);
    return {setting_.mode, at(std::chrono::steady_clock::now()), setting_.rate};
  }
  void set(const Setting& setting) {
    const std::lock_guard lock(mutex_);
    setting_ = setting;
    set_at_ = std::chrono::steady_clock::now();
  }

 private:
  int64_t at(std::chrono::steady_clock::time_point moment) const {
    if (setting_.mode == Mode::Real) return SystemClock().now_ms();
    if (setting_.mode == Mode::Frozen) return setting_.time_ms;
    const std::chrono::duration<double, std::milli> passed = moment - set_at_;
    return setting_.time_ms + static_cast<int64_t>(passed.count() * setting_.rate);
  }

  mutable std::mutex mutex_;  // guards the rest
  Setting setting_;
  std::chrono::steady_clock::time_point set_at_{};
};

}  // namespace isthmus
