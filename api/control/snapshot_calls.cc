// Snapshots: everything that the controller holds, under a name; compared, restored, and taken from
// one controller to another as a file.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/post.hpp>

#include "api/control/calls.h"
#include "api/control/suggest.h"
#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "api/json/timestamp.h"
#include "controller/model/difference.h"
#include "controller/model/text.h"
#include "controller/rules/restore.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;
using json::SavedModel;

constexpr std::string_view kNow = "now";  // in a comparison: what the controller holds
constexpr std::string_view kLines = "application/jsonl";

// /_isthmus/v1/snapshots/{name}/...
constexpr size_t kNameSegment = 3;
constexpr size_t kOtherSegment = 5;

// What a call does on the background thread, where it may wait for the disk.
template <class Work>
void later(const Service& service, const http::Done& done, Work work) {
  boost::asio::post(service.background, [done, work = std::move(work)] { done(work()); });
}

http::Response failure(const Error& error) { return answer(problem_of(error)); }

Result<void> check_name(std::string_view name) {
  if (!is_legal_resource_name(name)) {
    return fail(ErrorCode::InvalidResourceId, "/name",
                fmt::format("{} is not a name for a snapshot.", in_quotes(name)),
                "Use letters, digits, '.', '_' and '-'.");
  }
  if (!equal_ignoring_case(name, kNow)) return {};
  return fail(ErrorCode::InvalidResourceId, "/name",
              "'now' is what the controller holds, and no name for a snapshot.");
}

Result<SavedModel> load(const json::SavedModels& snapshots, std::string_view name) {
  auto found = is_legal_resource_name(name)
                   ? snapshots.load(name)
                   : fail(ErrorCode::ResourceNotFound, "",
                          fmt::format("There is no snapshot {}.", in_quotes(name)));
  if (found || found.error().code != ErrorCode::ResourceNotFound) return found;
  const std::vector<std::string> ids = snapshots.ids();
  const std::vector<std::string_view> known(ids.begin(), ids.end());
  const std::string_view near = nearest(name, known);
  found.error().remedy = !near.empty()   ? fmt::format("Did you mean '{}'?", near)
                         : known.empty() ? "There are none."
                                         : fmt::format("There are {}.", fmt::join(known, ", "));
  return found;
}

void write_snapshot(JsonText& out, const SavedModel& snapshot) {
  out.object().text("name", snapshot.id).text("time", json::timestamp(snapshot.time_ms));
  out.number("resources", snapshot.resources.size()).end_object();
}

http::Response snapshot_answer(int status, const SavedModel& snapshot) {
  JsonText out;
  write_snapshot(out, snapshot);
  http::Response response = json_answer(out.take());
  response.status = status;
  return response;
}

http::Response save(json::SavedModels& snapshots, const SavedModel& snapshot, bool replace) {
  const bool existed = snapshots.has(snapshot.id);
  if (existed && !replace) {
    return failure({ErrorCode::SnapshotExists,
                    "/name",
                    fmt::format("There is a snapshot '{}' already.", snapshot.id),
                    "Delete it first, or say ?replace=true.",
                    {}});
  }
  if (auto saved = snapshots.save(snapshot); !saved) return failure(saved.error());
  return snapshot_answer(existed ? 200 : 201, snapshot);
}

Result<std::string> read_name(const http::Request& request) {
  constexpr std::string_view kExample = R"(Send {"name":"good"}.)";
  const auto document = json::parse_json(request.body);
  if (!document)
    return fail(ErrorCode::InvalidRequestContent, "", document.error().message,
                std::string(kExample));
  const json::Value* given = json::find_member(*document, "name");
  if (given == nullptr || !given->IsString())
    return fail(ErrorCode::InvalidRequestContent, "/name", "A snapshot needs a text 'name'.",
                std::string(kExample));
  std::string name(json::text_of(*given));
  if (auto legal = check_name(name); !legal) return tl::unexpected(legal.error());
  return name;
}

// A snapshot as a model of its own, which nothing is programmed from.
Model model_of(const SavedModel& snapshot) {
  Model model(snapshot.made_by);
  std::vector<ResourceChange> added;
  for (const ResourcePtr& resource : snapshot.resources) added.push_back({nullptr, resource});
  model.update(added);
  return model;
}

Result<ModelPtr> side(const Service& service, std::string_view name) {
  if (equal_ignoring_case(name, kNow)) return service.controller.model();
  const auto snapshot = load(service.snapshots, name);
  if (!snapshot) return tl::unexpected(snapshot.error());
  return std::make_shared<const Model>(model_of(*snapshot));
}

http::Response compare(const Service& service, std::string_view before, std::string_view after) {
  const auto was = side(service, before);
  if (!was) return failure(was.error());
  const auto is = side(service, after);
  if (!is) return failure(is.error());
  constexpr std::string_view kWords[] = {"created", "updated", "deleted"};
  JsonText out;
  out.object().key("changes").array();
  for (const ModelDifference& difference : differences(**was, **is)) {
    out.object().text("change", kWords[static_cast<size_t>(difference.what)]);
    out.text("resource", difference.id.reference());
    if (!difference.members.empty()) {
      out.key("members").array();
      for (const std::string& member : difference.members) out.text(member);
      out.end_array();
    }
    out.end_object();
  }
  out.end_array().end_object();
  return json_answer(out.take());
}

}  // namespace

void list_snapshots(const Service& service, const http::Request&, const http::Done& done) {
  later(service, done, [service] {
    JsonText out;
    out.object().key("snapshots").array();
    for (const std::string& name : service.snapshots.ids()) {
      if (const auto snapshot = service.snapshots.load(name)) write_snapshot(out, *snapshot);
    }
    out.end_array().end_object();
    return json_answer(out.take());
  });
}

void create_snapshot(const Service& service, const http::Request& request, const http::Done& done) {
  const auto name = read_name(request);
  if (!name) return done(failure(name.error()));
  const auto replace = flag(request, "replace");
  if (!replace) return done(failure(replace.error()));
  const ModelPtr model = service.controller.model();
  later(service, done, [service, model, name = *name, replace = *replace] {
    return save(service.snapshots,
                json::saved_model(name, *model, service.controller.clock().now_ms()), replace);
  });
}

void get_snapshot(const Service& service, const http::Request& request, const http::Done& done) {
  later(service, done, [service, name = request.segments[kNameSegment]] {
    const auto snapshot = load(service.snapshots, name);
    return snapshot ? text_answer(print(*snapshot), kLines) : failure(snapshot.error());
  });
}

// A file that GET gave, of this controller or of another one.
void put_snapshot(const Service& service, const http::Request& request, const http::Done& done) {
  const std::string& name = request.segments[kNameSegment];
  if (auto legal = check_name(name); !legal) return done(failure(legal.error()));
  const auto replace = flag(request, "replace");
  if (!replace) return done(failure(replace.error()));
  auto snapshot = json::parse_saved_model("snapshot", name, request.body);
  if (!snapshot) {
    return done(failure({ErrorCode::InvalidRequestContent,
                         "",
                         std::move(snapshot.error().message),
                         "Send what GET of a snapshot answers, whole.",
                         {}}));
  }
  snapshot->id = name;
  later(service, done, [service, snapshot = std::move(*snapshot), replace = *replace] {
    return save(service.snapshots, snapshot, replace);
  });
}

void delete_snapshot(const Service& service, const http::Request& request, const http::Done& done) {
  later(service, done, [service, name = request.segments[kNameSegment]] {
    const auto snapshot = load(service.snapshots, name);
    if (!snapshot && snapshot.error().code == ErrorCode::ResourceNotFound)
      return failure(snapshot.error());
    service.snapshots.remove(name);
    http::Response response;
    response.status = 204;
    return response;
  });
}

void restore_snapshot(const Service& service, const http::Request& request,
                      const http::Done& done) {
  const std::string name = request.segments[kNameSegment];
  boost::asio::post(service.background, [service, name, done, who = request.who()] {
    auto snapshot = load(service.snapshots, name);
    if (!snapshot) return done(failure(snapshot.error()));
    const auto whole = std::make_shared<const SavedModel>(std::move(*snapshot));
    service.controller.submit(
        [whole](const Model& model, int64_t now_ms) {
          return restore(model, whole->made_by, whole->resources, now_ms);
        },
        who,
        [done, whole](const Result<Committed>& result) {
          if (!result) return done(failure(result.error()));
          JsonText out;
          out.object().text("name", whole->id).number("revision", result->model->revision());
          done(json_answer(out.end_object().take()));
        });
  });
}

void compare_snapshots(const Service& service, const http::Request& request,
                       const http::Done& done) {
  later(service, done,
        [service, before = request.segments[kNameSegment],
         after = request.segments[kOtherSegment]] { return compare(service, before, after); });
}

}  // namespace isthmus::api::control
