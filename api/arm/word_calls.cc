#include <fmt/format.h>

#include "api/arm/address_check.h"
#include "api/arm/answers.h"
#include "api/arm/default_rules.h"
#include "api/arm/location_calls.h"
#include "api/arm/resource_call.h"
#include "api/arm/shared_key.h"
#include "api/arm/usages.h"

namespace isthmus::api::arm {
namespace {

// What is computed from the resource that the word stands below.
template <class Answer>
void answer_from(const CallPtr& call, const Answer& answer) {
  const ModelPtr model = call->controller.model();
  const Resource* resource = model->find(call->place.id);
  if (resource == nullptr) return call->fail_with(not_found());
  call->done(answer(*model, *resource));
}

template <class Text>
void answer_text_from(const CallPtr& call, const Text& text) {
  answer_from(call, [&text](const Model& model, const Resource& resource) {
    return json_answer(200, text(model, resource));
  });
}

http::Response with_shared_key(const ResourceCall& call, const Committed& committed) {
  return json_answer(200, shared_key_text(*committed.model, *committed.model->find(call.place.id)));
}

}  // namespace

void check_address(const CallPtr& call) {
  answer_from(call, [&call](const Model& model, const Resource& network) {
    return address_check(model, network, call->request);
  });
}

void list_network_usages(const CallPtr& call) { answer_text_from(call, &network_usages_text); }

void list_default_rules(const CallPtr& call) { answer_text_from(call, &default_rules_text); }

void get_default_rule(const CallPtr& call) {
  answer_from(call, [&call](const Model& model, const Resource& group) {
    const std::string& name = call->place.name;
    if (auto text = default_rule_text(model, group, name)) return json_answer(200, *text);
    return error_answer(
        404, "NotFound",
        fmt::format("Resource {}/defaultSecurityRules/{} not found.", group.id.path(), name));
  });
}

void get_shared_key(const CallPtr& call) { answer_text_from(call, &shared_key_text); }

void put_shared_key(const CallPtr& call) {
  auto key = read_shared_key(call->request.body, call->options.json_limits);
  if (!key) return call->fail_with(key.error());
  const auto set_key = [key = std::move(*key)](Draft& draft) {
    draft.body.get<GatewayConnection>().shared_key = key;
  };
  change_present(call, set_key, &with_shared_key);
}

void get_operation(const CallPtr& call) { call->done(call->operations.status(call->place)); }

void get_operation_result(const CallPtr& call) {
  call->done(call->operations.result(call->request, call->place));
}

void list_usages(const CallPtr& call) {
  const ModelPtr model = call->controller.model();
  call->done(json_answer(
      200, usages_text(*model, call->controller.limits(), call->place.id, call->place.name)));
}

void list_service_tags(const CallPtr& call) {
  call->done(json_answer(200, service_tags_text(call->place.id)));
}

void check_dns_name(const CallPtr& call) {
  const ModelPtr model = call->controller.model();
  call->done(name_check(*model, call->place.name, call->request));
}

// No template is deployed here yet, so that no deployment is there.
void get_deployment(const CallPtr& call) {
  const ResourceId& scope = call->place.id;
  const bool is_in_group = scope.kind() == Kind::ResourceGroup;
  if (is_in_group && call->controller.model()->find(scope) == nullptr)
    return call->fail_with(not_found());
  call->done(error_answer(ArmErrorCode::DeploymentNotFound,
                          fmt::format("Deployment '{}' could not be found.", call->place.name)));
}

}  // namespace isthmus::api::arm
