// The faults that are injected, in the order in which they were made, and what each has done. Kept
// in memory alone: a restarted daemon has none. Any thread; one short lock for each call while
// there are any, none otherwise.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/front/fault.h"
#include "api/front/refusal.h"
#include "controller/base/clock.h"
#include "controller/base/error.h"

namespace isthmus::api::front {

using FaultPtr = std::shared_ptr<const Fault>;

// What becomes of one call. Faults that only hold it up add up; the first one that answers decides.
struct Injection {
  std::vector<FaultPtr> faults;       // those that hit it, in order
  milliseconds before{0};             // held up before it happens
  milliseconds after{0};              // and before its answer
  FaultPtr answer;                    // whose answer it gets; null: its own
  FaultPtr operation;                 // what the operation that it begins fails with; null: nothing
  uint32_t retry_after_s = 0;         // of a throttle that refuses
  std::vector<http::Header> headers;  // of throttles that let it pass

  bool is_nothing() const { return faults.empty() && headers.empty(); }
};

struct FaultState {
  FaultPtr fault;
  uint64_t matched = 0;   // calls that it is for
  uint64_t injected = 0;  // those that it has hit
};

class FaultTable {
 public:
  explicit FaultTable(const Clock& clock) : clock_(clock) {}

  // In the place of one with its name, compared without case, whose counts start anew; else at the
  // end. True: there was none. An empty name becomes "fault-1", "fault-2", ...
  Result<bool> put(Fault& fault);
  bool remove(std::string_view name);  // false: there is none
  void clear();
  std::vector<FaultState> list() const;

  // Counts the call with every fault that it meets.
  Injection meet(const http::Request& request);

 private:
  struct Armed {
    FaultState state;
    std::optional<TokenBucket> bucket;
  };
  std::vector<Armed>::iterator find(std::string_view name);
  std::string free_name();
  bool throttled(Armed& armed, const http::Request& request, Injection& injection) const;
  static bool hit(FaultState& state, Injection& injection);

  const Clock& clock_;
  std::atomic<bool> is_empty_{true};
  mutable std::mutex mutex_;  // guards what follows
  std::vector<Armed> armed_;
  uint64_t last_number_ = 0;
};

}  // namespace isthmus::api::front
