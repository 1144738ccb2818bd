// How a thread waits for frames: for some microseconds it looks again and again, then it sleeps.
//
// To wake up a thread takes longer than a frame does, so that looking pays while frames come. Who
// sends and receives them may need the same processor: between two looks the thread offers it
// (sched_yield), which costs little where nobody wants it. An offer that somebody took for as long
// as the scheduler lets one run says that the processors are too few for everybody. A thread that
// only offers waits for its turn then, while one that sleeps is let in when a frame comes: so for a
// while it does not look, and sleeps whenever there is nothing to do.
//
// Pure: times are arguments, monotonic. One thread.
#pragma once

#include <chrono>

namespace isthmus::dataplane::io {

class Waiting {
 public:
  using Time = std::chrono::nanoseconds;  // since any fixed point

  static constexpr Time kOfferTaken = std::chrono::milliseconds(3);  // a slice of Linux
  static constexpr Time kCrowdedFor = std::chrono::milliseconds(5);  // our choice

  Waiting(Time spin, Time now) : spin_(spin), last_work_(now), now_(now) {}

  bool may_sleep() const { return now_ < crowded_until_ || now_ - last_work_ >= spin_; }
  // There was something to do.
  void worked(Time now) { last_work_ = now_ = now; }
  // There was nothing to do, and the processor was offered from `before` to `after`.
  void offered(Time before, Time after) {
    if (after - before >= kOfferTaken) crowded_until_ = after + kCrowdedFor;
    now_ = after;
  }

 private:
  Time spin_;
  Time last_work_;
  Time now_;
  Time crowded_until_{};
};

}  // namespace isthmus::dataplane::io
