#include "api/networking/networking_handler.h"

#include <fmt/format.h>

#include <array>

#include "api/networking/answers.h"
#include "api/networking/calls.h"

namespace isthmus::api::networking {
namespace {

using http::Method;

struct Route {
  Form form;
  Method method;
  void (*answer)(const CallPtr&);
};

constexpr std::array kRoutes = {
    Route{Form::Discovery, Method::Get, &discovery},
    Route{Form::Collection, Method::Get, &list_resources},
    Route{Form::Item, Method::Get, &get_resource},
    Route{Form::Item, Method::Put, &put_resource},
    Route{Form::Item, Method::Delete, &delete_resource},
    Route{Form::Singleton, Method::Get, &get_resource},
    Route{Form::Singleton, Method::Put, &put_resource},
    Route{Form::Learned, Method::Get, &get_resource},
    Route{Form::Operations, Method::Get, &list_operations},
    Route{Form::Operation, Method::Get, &get_operation},
    Route{Form::OperationResult, Method::Get, &get_operation_result},
    Route{Form::Instances, Method::Get, &list_instances},
    Route{Form::Instance, Method::Get, &get_instance},
    Route{Form::ConnectivityCheck, Method::Put, &check_connectivity},
    Route{Form::ConnectivityCheckResults, Method::Get, &list_connectivity_results},
    Route{Form::ConnectivityCheckResult, Method::Get, &get_connectivity_result},
    Route{Form::SlbState, Method::Put, &collect_slb_state},
    Route{Form::SlbStateResult, Method::Get, &get_slb_state},
    Route{Form::ControllerState, Method::Get, &get_controller_state},
    Route{Form::ControllerState, Method::Put, &collect_controller_state},
    Route{Form::ControllerStatistics, Method::Get, &get_statistics},
    Route{Form::Backups, Method::Get, &list_backups},
    Route{Form::Backup, Method::Get, &get_backup},
    Route{Form::Backup, Method::Put, &put_backup},
    Route{Form::Backup, Method::Delete, &delete_backup},
    Route{Form::Restores, Method::Get, &list_restores},
    Route{Form::Restore, Method::Get, &get_restore},
    Route{Form::Restore, Method::Put, &put_restore},
    Route{Form::Restore, Method::Delete, &delete_restore},
};

const Route* find_route(Form form, Method method) {
  if (method == Method::Head) method = Method::Get;  // the server leaves out the body
  for (const Route& route : kRoutes) {
    if (route.form == form && route.method == method) return &route;
  }
  return nullptr;
}

http::Response wrong_method(const Call& call) {
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (route.form != call.address.form) continue;
    allowed += (allowed.empty() ? "" : ", ") + std::string(to_string(route.method));
    if (route.method == Method::Get) allowed += ", HEAD";
  }
  http::Response response = error_answer(
      {ErrorCode::MethodNotAllowed,
       "",
       fmt::format("{} {} is not possible.", to_string(call.request.method), call.request.path()),
       fmt::format("The methods here are {}.", allowed),
       {}});
  response.headers.push_back({"Allow", allowed});
  return response;
}

// A name that nothing can have is a mistake to store, and not there to whoever looks.
Error as_seen_by(Method method, Error error) {
  if (error.code != ErrorCode::InvalidResourceId || !is_safe(method)) return error;
  return {ErrorCode::ResourceNotFound, "", std::move(error.message), std::move(error.remedy), {}};
}

}  // namespace

NetworkingHandler::NetworkingHandler(Controller& controller, const NetworkingOptions& options)
    : service_(std::make_unique<Service>(controller, options)) {}

NetworkingHandler::~NetworkingHandler() { service_->background.join(); }

void NetworkingHandler::handle(http::Request request, http::Done done) {
  auto address = parse_address(request.segments);
  if (!address) return done(error_answer(as_seen_by(request.method, std::move(address.error()))));
  const auto call = std::make_shared<Call>(
      Call{*service_, std::move(request), std::move(*address), std::move(done)});
  const Route* route = find_route(call->address.form, call->request.method);
  if (route == nullptr) return call->done(wrong_method(*call));
  route->answer(call);
}

access::Role required_role(const http::Request& request) {
  const access::Role role = access::role_for(request.method);
  if (role == access::Role::Reader) return role;
  const auto address = parse_address(request.segments);
  return address && address->form == Form::Restore ? access::Role::Owner : role;
}

void Call::fail_with(const Error& error) const { done(error_answer(error)); }

void discovery(const CallPtr& call) { call->done(discovery_answer()); }

}  // namespace isthmus::api::networking
