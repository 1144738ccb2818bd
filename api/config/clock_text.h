// The clock as an option says it: "real", "frozen", "frozen=2026-01-01T00:00:00Z", "scaled=60",
// "scaled=60@2026-01-01T00:00:00Z" (60 seconds pass in one, from that time on).
#pragma once

#include <optional>
#include <string_view>

#include "controller/base/settable_clock.h"

namespace isthmus::api::config {

// A frozen clock of which no time is said: two runs see the same one.
constexpr int64_t kFrozenTimeMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
constexpr double kRateMax = 1'000'000;

// A scaled clock without a time starts at the present one.
std::optional<SettableClock::Setting> parse_clock(std::string_view text);

}  // namespace isthmus::api::config
