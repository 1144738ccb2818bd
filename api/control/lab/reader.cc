#include "api/control/lab/reader.h"

#include <algorithm>
#include <charconv>

#include "api/control/lab/parse.h"
#include "api/control/suggest.h"

namespace isthmus::api::lab {

std::string did_you_mean(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view near = nearest(word, known);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

namespace {

std::string unknown_member(std::string_view name, std::string_view what,
                           std::span<const std::string_view> known) {
  const std::string meant = did_you_mean(name, known);
  if (!meant.empty()) return fmt::format("{} has no member {}{}", what, in_quotes(name), meant);
  return fmt::format("{} has no member {}: it has {}.", what, in_quotes(name),
                     fmt::join(known, ", "));
}

}  // namespace

bool Reader::is_full() const { return problems_.size() == kLabProblemsMax; }

void Reader::problem(Where where, std::string pointer, std::string message) {
  if (is_full()) return;
  problems_.push_back({where.line, where.column, std::move(pointer), std::move(message)});
}

bool Reader::is_type(const Spot& spot, std::string_view what, NodeType type) {
  if (spot.node->type == type) return true;
  problem(spot, fmt::format("{} is {}, not {}.", what, noun(type), noun(spot.node->type)));
  return false;
}

bool Reader::is_map(const Spot& spot, std::string_view what) {
  return is_type(spot, what, NodeType::Map);
}
bool Reader::is_list(const Spot& spot, std::string_view what) {
  return is_type(spot, what, NodeType::List);
}

bool Reader::has_only(const Spot& map, std::string_view what,
                      std::span<const std::string_view> known) {
  if (!is_map(map, what)) return false;
  for (const Member& m : map.node->members) {
    if (is_full() || std::find(known.begin(), known.end(), m.name) != known.end()) continue;
    problem(m.where, member(map, m).pointer, unknown_member(m.name, what, known));
  }
  return true;
}

Spot Reader::find(const Spot& map, std::string_view name) {
  for (const Member& m : map.node->members) {
    if (m.name == name) return member(map, m);
  }
  return {};
}

// Has a member that was refused as unknown probably meant this one? Then that says enough.
bool Reader::is_misspelt(const Spot& map, std::string_view name) const {
  const std::string_view known[] = {name};
  return std::any_of(map.node->members.begin(), map.node->members.end(), [&](const Member& m) {
    const std::string pointer = member(map, m).pointer;
    return !nearest(m.name, known).empty() &&
           std::any_of(problems_.begin(), problems_.end(), [&pointer](const LabProblem& problem) {
             return problem.pointer == pointer;
           });
  });
}

Spot Reader::require(const Spot& map, std::string_view what, std::string_view name) {
  Spot found = find(map, name);
  if (found.node == nullptr && !is_misspelt(map, name))
    problem(map, fmt::format("{} needs the member '{}'.", what, name));
  return found;
}

Spot Reader::element(const Spot& list, size_t index) {
  return {&list.node->elements[index], fmt::format("{}/{}", list.pointer, index)};
}

Spot Reader::member(const Spot& map, const Member& member) {
  return {&member.value, fmt::format("{}/{}", map.pointer, escaped_pointer(member.name))};
}

std::optional<std::string_view> Reader::text(const Spot& spot, std::string_view what) {
  if (spot.node->type == NodeType::Text) return spot.node->text;
  const bool needs_quotes = spot.node->is_scalar() && spot.node->type != NodeType::Null;
  problem(spot, needs_quotes ? fmt::format("{} is a text, so write {} in quotes.", what,
                                           in_quotes(spot.node->text))
                             : fmt::format("{} is a text, not {}.", what, noun(spot.node->type)));
  return std::nullopt;
}

std::optional<std::string_view> Reader::text_or_number(const Spot& spot, std::string_view what) {
  if (spot.node->type == NodeType::Integer) return spot.node->text;
  return text(spot, what);
}

std::optional<std::string> Reader::name(const Spot& spot, std::string_view what) {
  const auto written = text(spot, what);
  if (!written) return std::nullopt;
  const std::string wrong = wrong_name(*written, what);
  if (wrong.empty()) return std::string(*written);
  problem(spot, wrong);
  return std::nullopt;
}

std::string Reader::wrong_name(std::string_view name, std::string_view what) const {
  const bool is_azure = realm == Realm::Azure;
  if (is_azure ? is_legal_azure_name(Kind::VirtualNetwork, name) : is_legal_resource_name(name))
    return {};
  return fmt::format("{} is not {}: use 1 to {} letters, digits, '.', '_' or '-', {}.",
                     in_quotes(name), what, is_azure ? 80 : 128,
                     is_azure ? "neither starting nor ending with '.' or '-'"
                              : "starting with a letter or a digit");
}

std::optional<bool> Reader::boolean(const Spot& spot, std::string_view what) {
  if (spot.node->type == NodeType::Bool)
    return spot.node->text[0] == 't' || spot.node->text[0] == 'T';
  problem(spot,
          fmt::format("{} is true or false, not {}.", what,
                      spot.node->is_scalar() ? in_quotes(spot.node->text) : noun(spot.node->type)));
  return std::nullopt;
}

std::optional<uint32_t> Reader::number(const Spot& spot, std::string_view what, uint32_t first,
                                       uint32_t last) {
  uint32_t number = 0;
  const std::string& digits = spot.node->text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool is_whole = error == std::errc{} && end == digits.data() + digits.size();
  if (spot.node->type == NodeType::Integer && is_whole && first <= number && number <= last)
    return number;
  problem(spot, fmt::format("{} is a number from {} to {}, not {}.", what, first, last,
                            spot.node->is_scalar() ? in_quotes(digits) : noun(spot.node->type)));
  return std::nullopt;
}

}  // namespace isthmus::api::lab
