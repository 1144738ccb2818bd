// What rules of access lists have decided, for rules that say so: the first packet of each flow
// that one of them permits, and every packet that it denies.
//
// The worker notes, and any thread takes what was noted. Both are bounded: a sender that is denied
// a million times does not fill anything.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "dataplane/net/flow_key.h"
#include "dataplane/pipeline/flow_state.h"
#include "dataplane/pipeline/rate_limit.h"
#include "dataplane/program.h"

namespace isthmus::dataplane {

constexpr uint32_t kAccessHitsPerSecond = 100;  // of a worker; our choice
constexpr size_t kAccessHitsKept = 1000;        // until somebody takes them

struct AccessHit {
  Tag rule{};
  AclAction action = AclAction::Permit;
  Direction direction = Direction::Inbound;
  PortId port{};  // whose list it is, or whose subnet's
  net::FlowKey flow;
  friend bool operator==(const AccessHit&, const AccessHit&) = default;
};

class AccessLog {
 public:
  struct Taken {
    std::vector<AccessHit> hits;  // in the order in which they happened
    uint64_t left_out = 0;        // more than were kept
  };

  void note(const AccessHit& hit, Time now) {
    const bool is_admitted = limit_.admits(now);
    const std::lock_guard lock(mutex_);
    if (is_admitted && taken_.hits.size() < kAccessHitsKept) {
      taken_.hits.push_back(hit);
    } else {
      ++taken_.left_out;
    }
  }
  // Since the last time.
  Taken take() {
    Taken taken;
    const std::lock_guard lock(mutex_);
    std::swap(taken, taken_);
    return taken;
  }

 private:
  RateLimit limit_{kAccessHitsPerSecond};  // the worker's
  std::mutex mutex_;                       // guards taken_
  Taken taken_;
};

}  // namespace isthmus::dataplane
