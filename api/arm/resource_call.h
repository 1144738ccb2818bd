// One call on resources on its way to its answer, and the functions of the table in
// resource_calls.cc that are elsewhere. Private to this folder.
#pragma once

#include <functional>
#include <memory>

#include "api/arm/resource_calls.h"
#include "api/arm/resource_path.h"
#include "controller/rules/change.h"

namespace isthmus::api::arm {

// The group, or the resource, above `id` that is not there; `id` where they all are.
ResourceId first_missing(const Model& model, const ResourceId& id);

struct ResourceCall {
  Controller& controller;
  const ResourceOptions& options;
  const Operations& operations;
  http::Request request;
  Place place;
  http::Done done;

  // What is not there is told of the first thing on the way that is not.
  void fail_with(const Error& error) const {
    done(resource_error(error, first_missing(*controller.model(), place.id)));
  }
};
using CallPtr = std::shared_ptr<ResourceCall>;

Error not_found();

// Puts the resource as it is, but for what `edit` makes of it; decided where nothing can come
// between.
void change_present(const CallPtr& call, std::function<void(Draft&)> edit,
                    http::Response (*answer)(const ResourceCall&, const Committed&));

// What stands below a resource or a location and is none itself (word_calls.cc).
void check_address(const CallPtr& call);
void list_network_usages(const CallPtr& call);
void list_default_rules(const CallPtr& call);
void get_default_rule(const CallPtr& call);
void get_shared_key(const CallPtr& call);
void put_shared_key(const CallPtr& call);
void get_operation(const CallPtr& call);
void get_operation_result(const CallPtr& call);
void list_usages(const CallPtr& call);
void list_service_tags(const CallPtr& call);
void check_dns_name(const CallPtr& call);
void get_deployment(const CallPtr& call);

}  // namespace isthmus::api::arm
