// Calls on resource groups and on the resources in them: reading, changing, listing, tags.
//
// Nothing is decided here: a body becomes a change, the rules of the controller judge it, and the
// answer is what the controller holds then, durable and programmed. So provisioningState is
// Succeeded in the first answer already, where Operations does not tell it otherwise (decisions:
// A1).
//
// Threads: handle() by any; an answer comes on the caller's thread or the controller's.
#pragma once

#include <vector>

#include "api/arm/arm_handler.h"
#include "api/arm/linked_access.h"
#include "api/arm/operations.h"
#include "api/arm/resource_path.h"
#include "api/json/limits.h"
#include "controller/controller.h"

namespace isthmus::api::arm {

struct ResourceOptions {
  json::Limits json_limits;
  size_t page_items = 10'000;
  OperationOptions operations;
  // Asked by any thread, of networks of other subscriptions alone.
  MayLink may_link = [](std::string_view, std::string_view, const ResourceId&) { return true; };
};

class ControllerResources final : public ResourceCalls {
 public:
  ControllerResources(Controller& controller, ResourceOptions options)
      : controller_(controller), options_(options), operations_(controller, options.operations) {}
  void handle(http::Request request, Segments segments, http::Done done) override;

 private:
  Controller& controller_;
  const ResourceOptions options_;
  Operations operations_;
};

// The table of calls, for the reference.
struct ResourceRoute {
  Form form;
  http::Method method;
  Pace pace;
};
std::vector<ResourceRoute> resource_routes();

// An error of the controller in this dialect: its code is the code here, but for what Azure says in
// other words about what is not there. `id` is what the call names.
http::Response resource_error(const Error& error, const ResourceId& id);

}  // namespace isthmus::api::arm
