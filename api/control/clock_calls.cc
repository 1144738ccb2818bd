// The time that the controller goes by: shown, stopped, set, hurried.
#include <fmt/format.h>

#include <array>

#include "api/config/clock_text.h"
#include "api/config/options.h"
#include "api/control/calls.h"
#include "api/control/suggest.h"
#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "api/json/timestamp.h"
#include "controller/model/text.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;
using Mode = SettableClock::Mode;
using Setting = SettableClock::Setting;

constexpr std::array<std::string_view, 3> kModes = {"real", "frozen", "scaled"};
constexpr std::array<std::string_view, 4> kMembers = {"mode", "time", "rate", "advance"};
constexpr std::string_view kExampleOfAClock =
    R"(Send {"mode":"frozen","time":"2026-01-01T00:00:00Z"}, {"mode":"scaled","rate":60}, )"
    R"({"mode":"real"} or {"advance":"10s"}.)";

tl::unexpected<Error> malformed(std::string pointer, std::string message) {
  return fail(ErrorCode::InvalidParameterValue, std::move(pointer), std::move(message),
              std::string(kExampleOfAClock));
}

http::Response clock_answer(const Setting& setting) {
  JsonText out;
  out.object().text("mode", kModes[static_cast<size_t>(setting.mode)]);
  out.text("time", json::timestamp(setting.time_ms));
  if (setting.mode == Mode::Scaled) out.key("rate").real(setting.rate);
  out.end_object();
  return json_answer(out.take());
}

Result<void> check_members(const json::Value& wanted) {
  for (const auto& member : wanted.GetObject()) {
    const std::string_view name = json::text_of(member.name);
    if (std::find(kMembers.begin(), kMembers.end(), name) != kMembers.end()) continue;
    const std::string_view near = nearest(name, kMembers);
    return fail(
        ErrorCode::InvalidParameterValue, fmt::format("/{}", name),
        fmt::format("A clock has no member {}.", in_quotes(name)),
        near.empty() ? std::string(kExampleOfAClock) : fmt::format("Did you mean '{}'?", near));
  }
  return {};
}

Result<void> read_mode(const json::Value& wanted, Setting& setting) {
  const json::Value* mode = json::find_member(wanted, "mode");
  if (mode == nullptr) return {};
  const auto found = mode->IsString()
                         ? std::find(kModes.begin(), kModes.end(), json::text_of(*mode))
                         : kModes.end();
  if (found == kModes.end()) return malformed("/mode", "The mode is real, frozen or scaled.");
  setting.mode = static_cast<Mode>(found - kModes.begin());
  return {};
}

Result<void> read_time(const json::Value& wanted, Setting& setting) {
  const json::Value* time = json::find_member(wanted, "time");
  if (time == nullptr) return {};
  if (setting.mode == Mode::Real) return malformed("/time", "A real clock is not set.");
  const auto time_ms =
      time->IsString() ? json::parse_timestamp(json::text_of(*time)) : std::nullopt;
  if (!time_ms) return malformed("/time", "The time is not one like 2026-01-01T00:00:00Z.");
  setting.time_ms = *time_ms;
  return {};
}

Result<void> read_rate(const json::Value& wanted, Setting& setting) {
  const json::Value* rate = json::find_member(wanted, "rate");
  if (rate == nullptr) return {};
  if (setting.mode != Mode::Scaled) return malformed("/rate", "Only a scaled clock has a rate.");
  const double value = rate->IsNumber() ? rate->GetDouble() : 0;
  if (!(value > 0) || value > config::kRateMax) {
    return malformed("/rate", fmt::format("The rate is a number above 0, at most {}.",
                                          static_cast<uint64_t>(config::kRateMax)));
  }
  setting.rate = value;
  return {};
}

Result<void> read_advance(const json::Value& wanted, Setting& setting) {
  const json::Value* advance = json::find_member(wanted, "advance");
  if (advance == nullptr) return {};
  if (setting.mode == Mode::Real) return malformed("/advance", "A real clock is not moved.");
  const auto ms = advance->IsString() ? config::parse_time(json::text_of(*advance)) : std::nullopt;
  if (!ms) return malformed("/advance", "The time to advance by is not one like 500ms, 10s or 2m.");
  setting.time_ms += static_cast<int64_t>(*ms);
  return {};
}

}  // namespace

http::Response show_clock(const Service& service, const http::Request&) {
  return clock_answer(service.options.clock->setting());
}

// Members that are not named stay as they are.
http::Response put_clock(const Service& service, const http::Request& request) {
  const auto wanted = json::parse_json(request.body);
  if (!wanted || !wanted->IsObject()) {
    return answer(problem_of({ErrorCode::InvalidRequestContent,
                              "",
                              wanted ? "The clock is an object." : wanted.error().message,
                              std::string(kExampleOfAClock),
                              {}}));
  }
  Setting setting = service.options.clock->setting();
  using Read = Result<void> (*)(const json::Value&, Setting&);
  if (auto known = check_members(*wanted); !known) return answer(problem_of(known.error()));
  for (const Read read : {&read_mode, &read_time, &read_rate, &read_advance}) {
    if (auto done = read(*wanted, setting); !done) return answer(problem_of(done.error()));
  }
  service.options.clock->set(setting);
  return clock_answer(service.options.clock->setting());
}

}  // namespace isthmus::api::control
