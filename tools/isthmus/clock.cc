// isthmus clock: the time that the controller goes by.
#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kClockPath = "/_isthmus/v1/clock";
constexpr Column kClockColumns[] = {{"Mode", "/mode"}, {"Time", "/time"}, {"Rate", "/rate"}};

}  // namespace

Result<void> show_or_set_clock(Session& session, const Arguments& arguments) {
  Json body(rapidjson::kObjectType);
  auto& memory = body.GetAllocator();
  const auto add = [&](const char* member, const char* key) {
    if (!arguments.has(key)) return;
    body.AddMember(rapidjson::StringRef(member),
                   Value(std::string(arguments.text(key)).c_str(), memory), memory);
  };
  add("mode", "MODE");
  add("time", "time");
  add("advance", "advance");
  if (arguments.has("rate")) {
    const auto rate = parse_json(arguments.text("rate"));
    if (!rate || !rate->IsNumber()) return usage("--rate is a number, such as 60");
    body.AddMember("rate", Value(*rate, memory), memory);
  }
  if (body.ObjectEmpty()) {
    const Result<Json> clock = session.api.get(kClockPath);
    if (!clock) return tl::unexpected(clock.error());
    return session.output.print(*clock, [&] { return grid_of(kClockColumns, *clock); });
  }
  const Result<Reply> reply = session.api.put(kClockPath, body);
  if (!reply) return tl::unexpected(reply.error());
  return session.output.print(reply->json, [&] { return grid_of(kClockColumns, reply->json); });
}

}  // namespace isthmus::cli
