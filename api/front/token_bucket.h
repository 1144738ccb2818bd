// A token bucket, as Azure Resource Manager throttles: `burst` calls at once, and `per_second` more
// each second. Whole numbers alone, so that equal times give equal verdicts. One owner.
#pragma once

#include <algorithm>
#include <cstdint>

namespace isthmus::api::front {

struct Rate {
  uint32_t burst = 1;       // 1 or more
  uint32_t per_second = 1;  // 1 or more
  friend bool operator==(const Rate&, const Rate&) = default;
};

class TokenBucket {
 public:
  struct Verdict {
    bool is_taken;
    uint32_t remaining;      // whole calls left
    uint32_t retry_after_s;  // when refused: until one is there again, at least 1
  };

  TokenBucket(Rate rate, int64_t now_ms)
      : rate_(rate), thousandths_(most()), filled_at_ms_(now_ms) {}

  Verdict take(int64_t now_ms) {
    fill(now_ms);
    if (thousandths_ < kOne) {
      const int64_t missing = kOne - thousandths_;
      const int64_t a_second = int64_t{rate_.per_second} * kOne;
      return {false, 0, static_cast<uint32_t>((missing + a_second - 1) / a_second)};
    }
    thousandths_ -= kOne;
    return {true, static_cast<uint32_t>(thousandths_ / kOne), 0};
  }
  // Nobody has asked for so long that a new bucket would say the same.
  bool is_full(int64_t now_ms) const {
    TokenBucket filled = *this;
    filled.fill(now_ms);
    return filled.thousandths_ == most();
  }

 private:
  static constexpr int64_t kOne = 1000;  // a call; one millisecond brings per_second thousandths

  int64_t most() const { return int64_t{rate_.burst} * kOne; }
  // A clock that was set back, or stands still, brings nothing.
  void fill(int64_t now_ms) {
    constexpr int64_t kHourMs = 3'600'000;  // keeps the product in range
    const int64_t passed_ms = std::clamp<int64_t>(now_ms - filled_at_ms_, 0, kHourMs);
    thousandths_ = passed_ms == kHourMs
                       ? most()
                       : std::min(most(), thousandths_ + passed_ms * rate_.per_second);
    filled_at_ms_ = now_ms;
  }

  Rate rate_;
  int64_t thousandths_;
  int64_t filled_at_ms_;
};

}  // namespace isthmus::api::front
