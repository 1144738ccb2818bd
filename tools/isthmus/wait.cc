// Waiting for a condition: asks again until it holds or the time is up.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <ostream>
#include <thread>

#include "api/control/suggest.h"
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr milliseconds kWaitPollInterval{100};
constexpr milliseconds kAnswerTime{5000};  // for one question: a server that hangs is asked again

constexpr std::string_view kForms = "--for is ready, peering=NETWORK/NAME:STATE or operation=ID";

struct Condition {
  std::string target;   // what to ask for
  std::string pointer;  // the member that tells; empty when any good answer will do
  std::string wanted;   // its value, in any case
  std::string failed;   // the value that it cannot change from; may be empty
};

// What a peering may be, and the member that says so.
struct StateRow {
  std::string_view word;
  std::string_view pointer;
  OnlyIn only_in = {};
};
constexpr std::string_view kState = "/properties/peeringState";
constexpr std::string_view kLevel = "/properties/peeringSyncLevel";
constexpr StateRow kStates[] = {
    {"Initiated", kState},
    {"Connected", kState},
    {"Disconnected", kState},
    {"FullyInSync", kLevel, Realm::Azure},
    {"LocalNotInSync", kLevel, Realm::Azure},
    {"RemoteNotInSync", kLevel, Realm::Azure},
    {"LocalAndRemoteNotInSync", kLevel, Realm::Azure},
};

Result<StateRow> state_named(std::string_view word, Realm realm) {
  std::vector<std::string_view> known;
  for (const StateRow& row : kStates) {
    if (!holds_in(row.only_in, realm)) continue;
    if (equal_ignoring_case(row.word, word)) return row;
    known.push_back(row.word);
  }
  const std::string_view near = api::nearest(word, known);
  return usage(fmt::format("a peering is {}, not '{}'{}", fmt::join(known, ", "), word,
                           near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

// "hub/to-spoke", or a whole reference.
Result<std::string> peering_named(Session& session, std::string_view what,
                                  const Arguments& arguments) {
  if (what.starts_with('/')) return std::string(what);
  const size_t slash = what.find('/');
  const Result<Arguments> where = located(session, arguments);
  if (!where) return tl::unexpected(where.error());
  return reference_to(fmt::format("/virtualNetworks/{}/virtualNetworkPeerings/{}",
                                  encoded(what.substr(0, slash)), encoded(what.substr(slash + 1))),
                      *where, session.realm);
}

Result<Condition> condition_of_peering(Session& session, std::string_view text,
                                       const Arguments& arguments) {
  const size_t slash = text.find('/'), colon = text.rfind(':');
  const bool is_whole = slash != std::string_view::npos && colon != std::string_view::npos &&
                        slash + 1 < colon && colon + 1 < text.size() &&
                        (slash > 0 || session.realm == Realm::Azure);
  if (!is_whole) return usage(std::string(kForms));
  const Result<StateRow> state = state_named(text.substr(colon + 1), session.realm);
  if (!state) return tl::unexpected(state.error());
  const Result<std::string> peering = peering_named(session, text.substr(0, colon), arguments);
  if (!peering) return tl::unexpected(peering.error());
  return Condition{
      request_target(*peering), std::string(state->pointer), std::string(state->word), {}};
}

Result<Condition> parse_condition(Session& session, const Arguments& arguments) {
  std::string_view text = arguments.text("for");
  if (text == "ready") return Condition{"/readyz", {}, {}, {}};
  constexpr std::string_view kPeering = "peering=", kOperation = "operation=";
  if (text.starts_with(kPeering))
    return condition_of_peering(session, text.substr(kPeering.size()), arguments);
  if (!text.starts_with(kOperation) || text.size() == kOperation.size())
    return usage(std::string(kForms));
  text.remove_prefix(kOperation.size());
  const std::string path =
      text.starts_with('/') ? std::string(text) : "/operations/" + encoded(text);
  return Condition{request_target(path), "/status", "Succeeded", "Failed"};
}

}  // namespace

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

namespace {

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
  const Result<Condition> condition = parse_condition(session, arguments);
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
    std::this_thread::sleep_for(std::min(kWaitPollInterval, until(deadline)));
  }
}

}  // namespace isthmus::cli
