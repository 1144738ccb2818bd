// What the controller says of itself: diagnostics/networkControllerState, and
// monitoring/networkControllerStatistics. Clients look at provisioningState alone; what else is
// told here is ours.
//
// Source: MS-NCNBI sections 3.1.5.22 and 3.1.5.23.
#include "api/json/configuration_state.h"
#include "api/json/timestamp.h"
#include "api/networking/answers.h"
#include "api/networking/calls.h"
#include "api/networking/envelope.h"

namespace isthmus::api::networking {
namespace {

using json::JsonText;

http::Response state_answer(const Service& service) {
  const ModelPtr model = service.controller.model();
  const int64_t collected_ms = service.state_collected_ms;
  const bool waits = service.now_ms() < collected_ms + service.delay_ms();
  JsonText out;
  write_envelope(out, *model, "/diagnostics/networkControllerState", [&] {
    out.text("provisioningState", waits ? "Updating" : "Succeeded");
    if (collected_ms > 0) out.text("submitTime", json::timestamp(collected_ms));
    out.number("revision", model->revision());
    out.text("digest", service.controller.digest());
    out.key("resources").object();
    for (const KindInfo& row : kinds_in(Realm::Onprem)) {
      if (row.parent == Kind::None) out.number(row.segment, model->count(row.kind, Realm::Onprem));
    }
    out.end_object();
  });
  return json_answer(200, out.take());
}

}  // namespace

void collect_controller_state(const CallPtr& call) {
  call->service.state_collected_ms = call->service.now_ms();
  call->done(state_answer(call->service));
}

void get_controller_state(const CallPtr& call) { call->done(state_answer(call->service)); }

// Of each type at the top how many there are, and how many of them are as they should be.
void get_statistics(const CallPtr& call) {
  const Service& service = call->service;
  const ModelPtr model = service.controller.model();
  JsonText out;
  write_envelope(out, *model, "/monitoring/networkControllerStatistics", [&] {
    out.text("provisioningState", "Succeeded");
    out.key("healthStatistics").array();
    for (const KindInfo& row : kinds_in(Realm::Onprem)) {
      if (row.parent != Kind::None) continue;
      size_t healthy = 0;
      for (const ResourcePtr& resource : model->collection(row.kind, Realm::Onprem))
        healthy += json::is_healthy(*model, *resource) ? 1 : 0;
      const size_t all = model->count(row.kind, Realm::Onprem);
      out.object().text("resourceType", row.segment).number("total", all);
      out.number("healthy", healthy).number("unhealthy", all - healthy).end_object();
    }
    out.end_array();
  });
  call->done(json_answer(200, out.take()));
}

}  // namespace isthmus::api::networking
