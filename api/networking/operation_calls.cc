// What became of operations, and what instance ids stand for.
#include <fmt/format.h>

#include "api/networking/answers.h"
#include "api/networking/calls.h"
#include "api/networking/envelope.h"
#include "controller/model/text.h"

namespace isthmus::api::networking {
namespace {

using json::JsonText;
using Operations = dialect::Recent<StartedOperation>;

bool is_done(const Service& service, const Operations::Entry& entry) {
  return service.now_ms() >= entry.added_ms + service.delay_ms();
}
std::string_view status_of(const Service& service, const Operations::Entry& entry) {
  return is_done(service, entry) ? "Succeeded" : "InProgress";
}

std::optional<Operations::Entry> find_operation(const CallPtr& call) {
  auto entry = call->service.operations.find(call->address.name, call->service.now_ms());
  if (entry) return entry;
  call->fail_with({ErrorCode::ResourceNotFound,
                   "",
                   fmt::format("There is no operation {}.", in_quotes(call->address.name)),
                   "The newest ones are kept, until the controller restarts.",
                   {}});
  return std::nullopt;
}

// Looks at every resource: it is asked for by people and health checks, now and then.
const Resource* find_instance(const Model& model, const Uuid& instance_id) {
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    for (const ResourcePtr& resource : model.collection(row.kind, Realm::Onprem)) {
      if (resource->instance_id == instance_id) return resource.get();
    }
  }
  return nullptr;
}

// The properties of an instance: what it is an instance of, and how far that is.
void write_instance(JsonText& out, const Service& service, const Resource& resource) {
  const std::string id = resource.instance_id.to_string();
  out.object().text("resourceRef", "/internalResourceInstances/" + id);
  out.text("resourceId", id).text("instanceId", id).key("properties").object();
  out.text("resourceRef", resource.id.reference());
  out.text("provisioningState", service.phase().state(resource.changed)).end_object();
  out.end_object();
}

}  // namespace

void list_operations(const CallPtr& call) {
  const Service& service = call->service;
  const auto entries = service.operations.all(service.now_ms());
  if (entries.empty()) return call->done(empty_collection(service.options.empty_collection));
  JsonText out;
  write_collection(out, [&] {
    for (const Operations::Entry& entry : entries) {
      out.object().text("resourceRef", "/operations/" + entry.id).text("resourceId", entry.id);
      out.text("status", status_of(service, entry)).end_object();
    }
  });
  call->done(json_answer(200, out.take()));
}

void get_operation(const CallPtr& call) {
  const auto entry = find_operation(call);
  if (!entry) return;
  call->done(
      json_answer(200, fmt::format(R"({{"status":"{}"}})", status_of(call->service, *entry))));
}

// Until it is done 202 and where to ask again; then what a synchronous answer would have been.
void get_operation_result(const CallPtr& call) {
  const auto entry = find_operation(call);
  if (!entry) return;
  if (!is_done(call->service, *entry))
    return call->done(accepted(call->origin(), call->address.version, entry->id));
  const ModelPtr model = call->service.controller.model();
  const bool was_put = entry->value.verb == Verb::Put;
  const Resource* resource = was_put ? model->find(entry->value.resource) : nullptr;
  call->done(resource == nullptr ? json_answer(204, "")
                                 : json_answer(200, json::render(*model, *resource)));
}

// Type after type, by path; a page's token is the path of its last resource.
void list_instances(const CallPtr& call) {
  const auto size = page_size(*call);
  if (!size) return call->fail_with(size.error());
  const auto token = call->request.parameter("$skipToken");
  const auto last = token ? ResourceId::parse(*token) : ResourceId();
  if (!last) return call->fail_with(last.error());
  const ModelPtr model = call->service.controller.model();
  std::vector<const Resource*> page;
  bool is_last_page = true;
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    if (row.kind < last->kind()) continue;
    const auto all = model->collection(row.kind, Realm::Onprem);
    auto it =
        row.kind == last->kind() ? model->collection(row.kind).lower_bound(*last) : all.begin();
    for (; it != all.end() && is_last_page; ++it) {
      if ((*it)->id == *last) continue;
      is_last_page = page.size() < *size;
      if (is_last_page) page.push_back(it->get());
    }
  }
  if (page.empty()) return call->done(empty_collection(call->service.options.empty_collection));
  std::string next;
  if (!is_last_page) {
    next = link(call->origin(),
                fmt::format("/networking/{}/internalResourceInstances?$top={}&$skipToken={}",
                            call->address.version, *size, page.back()->id.path()));
  }
  JsonText out;
  write_collection(
      out,
      [&] {
        for (const Resource* resource : page) write_instance(out, call->service, *resource);
      },
      next);
  call->done(json_answer(200, out.take()));
}

void get_instance(const CallPtr& call) {
  const ModelPtr model = call->service.controller.model();
  const auto id = Uuid::parse(call->address.name);
  const Resource* resource = id ? find_instance(*model, *id) : nullptr;
  if (resource == nullptr) {
    return call->fail_with(
        {ErrorCode::ResourceNotFound,
         "",
         fmt::format("No resource has the instance id {}.", in_quotes(call->address.name)),
         "",
         {}});
  }
  JsonText out;
  write_instance(out, call->service, *resource);
  call->done(json_answer(200, out.take()));
}

}  // namespace isthmus::api::networking
