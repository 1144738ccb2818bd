// So many in a second, and at once after a second without any.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace isthmus::dataplane {

class RateLimit {
 public:
  explicit constexpr RateLimit(uint32_t per_second) : per_second_(per_second), left_(per_second) {}

  // Counts one, unless it is one too many. Time never goes backwards.
  constexpr bool admits(std::chrono::nanoseconds now) {
    const auto per_one = std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second_;
    const int64_t gained = (now - counted_) / per_one;
    if (gained > 0) {
      left_ = static_cast<uint32_t>(std::min<int64_t>(left_ + gained, per_second_));
      counted_ += gained * per_one;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  uint32_t per_second_;
  uint32_t left_;
  std::chrono::nanoseconds counted_{};  // up to when what is left was reckoned
};

}  // namespace isthmus::dataplane
