#include "controller/model/network_link.h"

#include <fmt/format.h>

#include <span>

namespace isthmus {
namespace {

constexpr std::string_view kTimes[] = {"us", "ms", "s"};
constexpr std::string_view kRates[] = {"bit", "kbit", "mbit", "gbit"};

std::string in_largest_unit(uint64_t value, std::span<const std::string_view> units) {
  size_t unit = 0;
  while (unit + 1 < units.size() && value != 0 && value % 1000 == 0) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{}{}", value, units[unit]);
}

}  // namespace

std::string latency_text(uint64_t us) { return in_largest_unit(us, kTimes); }

std::string loss_text(uint32_t ppm) {
  constexpr uint32_t kPpmPerPercent = 10'000;
  std::string text = fmt::format("{}.{:04}", ppm / kPpmPerPercent, ppm % kPpmPerPercent);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text + "%";
}

std::string rate_text(uint64_t bits_per_second) { return in_largest_unit(bits_per_second, kRates); }

}  // namespace isthmus
