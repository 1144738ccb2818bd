// networkControllerBackup and networkControllerRestore: everything that the controller holds, kept
// under a name, and back again as one change.
//
// Source: MS-NCNBI sections 3.1.5.27 and 3.1.5.28. What goes wrong with the place is told in
// errorMessage of a resource that Failed, as real controllers do, since they find out later.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/asio/post.hpp>

#include "api/json/json_reader.h"
#include "api/json/parse.h"
#include "api/networking/answers.h"
#include "api/networking/calls.h"
#include "api/networking/envelope.h"
#include "api/networking/resolve.h"
#include "controller/model/text.h"
#include "controller/rules/restore.h"

namespace isthmus::api::networking {
namespace {

using json::JsonText;
using Restores = dialect::Recent<RestoreRecord>;

constexpr std::string_view kBackups = "/networkControllerBackup/";
constexpr std::string_view kRestores = "/networkControllerRestore/";

// What a client says of a place: backupPath or restorePath, and who may write there.
struct PlaceOfBackup {
  std::string path;
  ResourceId credential;
};

Result<PlaceOfBackup> read_place(const Call& call, std::string_view noun,
                                 std::string_view path_member) {
  if (!is_legal_resource_name(call.address.name)) {
    return fail(ErrorCode::InvalidResourceId, "",
                fmt::format("{} is not a name for a {}.", in_quotes(call.address.name), noun),
                "Use letters, digits, '.', '_' and '-'.");
  }
  const auto document = json::parse_json(call.request.body, call.service.options.json_limits);
  if (!document) return fail(ErrorCode::InvalidRequestContent, "", document.error().message);
  if (!document->IsObject())
    return fail(ErrorCode::InvalidParameterValue, "", "The body is not a JSON object.");
  if (auto named = json::check_name(*document, "resourceId", call.address.name); !named)
    return tl::unexpected(std::move(named.error()));
  const json::Value* properties = json::find_member(*document, "properties");
  json::JsonReader reader(properties, json::Owner(noun), "/properties", json::Source::Client);
  PlaceOfBackup place;
  reader.member(path_member, place.path, Presence::Required);
  reader.reference("credential", place.credential, Presence::Optional, Kinds{Kind::Credential});
  if (reader.problem()) return tl::unexpected(*reader.problem());
  if (place.path.empty()) {
    return fail(ErrorCode::InvalidParameterValue, fmt::format("/properties/{}", path_member),
                fmt::format("{} is empty.", path_member), "Name a place, such as a share.");
  }
  if (place.credential.empty()) return place;
  const ModelPtr model = call.service.controller.model();
  auto credential = resolve(*model, "credential", place.credential, Kind::Credential);
  if (!credential) return tl::unexpected(std::move(credential.error()));
  place.credential = std::move(*credential);
  return place;
}

void write_credential(JsonText& out, const ResourceId& credential) {
  if (credential.empty()) return;
  out.key("credential").object().text("resourceRef", credential.reference()).end_object();
}

// With the version, as the lists of real controllers have them.
std::string versioned(const ResourceId& id) { return "/networking/v1" + id.reference(); }

void write_list(JsonText& out, std::string_view name, const std::vector<std::string>& items) {
  out.key(name).array();
  for (const std::string& item : items) out.text(item);
  out.end_array();
}

std::string_view state(const Service& service, int64_t done_ms, bool failed) {
  if (service.now_ms() < done_ms + service.delay_ms()) return "Updating";
  return failed ? "Failed" : "Succeeded";
}

void write_backup(JsonText& out, const Service& service, const json::SavedModel& backup) {
  std::vector<std::string> saved;
  for (const ResourcePtr& resource : backup.resources) {
    if (resource->id.parent().empty()) saved.push_back(versioned(resource->id));
  }
  const ModelPtr model = service.controller.model();
  write_envelope(out, *model, std::string(kBackups) + backup.id, [&] {
    out.text("provisioningState", state(service, backup.time_ms, false));
    out.text("backupPath", backup.path);
    write_credential(out, backup.credential);
    out.text("errorMessage", "");
    write_list(out, "failedResourcesList", {});
    write_list(out, "successfulResourcesList", saved);
    write_list(out, "inProgressResourcesList", {});
  });
}

void write_restore(JsonText& out, const Service& service, const Restores::Entry& entry) {
  const RestoreRecord& record = entry.value;
  write_envelope(out, *service.controller.model(), std::string(kRestores) + entry.id, [&] {
    out.text("provisioningState", state(service, entry.added_ms, !record.error.empty()));
    out.text("restorePath", record.path);
    write_credential(out, record.credential);
    out.text("errorMessage", record.error);
    write_list(out, "failedResourcesList", {});
    write_list(out, "successfulResourcesList", record.restored);
    write_list(out, "inProgressResourcesList", {});
    write_list(out, "statusMessages", {});
  });
}

template <class Write>
void answer(const CallPtr& call, int status, const Write& write) {
  JsonText out;
  write(out);
  call->done(json_answer(status, out.take()));
}

void answer_collection(const CallPtr& call, const std::vector<std::string>& ids,
                       const std::function<void(JsonText&, const std::string&)>& write) {
  if (ids.empty()) return call->done(empty_collection(call->service.options.empty_collection));
  answer(call, 200, [&](JsonText& out) {
    write_collection(out, [&] {
      for (const std::string& id : ids) write(out, id);
    });
  });
}

// The backup that a restorePath means: the path that was given to it, with its id behind that or
// without, and either slash. Of several, the newest.
Result<json::SavedModel> find_backup(const json::SavedModels& backups, std::string path) {
  const auto slashes = [](std::string text) {
    std::replace(text.begin(), text.end(), '\\', '/');
    while (text.ends_with('/')) text.pop_back();
    return lower_case(text);
  };
  std::optional<json::SavedModel> best;
  std::optional<Error> unreadable;
  std::vector<std::string> known;
  for (const std::string& id : backups.ids()) {
    auto backup = backups.load(id);
    if (!backup) {
      if (slashes(path).ends_with("/" + lower_case(id))) unreadable = std::move(backup.error());
      continue;
    }
    const std::string with_id = slashes(backup->path + "/" + backup->id);
    const bool forward = backup->path.find('/') != std::string::npos;
    known.push_back(backup->path + (forward ? "/" : "\\") + backup->id);
    if (slashes(path) != with_id && slashes(path) != slashes(backup->path)) continue;
    if (!best || best->time_ms <= backup->time_ms) best = std::move(*backup);
  }
  if (best) return std::move(*best);
  if (unreadable) return tl::unexpected(std::move(*unreadable));
  return fail(ErrorCode::ResourceNotFound, "/properties/restorePath",
              fmt::format("There is no backup at {}.", in_quotes(path)),
              known.empty() ? "Make one with networkControllerBackup."
                            : fmt::format("There are {}.", fmt::join(known, ", ")));
}

void finish_restore(const CallPtr& call, const PlaceOfBackup& place, std::string error,
                    std::vector<std::string> restored) {
  Service& service = call->service;
  const std::string& id = call->address.name;
  const bool existed = service.restores.find(id, service.now_ms()).has_value();
  service.restores.put(id, {place.path, place.credential, std::move(error), std::move(restored)},
                       service.now_ms());
  const auto entry = service.restores.find(id, service.now_ms());
  answer(call, existed ? 200 : 201, [&](JsonText& out) { write_restore(out, service, *entry); });
}

void restore_now(const CallPtr& call, const PlaceOfBackup& place) {
  Service& service = call->service;
  auto backup = find_backup(service.backups, place.path);
  if (!backup) return finish_restore(call, place, backup.error().text(), {});
  const auto whole = std::make_shared<const json::SavedModel>(std::move(*backup));
  service.controller.submit(
      [whole](const Model& model, int64_t now_ms) {
        return restore(model, whole->made_by, whole->resources, now_ms);
      },
      call->request.who(),
      [call, place](Result<Committed> committed) {
        if (!committed) return finish_restore(call, place, committed.error().text(), {});
        std::vector<std::string> restored;
        for (const Outcome& outcome : committed->outcomes) {
          if (outcome.effect != Effect::Deleted) restored.push_back(versioned(outcome.id));
        }
        finish_restore(call, place, "", std::move(restored));
      });
}

Error nothing_named(std::string_view noun, std::string_view id) {
  return {ErrorCode::ResourceNotFound,
          "",
          fmt::format("There is no {} {}.", noun, in_quotes(id)),
          "",
          {}};
}

}  // namespace

void list_backups(const CallPtr& call) {
  boost::asio::post(call->service.background, [call] {
    const Service& service = call->service;
    answer_collection(call, service.backups.ids(), [&](JsonText& out, const std::string& id) {
      if (const auto backup = service.backups.load(id)) write_backup(out, service, *backup);
    });
  });
}

void get_backup(const CallPtr& call) {
  if (!is_legal_resource_name(call->address.name))
    return call->fail_with(nothing_named("backup", call->address.name));
  boost::asio::post(call->service.background, [call] {
    const auto backup = call->service.backups.load(call->address.name);
    if (!backup) return call->fail_with(backup.error());
    answer(call, 200, [&](JsonText& out) { write_backup(out, call->service, *backup); });
  });
}

void put_backup(const CallPtr& call) {
  auto place = read_place(*call, "backup", "backupPath");
  if (!place) return call->fail_with(place.error());
  boost::asio::post(call->service.background, [call, place = std::move(*place)] {
    Service& service = call->service;
    const ModelPtr model = service.controller.model();
    json::SavedModel backup = json::saved_model(call->address.name, *model, service.now_ms());
    backup.path = place.path;
    backup.credential = place.credential;
    const bool existed = service.backups.has(backup.id);
    if (auto saved = service.backups.save(backup); !saved) return call->fail_with(saved.error());
    answer(call, existed ? 200 : 201, [&](JsonText& out) { write_backup(out, service, backup); });
  });
}

void delete_backup(const CallPtr& call) {
  const bool legal = is_legal_resource_name(call->address.name);
  boost::asio::post(call->service.background, [call, legal] {
    const bool existed = legal && call->service.backups.remove(call->address.name);
    call->done(json_answer(existed ? 200 : 204, ""));
  });
}

void list_restores(const CallPtr& call) {
  const Service& service = call->service;
  const auto entries = service.restores.all(service.now_ms());
  if (entries.empty()) return call->done(empty_collection(service.options.empty_collection));
  answer(call, 200, [&](JsonText& out) {
    write_collection(out, [&] {
      for (const Restores::Entry& entry : entries) write_restore(out, service, entry);
    });
  });
}

void get_restore(const CallPtr& call) {
  const Service& service = call->service;
  const auto entry = service.restores.find(call->address.name, service.now_ms());
  if (!entry) return call->fail_with(nothing_named("restore", call->address.name));
  answer(call, 200, [&](JsonText& out) { write_restore(out, service, *entry); });
}

void put_restore(const CallPtr& call) {
  auto place = read_place(*call, "restore", "restorePath");
  if (!place) return call->fail_with(place.error());
  boost::asio::post(call->service.background,
                    [call, place = std::move(*place)] { restore_now(call, place); });
}

void delete_restore(const CallPtr& call) {
  const bool existed = call->service.restores.remove(call->address.name);
  call->done(json_answer(existed ? 200 : 204, ""));
}

}  // namespace isthmus::api::networking
