// Memory that runs out when a test says so: at every single allocation of a thread in turn.
//
// The test program's operator new is dataplane/allocation_failure_test.cc's, which asks here first.
#pragma once

#include <new>

namespace isthmus::test {

constexpr long kAllocationsNeverEnd = -1;
inline thread_local long allocations_left = kAllocationsNeverEnd;  // before they fail

inline void take_allocation() {
  if (allocations_left == 0) throw std::bad_alloc();
  if (allocations_left > 0) --allocations_left;
}

// How many allocations succeed while this lives.
class AllocationsLeft {
 public:
  explicit AllocationsLeft(long count) { allocations_left = count; }
  ~AllocationsLeft() { allocations_left = kAllocationsNeverEnd; }
  AllocationsLeft(const AllocationsLeft&) = delete;
  AllocationsLeft& operator=(const AllocationsLeft&) = delete;
};

// Lets the first allocation of `attempt` fail, then the second one, and so on, until none is left
// to fail; calls `look` after each failure. How many there were.
template <class Attempt, class Look>
long fail_each_allocation(Attempt attempt, Look look) {
  for (long count = 0;; ++count) {
    try {
      const AllocationsLeft left(count);
      attempt();
      return count;
    } catch (const std::bad_alloc&) {
    }
    look();
  }
}

}  // namespace isthmus::test
