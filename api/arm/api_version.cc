#include "api/arm/api_version.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "api/arm/answers.h"
#include "controller/model/text.h"

namespace isthmus::api::arm {
namespace {

constexpr std::string_view kAccepted =
    "any date 'YYYY-MM-DD', also followed by '-preview', such as '2015-01-01,2018-04-01,2021-04-01,"
    "2022-01-01,2025-01-01,2026-01-01'";

template <class Int>
bool read(std::string_view digits, Int& value) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

bool is_api_version(std::string_view text) {
  constexpr size_t kDateBytes = 10;  // YYYY-MM-DD
  const std::string_view date = text.substr(0, kDateBytes);
  const std::string_view rest = text.substr(date.size());
  if (date.size() != kDateBytes || date[4] != '-' || date[7] != '-') return false;
  if (!rest.empty() && !http::equal_without_case(rest, "-preview")) return false;
  unsigned year = 0, month = 0, day = 0;
  if (!read(date.substr(0, 4), year) || !read(date.substr(5, 2), month) ||
      !read(date.substr(8, 2), day))
    return false;
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(year)),
                                     std::chrono::month(month), std::chrono::day(day))
      .ok();
}

std::optional<http::Response> without_version(const http::Request& request) {
  return without_version(request, {});
}

std::optional<http::Response> without_version(const http::Request& request,
                                              std::string_view also_allowed) {
  const auto version = request.parameter(kApiVersion);
  if (!version || version->empty())
    return error_answer(
        ArmErrorCode::MissingApiVersionParameter,
        fmt::format("The api-version query parameter (?api-version=) is required for all requests. "
                    "The supported versions are {}.",
                    kAccepted));
  if (is_api_version(*version) || (!also_allowed.empty() && *version == also_allowed))
    return std::nullopt;
  return error_answer(ArmErrorCode::InvalidApiVersionParameter,
                      fmt::format("The api-version {} is invalid. The supported versions are {}.",
                                  in_quotes(*version), kAccepted));
}

}  // namespace isthmus::api::arm
