#include "controller/base/failpoint.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <csignal>
#include <optional>
#include <thread>
#include <vector>

namespace isthmus {
namespace failpoint_detail {

std::atomic<bool> is_any_armed = false;

}  // namespace failpoint_detail

namespace {

constexpr std::array kFailpoints = {
#define X(point, name, moment) FailpointInfo{Failpoint::point, name, moment},
    ISTHMUS_FAILPOINT_LIST(X)
#undef X
};

constexpr const char* kActions = "crash, error, delay:TIME as in delay:20ms; @N for the Nth time";

enum class Action : uint8_t { Crash, Error, Delay };

struct Rule {
  Failpoint point{};
  Action action = Action::Crash;
  std::chrono::milliseconds delay{0};
  uint64_t at = 0;  // 0: every time
};

std::vector<Rule> armed_rules;
std::array<std::atomic<uint64_t>, kFailpoints.size()> counts;

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> time(std::string_view text) {
  constexpr uint64_t kMostMs = 3'600'000;
  uint64_t factor = 1;
  if (text.ends_with("ms")) {
    text.remove_suffix(2);
  } else if (text.ends_with("s")) {
    text.remove_suffix(1);
    factor = 1000;
  } else {
    return std::nullopt;
  }
  const auto count = number(text);
  if (!count || *count == 0 || *count > kMostMs / factor) return std::nullopt;
  return std::chrono::milliseconds(*count * factor);
}

bool read_action(std::string_view text, Rule& rule) {
  constexpr std::string_view kDelay = "delay:";
  if (const size_t at = text.find('@'); at != std::string_view::npos) {
    const auto nth = number(text.substr(at + 1));
    if (!nth || *nth == 0) return false;
    rule.at = *nth;
    text = text.substr(0, at);
  }
  if (text == "crash" || text == "error") {
    rule.action = text == "crash" ? Action::Crash : Action::Error;
    return true;
  }
  if (!text.starts_with(kDelay)) return false;
  const auto delay = time(text.substr(kDelay.size()));
  if (!delay) return false;
  rule.action = Action::Delay;
  rule.delay = *delay;
  return true;
}

std::string all_names() {
  std::string names;
  for (const FailpointInfo& row : kFailpoints) names.append(names.empty() ? "" : ", ") += row.name;
  return names;
}

tl::expected<Rule, std::string> read_rule(std::string_view text) {
  const size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto row = std::find_if(kFailpoints.begin(), kFailpoints.end(),
                                [&](const FailpointInfo& info) { return info.name == name; });
  if (row == kFailpoints.end()) {
    return tl::unexpected(
        fmt::format("There is no failpoint '{}'. There are {}.", name, all_names()));
  }
  Rule rule{.point = row->point};
  const std::string_view action = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  if (!read_action(action, rule)) {
    return tl::unexpected(
        fmt::format("The failpoint {} cannot do '{}'. Actions are {}.", name, action, kActions));
  }
  return rule;
}

[[noreturn]] void crash() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

bool act(const Rule& rule) {
  if (rule.action == Action::Crash) crash();
  std::this_thread::sleep_for(rule.delay);
  return rule.action == Action::Error;
}

}  // namespace

namespace failpoint_detail {

bool meet(Failpoint point) {
  const uint64_t pass = ++counts[static_cast<size_t>(point)];
  bool fails = false;
  for (const Rule& rule : armed_rules) {
    if (rule.point == point && (rule.at == 0 || rule.at == pass)) fails |= act(rule);
  }
  return fails;
}

}  // namespace failpoint_detail

bool has_failpoints() {
#if defined(ISTHMUS_WITH_FAILPOINTS)
  return true;
#else
  return false;
#endif
}

std::span<const FailpointInfo> failpoints() { return kFailpoints; }

const FailpointInfo& info(Failpoint point) { return kFailpoints[static_cast<size_t>(point)]; }

tl::expected<void, std::string> arm_failpoints(std::string_view rules) {
  disarm_failpoints();
  if (rules.empty()) return {};
  if (!has_failpoints()) {
    return tl::unexpected<std::string>(
        "This build has no failpoints. Build with -D ISTHMUS_FAILPOINTS=ON, or unset "
        "ISTHMUS_FAILPOINTS.");
  }
  std::vector<Rule> read;
  while (!rules.empty()) {
    const std::string_view text = rules.substr(0, rules.find(';'));
    auto rule = read_rule(text);
    if (!rule) return tl::unexpected(rule.error());
    read.push_back(*rule);
    rules.remove_prefix(std::min(text.size() + 1, rules.size()));
  }
  armed_rules = std::move(read);
  failpoint_detail::is_any_armed.store(true, std::memory_order_release);
  return {};
}

void disarm_failpoints() {
  failpoint_detail::is_any_armed.store(false, std::memory_order_release);
  armed_rules.clear();
  for (auto& count : counts) count = 0;
}

uint64_t passes(Failpoint point) { return counts[static_cast<size_t>(point)]; }

}  // namespace isthmus
