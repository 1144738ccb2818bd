#include "api/config/clock_text.h"

#include <charconv>

#include "api/json/timestamp.h"

namespace isthmus::api::config {
namespace {

using Mode = SettableClock::Mode;

std::optional<double> parse_rate(std::string_view text) {
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && rate > 0 && rate <= kRateMax ? std::optional(rate) : std::nullopt;
}

}  // namespace

std::optional<SettableClock::Setting> parse_clock(std::string_view text) {
  if (text == "real") return SettableClock::Setting{};
  if (text == "frozen") return SettableClock::Setting{Mode::Frozen, kFrozenTimeMs, 0};
  const size_t equals = text.find('=');
  const std::string_view mode = text.substr(0, equals);
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(equals + 1);
  if (mode == "frozen") {
    const auto time_ms = json::parse_timestamp(value);
    if (!time_ms) return std::nullopt;
    return SettableClock::Setting{Mode::Frozen, *time_ms, 0};
  }
  if (mode != "scaled") return std::nullopt;
  const size_t at = value.find('@');
  const auto rate = parse_rate(value.substr(0, at));
  const auto time_ms = at == std::string_view::npos ? SystemClock().now_ms()
                                                    : json::parse_timestamp(value.substr(at + 1));
  if (!rate || !time_ms) return std::nullopt;
  return SettableClock::Setting{Mode::Scaled, *time_ms, *rate};
}

}  // namespace isthmus::api::config
