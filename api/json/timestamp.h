// Times as real controllers print them: RFC 3339 with seven digits of a second, and the offset.
#pragma once

#include <fmt/chrono.h>

#include <chrono>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus::api::json {

// "2024-03-15T10:00:00.1230000+00:00"; `time_ms` is since the Unix epoch.
inline std::string timestamp(int64_t time_ms) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(time_ms)};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}0000+00:00",
                     fmt::gmtime(static_cast<std::time_t>(seconds.time_since_epoch().count())),
                     (time - seconds).count());
}

// The reverse, as people write it: "2024-03-15T10:00:00Z", with or without digits of a second, in
// UTC ("Z" or "+00:00"). Milliseconds since the Unix epoch; nothing where it is no time.
std::optional<int64_t> parse_timestamp(std::string_view text);

}  // namespace isthmus::api::json
