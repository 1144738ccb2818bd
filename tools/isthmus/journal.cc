// isthmus journal, isthmus events: what was changed, when and by whom; as it comes; and back to
// what it was.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kJournalPath = "/_isthmus/v1/journal";
constexpr std::chrono::milliseconds kJournalPollInterval{200};
constexpr std::string_view kWithoutEnd = "18446744073709551615";

// "created /virtualNetworks/red, and 3 more"
std::string cell_of_changes(const Value& entry) {
  const Value* changes = find(entry, "/changes");
  if (changes == nullptr || !changes->IsArray() || changes->Empty()) return "";
  const Value& first = (*changes)[0];
  std::string cell = text_at(first, "/change") + " " + text_at(first, "/resource");
  if (changes->Size() > 1) cell += fmt::format(", and {} more", changes->Size() - 1);
  return cell;
}

Grid grid_of_entries(const Value& entries) {
  Grid grid{{"Revision", "Time", "Who", "Changes"}, {}};
  for (const Value& entry : entries.GetArray()) {
    grid.rows.push_back({text_at(entry, "/revision"), text_at(entry, "/time"),
                         text_at(entry, "/who"), cell_of_changes(entry)});
  }
  return grid;
}

Result<void> show(Session& session, const Arguments& arguments) {
  std::string target(kJournalPath);
  if (arguments.has("after")) target += "?after=" + encoded(arguments.text("after"));
  if (arguments.has("limit"))
    target += (arguments.has("after") ? "&limit=" : "?limit=") + encoded(arguments.text("limit"));
  const Result<Json> answer = session.api.get(target);
  if (!answer) return tl::unexpected(answer.error());
  const Value* list = find(*answer, "/entries");
  const Json entries =
      list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
  return session.output.print(entries, [&] { return grid_of_entries(entries); });
}

// One line an entry, as it comes.
void print_line(Session& session, const Value& entry) {
  const Form form = session.output.settings().form;
  if (form == Form::JsonText || form == Form::YamlText) {
    session.output.print_text(to_text(entry) + "\n");
  } else {
    session.output.print_text(fmt::format("{}  {}  {}  {}\n", text_at(entry, "/revision"),
                                          text_at(entry, "/time"), text_at(entry, "/who"),
                                          cell_of_changes(entry)));
  }
}

}  // namespace

// Until the server goes, the user ends it, or there were as many as were asked for.
Result<void> follow_events(Session& session, const Arguments& arguments) {
  const auto count = parse_json(arguments.has("count") ? arguments.text("count") : kWithoutEnd);
  if (!count || !count->IsUint64()) return usage("--count is a whole number");
  uint64_t left = count->GetUint64();
  std::string after(arguments.text("after"));
  if (after.empty()) {
    const Result<Json> present = session.api.get(fmt::format("{}?limit=1", kJournalPath));
    if (!present) return tl::unexpected(present.error());
    after = text_at(*present, "/revision");
  }
  while (left > 0) {
    const Result<Json> answer =
        session.api.get(fmt::format("{}?after={}", kJournalPath, encoded(after)));
    if (!answer) return tl::unexpected(answer.error());
    const Value* entries = find(*answer, "/entries");
    const bool has_any = entries != nullptr && entries->IsArray() && !entries->Empty();
    if (!has_any) {
      std::this_thread::sleep_for(kJournalPollInterval);
      continue;
    }
    for (const Value& entry : entries->GetArray()) {
      if (left-- == 0) return {};
      print_line(session, entry);
      after = text_at(entry, "/revision");
    }
    session.output.flush();
    if (!session.output.works()) return {};
  }
  return {};
}

Result<void> journal(Session& session, const Arguments& arguments) {
  if (!arguments.has("VERB")) return show(session, arguments);
  if (arguments.text("VERB") != "restore")
    return usage(fmt::format("journal knows restore, not '{}'", arguments.text("VERB")));
  if (!arguments.has("REVISION")) return usage("journal restore needs a revision to go back to");
  const Result<Reply> reply = session.api.post(
      fmt::format("{}/{}/restore", kJournalPath, encoded(arguments.text("REVISION"))), {}, {});
  if (!reply) return tl::unexpected(reply.error());
  return session.output.print(reply->json);
}

}  // namespace isthmus::cli
