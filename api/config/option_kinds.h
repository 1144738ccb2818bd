// Rows of the table of options that several options have in common: a number, a file, on or off.
// `Access` is a lambda that gives the field of a Config. Private to api/config.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <type_traits>

#include "api/config/options.h"
#include "api/config/quantity.h"

namespace isthmus::api::config {

template <class Access>
constexpr Option count_option(std::string_view name, std::string_view help, Access) {
  return {name,
          "N",
          "a number from 1 to 1000000000",
          help,
          [](Config& c, std::string_view text) {
            const auto value = quantity(text, kNoUnits);
            auto& field = Access{}(c);
            if (value) field = static_cast<std::remove_reference_t<decltype(field)>>(*value);
            return value.has_value();
          },
          [](const Config& c) { return std::to_string(Access{}(c)); }};
}

template <class Access>
constexpr Option bytes_option(std::string_view name, std::string_view help, Access) {
  return {name,
          "BYTES",
          "a number of bytes from 1 to 1000000000, perhaps with K or M as in 8K",
          help,
          [](Config& c, std::string_view text) {
            const auto value = quantity(text, kByteUnits);
            if (value) Access{}(c) = static_cast<size_t>(*value);
            return value.has_value();
          },
          [](const Config& c) { return with_unit(Access{}(c), kByteUnits); }};
}

template <class Access>
constexpr Option time_option(std::string_view name, std::string_view help, Access) {
  return {name,
          "TIME",
          "a time with its unit, as in 500ms, 10s or 2m",
          help,
          [](Config& c, std::string_view text) {
            const auto value = quantity(text, kTimeUnits);
            if (value) Access{}(c) = std::chrono::milliseconds(*value);
            return value.has_value();
          },
          [](const Config& c) {
            return with_unit(static_cast<uint64_t>(Access{}(c).count()), kTimeUnits);
          }};
}

// "on" or "off"; a switch, below, is named alone.
template <class Access>
constexpr Option on_off_option(std::string_view name, std::string_view help, Access) {
  return {name,
          "on|off",
          "on or off",
          help,
          [](Config& c, std::string_view text) {
            if (text == "on" || text == "off") Access{}(c) = text == "on";
            return text == "on" || text == "off";
          },
          [](const Config& c) { return std::string(Access{}(c) ? "on" : "off"); }};
}

template <class Access>
constexpr Option path_option(std::string_view name, std::string_view value, std::string_view help,
                             Access) {
  return {name,
          value,
          "a file name",
          help,
          [](Config& c, std::string_view text) {
            Access{}(c) = text;
            return true;
          },
          [](const Config& c) { return std::string(Access{}(c)); }};
}

template <class Access>
constexpr Option switch_option(std::string_view name, std::string_view help, Access) {
  return {name,
          "BOOL",
          "true or false",
          help,
          [](Config& c, std::string_view text) {
            if (text != "true" && text != "false") return false;
            Access{}(c) = text == "true";
            return true;
          },
          [](const Config& c) { return std::string(Access{}(c) ? "true" : "false"); },
          Arity::Switch};
}

}  // namespace isthmus::api::config
