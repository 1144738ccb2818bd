// isthmus snapshot: what the controller held, under a name.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kSnapshotsPath = "/_isthmus/v1/snapshots";

constexpr Column kSnapshotColumns[] = {
    {"Name", "/name"},
    {"Time", "/time"},
    {"Resources", "/resources"},
};
constexpr Column kDifferenceColumns[] = {
    {"Change", "/change"},
    {"Resource", "/resource"},
    {"Members", "/members", Column::Show::Count},
};

std::string path_of_snapshot(const Arguments& arguments) {
  return fmt::format("{}/{}", kSnapshotsPath, encoded(arguments.text("NAME")));
}
std::string_view replacing(const Arguments& arguments) {
  return arguments.has("replace") ? "?replace=true" : "";
}

Result<void> print_list(Session& session, const Json& answer, std::string_view member,
                        std::span<const Column> columns) {
  const Value* list = find(answer, member);
  const Json items = list != nullptr && list->IsArray() ? copy(*list) : Json(rapidjson::kArrayType);
  return session.output.print(items, [&] { return grid_of(columns, items); });
}

Result<void> create_snapshot(Session& session, const Arguments& arguments) {
  Json body(rapidjson::kObjectType);
  auto& memory = body.GetAllocator();
  body.AddMember("name", Value(std::string(arguments.text("NAME")).c_str(), memory), memory);
  const Result<Reply> reply = session.api.post(
      fmt::format("{}{}", kSnapshotsPath, replacing(arguments)), to_text(body), "application/json");
  if (!reply) return tl::unexpected(reply.error());
  return session.output.print(reply->json, [&] { return grid_of(kSnapshotColumns, reply->json); });
}

Result<void> list(Session& session, const Arguments&) {
  const Result<Json> answer = session.api.get(kSnapshotsPath);
  if (!answer) return tl::unexpected(answer.error());
  return print_list(session, *answer, "/snapshots", kSnapshotColumns);
}

Result<void> restore(Session& session, const Arguments& arguments) {
  const Result<Reply> reply = session.api.post(path_of_snapshot(arguments) + "/restore", {}, {});
  if (!reply) return tl::unexpected(reply.error());
  return session.output.print(reply->json);
}

// From the snapshot to another one, or to now.
Result<void> diff(Session& session, const Arguments& arguments) {
  const std::string other = arguments.has("OTHER") ? encoded(arguments.text("OTHER")) : "now";
  const Result<Json> answer =
      session.api.get(fmt::format("{}/diff/{}", path_of_snapshot(arguments), other));
  if (!answer) return tl::unexpected(answer.error());
  return print_list(session, *answer, "/changes", kDifferenceColumns);
}

Result<void> forget(Session& session, const Arguments& arguments) {
  const Result<Reply> reply = session.api.call({"DELETE", path_of_snapshot(arguments), {}, {}});
  return reply ? Result<void>() : tl::unexpected(reply.error());
}

Result<void> save(Session& session, const Arguments& arguments) {
  const Result<Reply> reply = session.api.call({"GET", path_of_snapshot(arguments), {}, {}});
  if (!reply) return tl::unexpected(reply.error());
  const std::string file(arguments.has("file") ? arguments.text("file") : "-");
  if (file == "-") {
    session.output.print_text(reply->http.body);
    return {};
  }
  std::ofstream out(file, std::ios::binary);
  out << reply->http.body;
  out.close();
  if (!out) return usage(fmt::format("cannot write {}: {}", file, std::strerror(errno)));
  return {};
}

Result<void> load(Session& session, const Arguments& arguments) {
  Result<std::string> document =
      read_document(std::string(arguments.has("file") ? arguments.text("file") : "-"));
  if (!document) return tl::unexpected(document.error());
  const Result<Reply> reply =
      session.api.call({"PUT",
                        path_of_snapshot(arguments) + std::string(replacing(arguments)),
                        {{"Content-Type", "application/jsonl"}},
                        std::move(*document)});
  if (!reply) return tl::unexpected(reply.error());
  return session.output.print(reply->json, [&] { return grid_of(kSnapshotColumns, reply->json); });
}

struct SnapshotVerb {
  std::string_view word;
  bool needs_name;
  Result<void> (*run)(Session&, const Arguments&);
};
constexpr std::array kVerbs = {
    SnapshotVerb{"create", true, &create_snapshot},
    SnapshotVerb{"list", false, &list},
    SnapshotVerb{"restore", true, &restore},
    SnapshotVerb{"diff", true, &diff},
    SnapshotVerb{"delete", true, &forget},
    SnapshotVerb{"save", true, &save},
    SnapshotVerb{"load", true, &load},
};

}  // namespace

Result<void> snapshots(Session& session, const Arguments& arguments) {
  const std::string_view word = arguments.text("VERB");
  const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(),
                                 [word](const SnapshotVerb& row) { return row.word == word; });
  if (verb == kVerbs.end())
    return usage(
        fmt::format("snapshot knows create, list, restore, diff, delete, save and load, "
                    "not '{}'",
                    word));
  if (verb->needs_name && !arguments.has("NAME"))
    return usage(fmt::format("snapshot {} needs the name of a snapshot", word));
  return verb->run(session, arguments);
}

}  // namespace isthmus::cli
