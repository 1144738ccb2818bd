#include "api/json/timestamp.h"

#include <array>

namespace isthmus::api::json {
namespace {

// The number at a place of the text; nothing where there is anything but digits.
std::optional<int> digits(std::string_view text, size_t at, size_t count) {
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// ".123" and the like, in milliseconds; what is finer is cut off.
std::optional<int64_t> fraction(std::string_view text) {
  if (text.empty()) return 0;
  if (text.size() < 2 || text[0] != '.' || text.find_first_not_of("0123456789", 1) != text.npos)
    return std::nullopt;
  int64_t ms = 0;
  for (size_t i = 1; i <= 3; ++i) ms = ms * 10 + (i < text.size() ? text[i] - '0' : 0);
  return ms;
}

}  // namespace

std::optional<int64_t> parse_timestamp(std::string_view text) {
  using namespace std::chrono;
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
  } else if (text.ends_with("+00:00")) {
    text.remove_suffix(6);
  } else {
    return std::nullopt;
  }
  constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() < kForm.size()) return std::nullopt;
  for (size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == 'd' || text[i] == kForm[i] || (kForm[i] == 'T' && text[i] == 't');
    if (!fits) return std::nullopt;
  }
  constexpr std::array<std::pair<size_t, size_t>, 6> kFields = {
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}}};
  std::array<int, 6> field{};
  for (size_t i = 0; i < field.size(); ++i) {
    const auto value = digits(text, kFields[i].first, kFields[i].second);
    if (!value) return std::nullopt;
    field[i] = *value;
  }
  const auto ms = fraction(text.substr(kForm.size()));
  const year_month_day date{year(field[0]), month(static_cast<unsigned>(field[1])),
                            day(static_cast<unsigned>(field[2]))};
  if (!ms || !date.ok() || field[3] > 23 || field[4] > 59 || field[5] > 59) return std::nullopt;
  const auto seconds_in_all =
      sys_days(date).time_since_epoch() + hours(field[3]) + minutes(field[4]) + seconds(field[5]);
  return duration_cast<milliseconds>(seconds_in_all).count() + *ms;
}

}  // namespace isthmus::api::json
