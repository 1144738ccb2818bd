// The links between networks, as a document writes them.
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include "api/control/lab/links.h"
#include "api/control/lab/sections.h"

namespace isthmus::api::lab {
namespace {

constexpr std::array<std::string_view, 3> kLinkMembers = {"latency", "loss", "rate"};

struct Unit {
  std::string_view name;
  double factor;
};
// A number with a unit: 5ms, 0.1%. In steps of the first unit, of which `least` to `most` go.
struct Quantity {
  std::string_view key;
  std::string_view what;
  std::span<const Unit> units;
  double least, most;
  std::string_view range;
};
constexpr Unit kTimes[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}};
constexpr Unit kRates[] = {{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}};
constexpr Unit kPercent[] = {{"%", 1e4}};
constexpr Quantity kLatency{"latency", "a latency", kTimes, 0, kLinkLatencyMaxUs, "1us to 10s"};
constexpr Quantity kLoss{"loss", "a loss", kPercent, 0, kLinkLossMaxPpm, "0.0001% to 100%"};
constexpr Quantity kRate{"rate", "a rate", kRates, 1, 1e15, "1bit to 1000000gbit"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Digits, and perhaps a point with digits behind it; then a unit.
std::optional<double> in_steps(std::string_view text, std::span<const Unit> units) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view digits = text.substr(0, static_cast<size_t>(end - text.data()));
  if (error != std::errc{} || !is_digit(digits.front()) || !is_digit(digits.back()))
    return std::nullopt;
  for (const Unit& unit : units) {
    if (text.substr(digits.size()) == unit.name) return number * unit.factor;
  }
  return std::nullopt;
}

std::string in_words(std::span<const Unit> units) {
  std::string words;
  for (const Unit& unit : units) words += (words.empty() ? "" : ", ") + std::string(unit.name);
  return words;
}

uint64_t read_quantity(Reader& reader, const Spot& map, const Quantity& quantity) {
  const Spot spot = Reader::find(map, quantity.key);
  if (spot.node == nullptr) return 0;
  const auto refuse = [&](const std::string& remedy) {
    reader.problem(
        spot, fmt::format("{} is not {}: {}", in_quotes(spot.node->text), quantity.what, remedy));
    return uint64_t{0};
  };
  if (!spot.node->is_scalar() || spot.node->type == NodeType::Null) {
    reader.text(spot, quantity.what);
    return 0;
  }
  const auto steps = in_steps(spot.node->text, quantity.units);
  if (!steps) return refuse(fmt::format("write a number and one of {}.", in_words(quantity.units)));
  const double rounded = std::round(*steps);
  const bool vanishes = *steps != 0 && rounded == 0;
  if (vanishes || rounded < quantity.least || rounded > quantity.most)
    return refuse(fmt::format("it goes from {}, or leave it out.", quantity.range));
  return static_cast<uint64_t>(rounded);
}

// The two networks; empty where the name is none of two, or of several pairs.
void read_name(Reading& reading, const Member& member, const Spot& spot, LabLink& link) {
  const Names& networks = reading.declared.networks;
  const auto readings = link_readings(
      member.name, [&](std::string_view name) { return networks.find(name) != nullptr; });
  const auto refuse = [&](const std::string& message) {
    reading.reader.problem(member.where, spot.pointer, message);
  };
  if (readings.empty())
    return refuse(fmt::format("{} does not name two networks of this document: write a-b.",
                              in_quotes(member.name)));
  if (readings.size() > 1)
    return refuse(
        fmt::format("{} may be '{}' and '{}', or '{}' and '{}': write it the other way "
                    "round.",
                    in_quotes(member.name), readings[0].first, readings[0].second,
                    readings[1].first, readings[1].second));
  link.a = *networks.find(readings[0].first);
  link.b = *networks.find(readings[0].second);
  if (link.a == link.b)
    refuse(fmt::format("A link leads from one network to another, and '{}' is one.", link.a));
}

}  // namespace

void read_links(Reading& reading, const Spot& section) {
  if (!reading.reader.is_map(section, "'links'")) return;
  std::set<std::pair<std::string, std::string>> seen;
  for (const Member& member : section.node->members) {
    const Spot spot = Reader::member(section, member);
    LabLink link;
    read_name(reading, member, spot, link);
    if (!link.a.empty() && !seen.insert(std::minmax({link.a, link.b})).second)
      reading.reader.problem(member.where, spot.pointer,
                             fmt::format("The link between '{}' and '{}' stands twice; it is the "
                                         "same in both directions.",
                                         link.b, link.a));
    if (reading.reader.has_only(spot, "A link", kLinkMembers)) {
      link.latency = std::chrono::microseconds(read_quantity(reading.reader, spot, kLatency));
      link.loss_ppm = static_cast<uint32_t>(read_quantity(reading.reader, spot, kLoss));
      link.rate_bits_per_second = read_quantity(reading.reader, spot, kRate);
    }
    reading.document.links.push_back(std::move(link));
  }
}

}  // namespace isthmus::api::lab
