// GET, PUT, POST and DELETE of faults: what is injected into the calls of clients.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "api/control/calls.h"
#include "api/control/suggest.h"
#include "api/front/fault_json.h"
#include "controller/model/text.h"

namespace isthmus::api::control {
namespace {

using json::JsonText;

constexpr size_t kNameSegment = 3;  // /_isthmus/v1/faults/{name}

http::Response no_such_fault(const front::FaultTable& faults, std::string_view name) {
  const auto states = faults.list();
  std::vector<std::string_view> known;
  for (const front::FaultState& state : states) known.push_back(state.fault->name);
  const std::string_view near = nearest(name, known);
  return answer(problem_of({ErrorCode::ResourceNotFound,
                            "",
                            fmt::format("There is no fault {}.", in_quotes(name)),
                            !near.empty()   ? fmt::format("Did you mean '{}'?", near)
                            : known.empty() ? "There are none."
                                            : fmt::format("There are {}.", fmt::join(known, ", ")),
                            {}}));
}

http::Response put(const Service& service, const http::Request& request, std::string_view name) {
  auto fault = front::read_fault(request.body, name);
  if (!fault) return answer(problem_of(fault.error()));
  const auto added = service.faults.put(*fault);
  if (!added) return answer(problem_of(added.error()));
  JsonText out;
  front::write_fault(out, {std::make_shared<const front::Fault>(std::move(*fault)), 0, 0});
  http::Response response = json_answer(out.take());
  response.status = *added ? 201 : 200;
  return response;
}

}  // namespace

http::Response list_faults(const Service& service, const http::Request&) {
  JsonText out;
  out.object().key("faults").array();
  for (const front::FaultState& state : service.faults.list()) front::write_fault(out, state);
  return json_answer(out.end_array().end_object().take());
}

http::Response create_fault(const Service& service, const http::Request& request) {
  return put(service, request, "");
}

http::Response put_fault(const Service& service, const http::Request& request) {
  return put(service, request, request.segments[kNameSegment]);
}

http::Response get_fault(const Service& service, const http::Request& request) {
  const std::string& name = request.segments[kNameSegment];
  for (const front::FaultState& state : service.faults.list()) {
    if (!http::equal_without_case(state.fault->name, name)) continue;
    JsonText out;
    front::write_fault(out, state);
    return json_answer(out.take());
  }
  return no_such_fault(service.faults, name);
}

http::Response delete_fault(const Service& service, const http::Request& request) {
  const std::string& name = request.segments[kNameSegment];
  if (!service.faults.remove(name)) return no_such_fault(service.faults, name);
  http::Response response;
  response.status = 204;
  return response;
}

http::Response clear_faults(const Service& service, const http::Request&) {
  service.faults.clear();
  http::Response response;
  response.status = 204;
  return response;
}

}  // namespace isthmus::api::control
