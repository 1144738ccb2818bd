// Enumerations that clients write by name. The names stand beside the enumeration, in its order:
//
//   enum class Toggle : uint8_t { Disabled, Enabled };
//   template <> inline constexpr auto kNames<Toggle> = names("Disabled", "Enabled");
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace isthmus {

template <class... T>
constexpr std::array<std::string_view, sizeof...(T)> names(T... texts) {
  return {texts...};
}

template <class E>
inline constexpr std::array<std::string_view, 0> kNames = {};

template <class E>
concept NamedEnum = std::is_enum_v<E> && !kNames<E>.empty();

}  // namespace isthmus
