// Reading and changing the resources of the model.
#include <fmt/format.h>

#include <charconv>

#include "api/dialect/conditions.h"
#include "api/json/draft.h"
#include "api/networking/answers.h"
#include "api/networking/calls.h"
#include "controller/model/text.h"

namespace isthmus::api::networking {
namespace {

Error nothing_at(const ResourceId& id) {
  return {ErrorCode::ResourceNotFound,
          "",
          fmt::format("There is no {} '{}'.", info(id.kind()).noun, id.path()),
          "",
          {}};
}

// The items of one page. It starts after `token`, the name of the last item of the page before,
// which may be gone by now; without a token it is the first one.
struct Page {
  std::vector<const Resource*> items;
  bool is_last = true;
};
Result<Page> read_page(const Model& model, const Address& address,
                       std::optional<std::string_view> token, size_t size) {
  ResourceId after = address.id;
  if (token) {
    auto last =
        after.empty() ? ResourceId::make(address.kind, *token) : after.child(address.kind, *token);
    if (!last) {
      return fail(ErrorCode::InvalidParameterValue, "$skipToken",
                  fmt::format("{} is not a token of this collection.", in_quotes(*token)),
                  "Follow nextLink as it is.");
    }
    after = std::move(*last);
  }
  const auto& all = model.collection(address.kind);
  Page page;
  for (auto it = all.lower_bound(after); it != all.end(); ++it) {
    const ResourceId& id = (*it)->id;
    if (id == after) continue;
    if (id.realm() != Realm::Onprem || !(address.id.empty() || address.id.contains(id))) break;
    page.is_last = page.items.size() < size;
    if (!page.is_last) break;
    page.items.push_back(it->get());
  }
  return page;
}

http::Response resource_answer(int status, const Model& model, const Resource& resource,
                               json::Phase phase) {
  http::Response response = json_answer(status, json::render(model, resource, phase));
  response.headers.push_back({"ETag", etag(model, resource)});
  return response;
}

// What was deleted a moment ago still shows, where provisioning takes time.
std::optional<http::Response> leaving_answer(const Service& service, const ResourceId& id) {
  if (service.delay_ms() == 0) return std::nullopt;
  const auto deletion =
      service.operations.newest(service.now_ms() - service.delay_ms(), [&id](const auto& entry) {
        const StartedOperation& operation = entry.value;
        return operation.before != nullptr && operation.resource.contains(id) &&
               operation.before->find(id) != nullptr;
      });
  if (!deletion) return std::nullopt;
  const json::Phase leaving{service.now_ms(), true};
  return resource_answer(200, *deletion->before, *deletion->before->find(id), leaving);
}

}  // namespace

Result<size_t> page_size(const Call& call) {
  const size_t most = call.service.options.page_items;
  const auto text = call.request.parameter("$top");
  if (!text) return most;
  size_t count = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
  if (error == std::errc{} && end == text->data() + text->size() && count > 0)
    return std::min(count, most);
  return fail(ErrorCode::InvalidParameterValue, "$top",
              fmt::format("{} is not a number of items.", in_quotes(*text)),
              "Write a number from 1.");
}

void list_resources(const CallPtr& call) {
  const Address& address = call->address;
  const NetworkingOptions& options = call->service.options;
  const auto size = page_size(*call);
  if (!size) return call->fail_with(size.error());
  const ModelPtr model = call->service.controller.model();
  if (!address.id.empty() && model->find(address.id) == nullptr)
    return call->fail_with(nothing_at(address.id));

  const auto page = read_page(*model, address, call->request.parameter("$skipToken"), *size);
  if (!page) return call->fail_with(page.error());
  if (page->items.empty()) return call->done(empty_collection(options.empty_collection));
  std::string next;
  if (!page->is_last) {
    next = link(call->origin(), fmt::format("{}?$top={}&$skipToken={}", collection_path(address),
                                            *size, page->items.back()->id.name()));
  }
  call->done(json_answer(200, json::render_list(*model, page->items, next, call->service.phase())));
}

void get_resource(const CallPtr& call) {
  const ModelPtr model = call->service.controller.model();
  const Resource* resource = model->find(call->address.id);
  if (resource != nullptr)
    return call->done(resource_answer(200, *model, *resource, call->service.phase()));
  if (auto leaving = leaving_answer(call->service, call->address.id))
    return call->done(std::move(*leaving));
  call->fail_with(nothing_at(call->address.id));
}

void put_resource(const CallPtr& call) {
  auto draft =
      json::read_draft(call->request.body, call->address.id, call->service.options.json_limits);
  if (!draft) return call->fail_with(draft.error());
  Change change;
  change.who = call->request.who();
  change.operations.push_back(
      {Verb::Put, std::move(*draft), dialect::read_conditions(call->request.headers), false});
  call->service.controller.submit(std::move(change), [call](Result<Committed> committed) {
    if (!committed) return call->fail_with(committed.error());
    const Outcome& outcome = committed->outcomes.front();
    const Resource* resource = committed->model->find(outcome.id);
    const int status = outcome.effect == Effect::Created ? 201 : 200;
    Service& service = call->service;
    http::Response response =
        resource_answer(status, *committed->model, *resource, service.phase());
    if (service.delay_ms() > 0) {  // there is something to wait for
      service.operations.put(call->operation_id(), {Verb::Put, outcome.id, nullptr},
                             service.now_ms());
      response.headers.push_back(
          operation_header(call->origin(), call->address.version, call->operation_id()));
    }
    call->done(std::move(response));
  });
}

void delete_resource(const CallPtr& call) {
  Operation operation;
  operation.verb = Verb::Delete;
  operation.draft.id = call->address.id;
  operation.precondition = dialect::read_conditions(call->request.headers);
  Change change;
  change.who = call->request.who();
  change.operations.push_back(std::move(operation));
  Service& service = call->service;
  const ModelPtr before = service.delay_ms() > 0 ? service.controller.model() : nullptr;
  service.controller.submit(std::move(change), [call, before](Result<Committed> committed) {
    if (!committed) return call->fail_with(committed.error());
    const Outcome& outcome = committed->outcomes.front();
    if (outcome.effect == Effect::Unchanged) return call->done(json_answer(204, ""));
    call->service.operations.put(call->operation_id(), {Verb::Delete, outcome.id, before},
                                 call->service.now_ms());
    call->done(accepted(call->origin(), call->address.version, call->operation_id()));
  });
}

}  // namespace isthmus::api::networking
