// GET, PUT and DELETE of host-faults: what goes wrong when the controller configures its hosts.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/control/calls.h"
#include "api/control/suggest.h"
#include "api/json/configuration_state.h"
#include "api/json/json_reader.h"
#include "api/json/json_text.h"
#include "api/json/parse.h"
#include "controller/model/placement.h"
#include "controller/model/text.h"
#include "controller/rules/host_fault.h"

namespace isthmus::api::control {
namespace {

constexpr Kind kHosts[] = {Kind::Server, Kind::VirtualServer};

http::Response list_of_faults(const Model& model) {
  json::JsonText out;
  out.object().key("hostFaults").array();
  for (const Kind kind : kHosts) {
    for (const ResourcePtr& host : model.collection(kind)) {
      const auto fault = fault_of(*host);
      if (!fault) continue;
      out.object().text("host", host->id.reference()).text("code", Text<HostFault>::print(*fault));
      out.text("message", json::message_of(*fault)).end_object();
    }
  }
  out.end_array().end_object();
  return json_answer(out.take());
}

// "host1", "servers/host1" or "/servers/host1"; a bare name is a server's before it is a virtual
// server's.
Result<ResourceId> find_host(const Model& model, std::string_view text) {
  std::vector<std::string_view> known;
  for (const Kind kind : kHosts) {
    for (const ResourcePtr& host : model.collection(kind)) {
      const std::string_view path = host->id.path();
      if (equal_ignoring_case(path, text) || equal_ignoring_case(path.substr(1), text) ||
          equal_ignoring_case(host->id.name(), text))
        return host->id;
      known.push_back(host->id.name());
    }
  }
  const std::string_view near = nearest(text, known);
  return fail(ErrorCode::ResourceNotFound, "",
              fmt::format("There is no server or virtual server {}.", in_quotes(text)),
              !near.empty()   ? fmt::format("Did you mean '{}'?", near)
              : known.empty() ? "There are none; PUT /networking/v1/servers/NAME first."
                              : fmt::format("There are {}.", fmt::join(known, ", ")));
}

Result<HostFault> read_fault(const http::Request& request) {
  constexpr std::string_view kExample = R"(Send {"code":"HostUnreachable"}.)";
  const auto document = json::parse_json(request.body);
  if (!document)
    return fail(ErrorCode::InvalidRequestContent, "", document.error().message,
                std::string(kExample));
  const json::Value* code = json::find_member(*document, "code");
  if (code == nullptr || !code->IsString())
    return fail(ErrorCode::InvalidRequestContent, "/code", "The fault needs a text 'code'.",
                std::string(kExample));
  const std::string_view text = json::text_of(*code);
  const auto fault = Text<HostFault>::parse(text);
  if (fault) return *fault;
  const std::string_view near = nearest(text, kNames<HostFault>);
  return fail(ErrorCode::InvalidParameterValue, "/code",
              fmt::format("{} is not a fault of a host.", in_quotes(text)),
              near.empty() ? fmt::format("Use one of {}.", fmt::join(kNames<HostFault>, ", "))
                           : fmt::format("Did you mean '{}'?", near));
}

void switch_fault(const Service& service, const http::Request& request, const http::Done& done,
                  std::vector<ResourceId> hosts, std::optional<HostFault> fault) {
  service.controller.submit(
      [hosts = std::move(hosts), fault](const Model& model, int64_t now_ms) {
        return set_host_fault(model, hosts, fault, now_ms);
      },
      request.who(),
      [done](const Result<Committed>& result) {
        done(result ? list_of_faults(*result->model) : answer(problem_of(result.error())));
      });
}

}  // namespace

http::Response show_host_faults(const Service& service, const http::Request&) {
  return list_of_faults(*service.controller.model());
}

void put_host_fault(const Service& service, const http::Request& request, const http::Done& done) {
  const auto fault = read_fault(request);
  if (!fault) return done(answer(problem_of(fault.error())));
  const auto name = request.parameter("host");
  if (!name) {
    return done(answer(problem_of({ErrorCode::InvalidParameterValue,
                                   "",
                                   "The call does not say which host.",
                                   "Add ?host=NAME.",
                                   {}})));
  }
  const auto host = find_host(*service.controller.model(), *name);
  if (!host) return done(answer(problem_of(host.error())));
  switch_fault(service, request, done, {*host}, *fault);
}

// Of one host, or of all.
void delete_host_faults(const Service& service, const http::Request& request,
                        const http::Done& done) {
  const ModelPtr model = service.controller.model();
  std::vector<ResourceId> hosts;
  if (const auto name = request.parameter("host")) {
    const auto host = find_host(*model, *name);
    if (!host) return done(answer(problem_of(host.error())));
    hosts.push_back(*host);
  } else {
    for (const Kind kind : kHosts) {
      for (const ResourcePtr& host : model->collection(kind)) hosts.push_back(host->id);
    }
  }
  switch_fault(service, request, done, std::move(hosts), std::nullopt);
}

}  // namespace isthmus::api::control
