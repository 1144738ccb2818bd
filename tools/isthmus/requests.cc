// isthmus requests: the last calls that the daemon was asked, or those that come.
#include <fmt/format.h>

#include <thread>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kRequestsPath = "/_isthmus/v1/requests";
constexpr std::chrono::milliseconds kPollInterval{300};

// The options that are sent as parameters of the same name.
constexpr std::string_view kFilters[] = {"path", "method", "status", "limit"};

std::string target_of(const Arguments& arguments) {
  std::string target(kRequestsPath);
  for (const std::string_view name : kFilters) {
    if (!arguments.has(name)) continue;
    target += fmt::format("{}{}={}", target.size() == kRequestsPath.size() ? '?' : '&', name,
                          encoded(arguments.text(name)));
  }
  return target;
}

// "20:05:22.123" of a timestamp: whoever looks at calls looks at those of today.
std::string time_of_day(const std::string& timestamp) {
  constexpr size_t kFirst = 11, kLength = 12;
  return timestamp.size() < kFirst + kLength ? timestamp : timestamp.substr(kFirst, kLength);
}

std::vector<std::string> row_of(const Value& call) {
  const std::string status = text_at(call, "/status");
  const double ms = std::strtod(text_at(call, "/durationUs").c_str(), nullptr) / 1000;
  std::string why = text_at(call, "/code");
  if (const std::string fault = text_at(call, "/fault"); !fault.empty())
    why += fmt::format("{}(fault {})", why.empty() ? "" : " ", fault);
  return {time_of_day(text_at(call, "/time")),
          text_at(call, "/method"),
          status == "0" ? "cut" : status,
          fmt::format("{:.1f}", ms),
          text_at(call, "/who"),
          text_at(call, "/target"),
          std::move(why)};
}

Grid grid_of_calls(const Value& calls) {
  Grid grid{{"Time", "Method", "Status", "Ms", "Who", "Target", "Code"}, {}};
  for (const Value& call : calls.GetArray()) grid.rows.push_back(row_of(call));
  return grid;
}

Json calls_of(const Json& answer) {
  const Value* list = find(answer, "/requests");
  return list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
}

// One line a call as it comes: a table has no end to be laid out for.
void print_lines(Session& session, const Value& calls) {
  const Form form = session.output.settings().form;
  for (const Value& call : calls.GetArray()) {
    if (form == Form::JsonText || form == Form::YamlText) {
      session.output.print_text(to_text(call) + "\n");
    } else {
      const std::vector<std::string> row = row_of(call);
      session.output.print_text(fmt::format("{}  {:<7} {:>3} {:>8} ms  {}  {}  {}\n", row[0],
                                            row[1], row[2], row[3], row[4], row[5], row[6]));
    }
  }
  session.output.flush();
}

// Shows what was, then what comes, until the server goes or the user ends it.
Result<void> follow(Session& session, const std::string& target) {
  std::string next = target;
  for (;;) {
    const Result<Json> answer = session.api.get(next);
    if (!answer) return tl::unexpected(answer.error());
    if (const std::string missed = text_at(*answer, "/missed"); !missed.empty())
      session.err << fmt::format("{} calls came and went unseen\n", missed);
    print_lines(session, calls_of(*answer));
    if (!session.output.works()) return {};
    next = fmt::format("{}{}after={}", target, target.size() == kRequestsPath.size() ? '?' : '&',
                       text_at(*answer, "/next"));
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace

Result<void> show_requests(Session& session, const Arguments& arguments) {
  const std::string target = target_of(arguments);
  if (arguments.has("follow")) return follow(session, target);
  const Result<Json> answer = session.api.get(target);
  if (!answer) return tl::unexpected(answer.error());
  const Json calls = calls_of(*answer);
  return session.output.print(calls, [&] { return grid_of_calls(calls); });
}

}  // namespace isthmus::cli
