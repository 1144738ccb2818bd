#include "controller/rules/host_fault.h"

#include "controller/model/placement.h"
#include "controller/rules/edit.h"

namespace isthmus {
namespace {

void set_fault(Body& host, std::optional<HostFault> fault) {
  if (auto* server = host.get_if<Server>()) server->fault = fault;
  if (auto* virtual_server = host.get_if<VirtualServer>()) virtual_server->fault = fault;
}

}  // namespace

Result<Applied> set_host_fault(const Model& model, const std::vector<ResourceId>& hosts,
                               std::optional<HostFault> fault, int64_t time_ms) {
  const Stamp now{model.revision() + 1, time_ms};
  Edit edit(model);
  std::vector<Outcome> outcomes;
  for (const ResourceId& id : hosts) {
    const ResourcePtr before = edit.model().find_shared(id);
    if (!before) {
      return fail(ErrorCode::ResourceNotFound, "", "There is no host '" + id.path() + "'.");
    }
    const bool same = fault_of(*before) == fault;
    outcomes.push_back({same ? Effect::Unchanged : Effect::Updated, before->id});
    if (same) continue;
    Resource after = *before;
    set_fault(after.body, fault);
    after.changed = now;
    edit.replace(before, std::move(after));
  }
  if (!edit.empty()) edit.set_revision(now.revision);
  return Applied{edit.model(), edit.net(), std::move(outcomes)};
}

}  // namespace isthmus
