#include "api/front/fault_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace isthmus::api::front {

std::vector<FaultTable::Armed>::iterator FaultTable::find(std::string_view name) {
  return std::find_if(armed_.begin(), armed_.end(), [name](const Armed& armed) {
    return http::equal_without_case(armed.state.fault->name, name);
  });
}

std::string FaultTable::free_name() {
  std::string name;
  do {
    name = fmt::format("fault-{}", ++last_number_);
  } while (find(name) != armed_.end());
  return name;
}

Result<bool> FaultTable::put(Fault& fault) {
  const std::lock_guard lock(mutex_);
  if (fault.name.empty()) fault.name = free_name();
  Armed armed{{std::make_shared<const Fault>(fault), 0, 0}, std::nullopt};
  if (fault.throttle) armed.bucket.emplace(*fault.throttle, clock_.now_ms());
  const auto found = find(fault.name);
  if (found != armed_.end()) {
    *found = std::move(armed);
    return false;
  }
  if (armed_.size() >= kFaultsMax) {
    return fail(ErrorCode::LimitReached, "",
                fmt::format("There are {} faults already, which is the most.", kFaultsMax),
                "Delete some: DELETE /_isthmus/v1/faults takes all of them away.");
  }
  armed_.push_back(std::move(armed));
  is_empty_ = false;
  return true;
}

bool FaultTable::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = find(name);
  if (found == armed_.end()) return false;
  armed_.erase(found);
  is_empty_ = armed_.empty();
  return true;
}

void FaultTable::clear() {
  const std::lock_guard lock(mutex_);
  armed_.clear();
  is_empty_ = true;
}

std::vector<FaultState> FaultTable::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<FaultState> states;
  for (const Armed& armed : armed_) states.push_back(armed.state);
  return states;
}

// A throttle counts what it refuses; true: it refuses this call.
bool FaultTable::throttled(Armed& armed, const http::Request& request, Injection& injection) const {
  FaultState& state = armed.state;
  ++state.matched;
  const TokenBucket::Verdict verdict = armed.bucket->take(clock_.now_ms());
  injection.headers.push_back(
      {std::string(remaining_header(kind_of(request.method))), std::to_string(verdict.remaining)});
  if (verdict.is_taken) return false;
  ++state.injected;
  injection.faults.push_back(state.fault);
  injection.answer = state.fault;
  injection.retry_after_s = verdict.retry_after_s;
  return true;
}

// True: the fault decides what becomes of this call.
bool FaultTable::hit(FaultState& state, Injection& injection) {
  const Fault& fault = *state.fault;
  const uint64_t n = state.matched++;
  if (n < fault.after || (fault.count && state.injected >= *fault.count)) return false;
  if (!is_hit(fault, n)) return false;
  ++state.injected;
  injection.faults.push_back(state.fault);
  const bool is_after = fault.when == Fault::When::After;
  (is_after ? injection.after : injection.before) += delay_of(fault, n);
  if (fault.fails_operation()) injection.operation = state.fault;
  if (fault.answers()) injection.answer = state.fault;
  return fault.answers() || fault.fails_operation();
}

Injection FaultTable::meet(const http::Request& request) {
  Injection injection;
  if (is_empty_.load(std::memory_order_relaxed)) return injection;
  const std::lock_guard lock(mutex_);
  for (Armed& armed : armed_) {
    if (!is_for(armed.state.fault->match, request)) continue;
    const bool decides =
        armed.bucket ? throttled(armed, request, injection) : hit(armed.state, injection);
    if (decides) break;
  }
  injection.before = std::min(injection.before, kDelayMax);
  injection.after = std::min(injection.after, kDelayMax);
  return injection;
}

}  // namespace isthmus::api::front
