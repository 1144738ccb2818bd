// What both realms ask of load balancers and their public addresses.
#pragma once

#include <fmt/format.h>

#include "controller/rules/rule.h"

namespace isthmus {

inline constexpr uint32_t kIdleMinutesMin = 4;
inline constexpr uint32_t kIdleMinutesMax = 30;

std::optional<Violation> idle_minutes_out_of_range(uint32_t minutes);

template <class B>
std::optional<Violation> idle_timeout_out_of_range(const Proposal& p) {
  return idle_minutes_out_of_range(p.body<B>().idle_timeout_minutes);
}

std::optional<Violation> frontend_is_nowhere(const Proposal& p);
std::optional<Violation> frontend_is_in_two_places(const Proposal& p);

}  // namespace isthmus
