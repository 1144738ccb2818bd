// Waiting for a condition: asks again until it holds or the time is up.
#include <fmt/format.h>

#include <charconv>
#include <ostream>
#include <thread>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr milliseconds kPollInterval{100};
constexpr milliseconds kAnswerTime{5000};  // for one question: a server that hangs is asked again

struct Condition {
  std::string target;   // what to ask for
  std::string pointer;  // the member that tells; empty when any good answer will do
  std::string wanted;   // its value, in any case
  std::string failed;   // the value that it cannot change from; may be empty
};

Result<Condition> parse_condition(std::string_view text) {
  if (text == "ready") return Condition{"/readyz", {}, {}, {}};
  constexpr std::string_view kPeering = "peering=", kOperation = "operation=";
  const std::string prefix(kControllerPrefix);
  if (text.starts_with(kOperation) && text.size() > kOperation.size())
    return Condition{prefix + "/operations/" + encoded(text.substr(kOperation.size())), "/status",
                     "Succeeded", "Failed"};
  if (text.starts_with(kPeering)) {
    text.remove_prefix(kPeering.size());
    const size_t slash = text.find('/'), colon = text.rfind(':');
    if (slash != std::string_view::npos && colon != std::string_view::npos && slash > 0 &&
        slash + 1 < colon && colon + 1 < text.size())
      return Condition{fmt::format("{}/virtualNetworks/{}/virtualNetworkPeerings/{}", prefix,
                                   encoded(text.substr(0, slash)),
                                   encoded(text.substr(slash + 1, colon - slash - 1))),
                       "/properties/peeringState",
                       std::string(text.substr(colon + 1)),
                       {}};
  }
  return usage("--for is ready, peering=NETWORK/NAME:STATE or operation=ID");
}

Result<milliseconds> parse_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    int64_t ms;
  };
  constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60'000}, {"h", 3'600'000}};
  constexpr int64_t kMost = 1'000'000'000;  // in any unit; keeps the product in range
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest = text.substr(static_cast<size_t>(end - text.data()));
  if (error == std::errc{} && number >= 0 && number <= kMost)
    for (const Unit& unit : kUnits)
      if (rest == unit.name) return milliseconds(number * unit.ms);
  return usage(fmt::format("'{}' is not a time: 500ms, 30s, 2m", text));
}

struct Observation {
  enum class Kind { Holds, NotYet, Never } kind;
  std::string seen;  // for people
};

Observation look(Api& api, const Condition& condition, milliseconds timeout) {
  const Result<Reply> reply = api.call({"GET", condition.target, {}, {}}, timeout);
  if (!reply) return {Observation::Kind::NotYet, reply.error().message};
  if (condition.pointer.empty()) return {Observation::Kind::Holds, "ready"};
  std::string value = text_at(reply->json, condition.pointer);
  if (equal_ignoring_case(value, condition.wanted)) return {Observation::Kind::Holds, value};
  if (!condition.failed.empty() && equal_ignoring_case(value, condition.failed))
    return {Observation::Kind::Never, value};
  return {Observation::Kind::NotYet, value};
}

milliseconds until(Time deadline) {
  return std::max(milliseconds(1), std::chrono::duration_cast<milliseconds>(
                                       deadline - std::chrono::steady_clock::now()));
}

}  // namespace

Result<void> wait_for(Session& session, const Arguments& arguments) {
  const Result<Condition> condition = parse_condition(arguments.text("for"));
  if (!condition) return tl::unexpected(condition.error());
  const Result<milliseconds> patience =
      parse_duration(arguments.has("timeout") ? arguments.text("timeout") : "30s");
  if (!patience) return tl::unexpected(patience.error());

  const Time deadline = std::chrono::steady_clock::now() + *patience;
  for (;;) {
    const Observation now = look(session.api, *condition, std::min(kAnswerTime, until(deadline)));
    if (now.kind == Observation::Kind::Holds) {
      session.err << now.seen << "\n";
      return {};
    }
    if (now.kind == Observation::Kind::Never)
      return tl::unexpected(Problem{
          Exit::Failure, {}, fmt::format("{}: it is {}", arguments.text("for"), now.seen), {}, {}});
    if (std::chrono::steady_clock::now() >= deadline)
      return tl::unexpected(Problem{Exit::Timeout,
                                    {},
                                    fmt::format("{}: not within {} ms; last seen: {}",
                                                arguments.text("for"), patience->count(), now.seen),
                                    {},
                                    {}});
    std::this_thread::sleep_for(std::min(kPollInterval, until(deadline)));
  }
}

}  // namespace isthmus::cli
