// A 128-bit identifier in the text form of RFC 9562. Random ones are made in the shell; the core
// derives them from a seed, so that the same changes give the same identifiers.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace isthmus {

struct Uuid {
  uint64_t hi = 0;
  uint64_t lo = 0;

  static std::optional<Uuid> parse(std::string_view text);
  // A version 8 UUID (RFC 9562 section 5.8) that depends on all three arguments alone.
  static Uuid derive(const Uuid& seed, uint64_t number, std::string_view name = {});
  static Uuid random();  // shell only: asks the operating system

  bool is_nil() const { return hi == 0 && lo == 0; }
  std::string to_string() const;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

}  // namespace isthmus
