// What the server counts, for /metrics. Every field is an independent counter that io threads
// increment and anybody reads; values read together need not belong to the same instant.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "api/http/message.h"

namespace isthmus::api::http {

// Upper bounds of the duration buckets, in microseconds; the last bucket has none.
constexpr std::array<int64_t, 12> kDurationBoundsUs = {
    50, 100, 250, 500, 1'000, 2'500, 10'000, 50'000, 100'000, 500'000, 1'000'000, 10'000'000};

struct Metrics {
  static constexpr int kStatusClasses = 5;           // 1xx .. 5xx
  static constexpr int kOtherMethod = kMethodCount;  // a method that is not ours, or none was read

  using Counter = std::atomic<uint64_t>;
  // requests[method][status / 100 - 1]
  std::array<std::array<Counter, kStatusClasses>, kMethodCount + 1> requests{};
  std::array<Counter, kDurationBoundsUs.size() + 1> durations{};  // not cumulative
  Counter duration_sum_us{0};
  Counter connections_accepted{0};
  Counter connections_refused{0};   // over a connection limit
  Counter connections_given_up{0};  // closed by their clients before they could be accepted
  Counter timeouts{0};
  Counter guard_refusals{0};
  std::atomic<int64_t> connections_open{0};

  void count(int method_index, int status, std::chrono::microseconds duration);
};

}  // namespace isthmus::api::http
