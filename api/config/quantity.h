// Numbers as options have them: with a unit, or without. Private to api/config.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace isthmus::api::config {

struct Unit {
  std::string_view name;
  uint64_t factor;
};
constexpr Unit kByteUnits[] = {{"M", 1024 * 1024}, {"K", 1024}, {"", 1}};
constexpr Unit kTimeUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}};
constexpr Unit kNoUnits[] = {{"", 1}};

std::optional<uint64_t> number(std::string_view text);

// A positive number and one of the units; at most 1,000,000,000 in all.
std::optional<uint64_t> quantity(std::string_view text, std::span<const Unit> units);

// The largest of the units that divides `value`.
std::string with_unit(uint64_t value, std::span<const Unit> units);

}  // namespace isthmus::api::config
