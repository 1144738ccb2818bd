#include "api/arm/resource_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "api/arm/actions.h"
#include "api/arm/answers.h"
#include "api/arm/paging.h"
#include "api/arm/regions.h"
#include "api/arm/resource_call.h"
#include "api/arm/resource_filter.h"
#include "api/arm/resource_text.h"
#include "api/arm/tags.h"
#include "api/arm/unknown_type.h"
#include "api/dialect/conditions.h"
#include "api/json/draft.h"
#include "controller/model/text.h"
#include "controller/rules/apply.h"

namespace isthmus::api::arm {
namespace {

using http::Method;

http::Response resource_answer(int status, const Model& model, const Resource& resource,
                               json::Phase phase) {
  http::Response response = json_answer(status, resource_text(model, resource, phase));
  if (resource.kind() != Kind::ResourceGroup)
    response.headers.push_back({"ETag", etag(model, resource)});
  return response;
}

// What was deleted a moment ago still shows, where that takes time.
void get_item(const CallPtr& call) {
  const ResourceId& id = call->place.id;
  const ModelPtr model = call->controller.model();
  if (const Resource* resource = model->find(id))
    return call->done(resource_answer(200, *model, *resource, call->operations.phase()));
  const ModelPtr before = call->operations.model_with_leaving(id);
  if (before == nullptr) return call->fail_with(not_found());
  call->done(resource_answer(200, *before, *before->find(id), json::Phase{0, true}));
}

// HEAD of a group asks whether there is one.
void get_group(const CallPtr& call) {
  if (call->request.method != Method::Head) return get_item(call);
  const bool exists = call->controller.model()->find(call->place.id) != nullptr ||
                      call->operations.model_with_leaving(call->place.id) != nullptr;
  call->done(json_answer(exists ? 204 : 404, ""));
}

// What a list in a group that is not there answers, or in a network that is not.
std::optional<Error> missing_parent(const Model& model, const ResourceId& id) {
  const bool may_be_unknown = id.empty() || id.kind() == Kind::Subscription;
  if (may_be_unknown || model.find(id) != nullptr) return std::nullopt;
  return not_found();
}

void list_items(const CallPtr& call) {
  const ModelPtr model = call->controller.model();
  if (const auto missing = missing_parent(*model, call->place.id)) return call->fail_with(*missing);
  const auto page = read_page(*model, {call->place.id, {call->place.kind}}, call->request,
                              call->options.page_items);
  if (!page) return call->fail_with(page.error());
  call->done(json_answer(
      200, collection_text(*model, page->items, page->next_link, call->operations.phase())));
}

void list_everything(const CallPtr& call) {
  const ModelPtr model = call->controller.model();
  if (const auto missing = missing_parent(*model, call->place.id)) return call->fail_with(*missing);
  const auto filter = ResourceFilter::parse(call->request.parameter("$filter").value_or(""));
  if (!filter) return call->fail_with(filter.error());
  Listing listing{call->place.id, {}, [&](const Resource& r) { return filter->holds(r); }};
  for (const KindInfo& row : kinds_in(Realm::Azure)) {
    if (parent_of(row.kind, Realm::Azure) == Kind::ResourceGroup) listing.kinds.push_back(row.kind);
  }
  const auto page = read_page(*model, listing, call->request, call->options.page_items);
  if (!page) return call->fail_with(page.error());
  call->done(json_answer(200, summary_text(*model, page->items, page->next_link)));
}

// A location is a region and never changes, and what stands at the top of a group has one.
Result<void> check_location(const Model& model, const Draft& draft) {
  const bool needs_one =
      draft.id.kind() == Kind::ResourceGroup || draft.id.parent().kind() == Kind::ResourceGroup;
  if (!needs_one) return {};
  const std::string given = draft.annotations ? draft.annotations->location : "";
  if (given.empty())
    return fail(ErrorCode::LocationRequired, "/location",
                "The location property is required for this definition.");
  const Resource* present = model.find(draft.id);
  if (present == nullptr) return check_region(draft.id.kind(), given, "/location");
  const std::string had = present->annotations ? present->annotations->location : given;
  if (had == given) return {};
  return fail(
      ErrorCode::InvalidResourceLocation, "/location",
      fmt::format("The resource '{}' already exists in location '{}' in resource group "
                  "'{}'. A resource with the same name cannot be created in location '{}'. "
                  "Please select a new resource name.",
                  draft.id.name(), had, draft.id.ancestor(Kind::ResourceGroup).name(), given));
}

bool asks_for_sync(const http::Request& request) {
  const auto value = request.parameter("syncRemoteAddressSpace");
  return value && equal_ignoring_case(*value, "true");
}

// A group is put below its subscription, which is there from the first group on.
Operation put_subscription(const ResourceId& id) {
  Operation operation;
  operation.draft = {id, "", {}, nullptr, Body(Kind::Subscription), {}};
  operation.only_if_different = true;
  return operation;
}

void submit_put(const CallPtr& call, Draft draft) {
  Change change;
  change.who = call->request.who();
  if (draft.id.kind() == Kind::ResourceGroup)
    change.operations.push_back(put_subscription(draft.id.parent()));
  Operation operation;
  operation.draft = std::move(draft);
  operation.precondition = dialect::read_conditions(call->request.headers);
  operation.sync_remote_address_space = asks_for_sync(call->request);
  change.operations.push_back(std::move(operation));
  call->controller.submit(std::move(change), [call](Result<Committed> committed) {
    if (!committed) return call->fail_with(committed.error());
    const Outcome& outcome = committed->outcomes.back();
    const Resource* resource = committed->model->find(outcome.id);
    const int status = outcome.effect == Effect::Created ? 201 : 200;
    call->done(resource_answer(status, *committed->model, *resource, call->operations.phase()));
  });
}

http::Response missing_parent_answer(const ResourceId& parent) {
  if (parent.kind() == Kind::ResourceGroup) return resource_error(not_found(), parent);
  return error_answer(ArmErrorCode::ParentResourceNotFound,
                      fmt::format("Can not perform requested operation on nested resource. Parent "
                                  "resource '{}' not found.",
                                  parent.name()));
}

void put_item(const CallPtr& call) {
  const ModelPtr model = call->controller.model();
  const ResourceId parent = call->place.id.parent();
  if (call->place.id.kind() != Kind::ResourceGroup && model->find(parent) == nullptr)
    return call->done(missing_parent_answer(first_missing(*model, parent)));
  auto draft = json::read_draft(call->request.body, call->place.id, call->options.json_limits);
  if (!draft) return call->fail_with(draft.error());
  if (auto legal = check_location(*model, *draft); !legal) return call->fail_with(legal.error());
  if (auto refused =
          linked_refusal(*model, *draft, client_of(call->request), call->options.may_link))
    return call->done(std::move(*refused));
  if (auto busy = call->operations.unprovisioned(*draft)) return call->done(std::move(*busy));
  submit_put(call, std::move(*draft));
}

void delete_item(const CallPtr& call) {
  Operation operation;
  operation.verb = Verb::Delete;
  operation.draft.id = call->place.id;
  operation.precondition = dialect::read_conditions(call->request.headers);
  Change change;
  change.who = call->request.who();
  change.operations.push_back(std::move(operation));
  call->controller.submit(std::move(change), [call](Result<Committed> committed) {
    if (!committed) return call->fail_with(committed.error());
    const bool was_there = committed->outcomes.front().effect == Effect::Deleted;
    call->done(json_answer(was_there ? 200 : 204, ""));
  });
}

// A group that is not there cannot be deleted; anything else that is not there is gone already.
void delete_group(const CallPtr& call) {
  if (call->controller.model()->find(call->place.id) == nullptr)
    return call->fail_with(not_found());
  delete_item(call);
}

void get_tags(const CallPtr& call) {
  const ModelPtr model = call->controller.model();
  const Resource* resource = model->find(call->place.id);
  if (resource == nullptr) return call->fail_with(not_found());
  call->done(json_answer(200, tags_text(*resource)));
}

http::Response with_tags(const ResourceCall& call, const Committed& committed) {
  return json_answer(200, tags_text(*committed.model->find(call.place.id)));
}
http::Response with_resource(const ResourceCall& call, const Committed& committed) {
  return resource_answer(200, *committed.model, *committed.model->find(call.place.id),
                         call.operations.phase());
}

std::function<void(Draft&)> with_changed_tags(const TagChange& change) {
  return [change](Draft& draft) {
    Annotations annotations = draft.annotations ? *draft.annotations : Annotations{};
    annotations.tags = change.applied_to(std::move(annotations.tags));
    draft.annotations = std::make_shared<const Annotations>(std::move(annotations));
  };
}

void put_tags(const CallPtr& call) {
  auto change = read_tag_change(call->request.body, call->options.json_limits);
  if (!change) return call->fail_with(change.error());
  change_present(call, with_changed_tags(*change), &with_tags);
}

void delete_tags(const CallPtr& call) { change_present(call, with_changed_tags({}), &with_tags); }

// The only thing that a PATCH changes, of a group or of what is in it.
void patch_item(const CallPtr& call) {
  auto change = read_patched_tags(call->request.body, call->options.json_limits);
  if (!change) return call->fail_with(change.error());
  if (!*change) return get_item(call);
  change_present(call, with_changed_tags(**change), &with_resource);
}

void answer_action(const CallPtr& call) {
  const Action& action = *find_action(call->place.kind, call->place.name);
  call->controller.diagnose([&](const Model& model, const dataplane::Tables& tables) {
    const Resource* resource = model.find(call->place.id);
    if (resource == nullptr) return call->fail_with(not_found());
    auto body = action.answer({model, tables, *resource, call->request.body,
                               call->options.json_limits, call->controller.clock().now_ms()});
    if (!body) return call->fail_with(body.error());
    call->done(json_answer(200, std::move(*body)));
  });
}

// Answers as if all were done; with Pace::Operation that is told as an operation, where it is to
// be. An action answers its body with status 200.
struct Route {
  Form form;
  Method method;
  void (*answer)(const CallPtr&);
  Pace pace = Pace::AtOnce;
};
constexpr Route kRoutes[] = {
    {Form::Groups, Method::Get, &list_items},
    {Form::Group, Method::Get, &get_group},
    {Form::Group, Method::Head, &get_group},
    {Form::Group, Method::Put, &put_item},
    {Form::Group, Method::Patch, &patch_item},
    {Form::Group, Method::Delete, &delete_group, Pace::Operation},
    {Form::Everything, Method::Get, &list_everything},
    {Form::Collection, Method::Get, &list_items},
    {Form::Item, Method::Get, &get_item},
    {Form::Item, Method::Put, &put_item, Pace::Operation},
    {Form::Item, Method::Patch, &patch_item},
    {Form::Item, Method::Delete, &delete_item, Pace::Operation},
    {Form::Tags, Method::Get, &get_tags},
    {Form::Tags, Method::Put, &put_tags},
    {Form::Tags, Method::Patch, &put_tags},
    {Form::Tags, Method::Delete, &delete_tags},
    {Form::Operation, Method::Get, &get_operation},
    {Form::OperationResult, Method::Get, &get_operation_result},
    {Form::Usages, Method::Get, &list_usages},
    {Form::ServiceTags, Method::Get, &list_service_tags},
    {Form::NameAvailable, Method::Get, &check_dns_name},
    {Form::Deployment, Method::Get, &get_deployment},
    {Form::Deployment, Method::Delete, &get_deployment},
    {Form::AddressAvailable, Method::Get, &check_address},
    {Form::NetworkUsages, Method::Get, &list_network_usages},
    {Form::DefaultRules, Method::Get, &list_default_rules},
    {Form::DefaultRule, Method::Get, &get_default_rule},
    {Form::SharedKey, Method::Get, &get_shared_key},
    {Form::SharedKey, Method::Put, &put_shared_key, Pace::Operation},
    {Form::Action, Method::Post, &answer_action, Pace::Operation},
};

Pace pace_of(const Route& route, const Place& place) {
  const bool is_quick =
      route.form == Form::Action && !find_action(place.kind, place.name)->takes_time;
  return is_quick ? Pace::AtOnce : route.pace;
}

http::Response wrong_method(const http::Request& request, Form form) {
  std::string methods;
  for (const Route& route : kRoutes) {
    if (route.form != form || route.method == Method::Head) continue;
    methods += (methods.empty() ? "" : ", ") + std::string(http::to_string(route.method));
  }
  http::Response response = error_answer(
      405, "MethodNotAllowed",
      fmt::format("The http method '{}' is not supported for {}. The methods here are "
                  "{}.",
                  http::to_string(request.method), in_quotes(request.path()), methods));
  response.headers.push_back({"Allow", methods});
  return response;
}

http::Response no_deployments(const std::string& name) {
  return error_answer(
      ArmErrorCode::DeploymentsNotSupported,
      fmt::format("Deployment {} cannot be made: templates are not deployed here. Put each "
                  "resource of the template at its own path.",
                  in_quotes(name)));
}

http::Response error_of_path(const Error& error) {
  return error_answer(info(error.code).status, info(error.code).name, error.text());
}

}  // namespace

Error not_found() { return {ErrorCode::ResourceNotFound, "", "", "", {}}; }

void change_present(const CallPtr& call, std::function<void(Draft&)> edit,
                    http::Response (*answer)(const ResourceCall&, const Committed&)) {
  const auto decide = [call, edit = std::move(edit)](const Model& model,
                                                     int64_t now_ms) -> Result<Applied> {
    const Resource* resource = model.find(call->place.id);
    if (resource == nullptr) return tl::unexpected(not_found());
    Operation operation;
    operation.draft = {resource->id, "", {}, resource->annotations, resource->body, {}};
    edit(operation.draft);
    return apply(model, {{std::move(operation)}, call->request.who(), now_ms},
                 call->controller.limits());
  };
  call->controller.submit(decide, call->request.who(), [call, answer](Result<Committed> committed) {
    if (!committed) return call->fail_with(committed.error());
    call->done(answer(*call, *committed));
  });
}

std::vector<ResourceRoute> resource_routes() {
  std::vector<ResourceRoute> routes;
  for (const Route& route : kRoutes) routes.push_back({route.form, route.method, route.pace});
  return routes;
}

void ControllerResources::handle(http::Request request, Segments segments, http::Done done) {
  auto place = parse_place(segments);
  if (!place) {
    auto refusal = unknown_type(request, segments);
    return done(refusal ? std::move(*refusal) : error_of_path(place.error()));
  }
  for (const Route& route : kRoutes) {
    const bool is_head = request.method == Method::Head && route.method == Method::Get;
    if (route.form != place->form || (route.method != request.method && !is_head)) continue;
    if (auto busy = operations_.begin(request, place->id, pace_of(route, *place), done))
      return done(std::move(*busy));
    return route.answer(std::make_shared<ResourceCall>(
        ResourceCall{controller_, options_, operations_, std::move(request), std::move(*place),
                     std::move(done)}));
  }
  done(place->form == Form::Deployment || place->form == Form::DeploymentAction
           ? no_deployments(place->name)
           : wrong_method(request, place->form));
}

// "Microsoft.Network/virtualNetworks/zz", the way Azure names what is not there.
std::string type_and_name(const ResourceId& id) {
  return fmt::format("{}/{}", azure_type(id.kind()), id.name());
}

ResourceId first_missing(const Model& model, const ResourceId& id) {
  ResourceId first = id;
  for (ResourceId above = id; !above.empty() && above.kind() != Kind::Subscription;
       above = above.parent()) {
    if (model.find(above) == nullptr) first = above;
  }
  return first;
}

http::Response not_found_answer(const ResourceId& id) {
  if (id.kind() == Kind::ResourceGroup)
    return error_answer(404, "ResourceGroupNotFound",
                        fmt::format("Resource group '{}' could not be found.", id.name()));
  const ResourceId group = id.ancestor(Kind::ResourceGroup);
  if (id.parent() != group)
    return error_answer(404, "NotFound", fmt::format("Resource {} not found.", id.path()));
  return error_answer(404, "ResourceNotFound",
                      fmt::format("The Resource '{}' under resource group '{}' was not found. For "
                                  "more details please go to "
                                  "https://aka.ms/ARMResourceNotFoundFix",
                                  type_and_name(id), group.name()));
}

http::Response resource_error(const Error& error, const ResourceId& id) {
  if (error.code == ErrorCode::ResourceNotFound) return not_found_answer(id);
  const ErrorInfo& row = info(error.code);
  return error_answer(row.status, row.name, error.text(), error.target, error.details);
}

}  // namespace isthmus::api::arm
