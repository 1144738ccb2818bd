// Switching faults of hosts on and off: a change like any other, so that it is durable, journalled
// and undone by a restore. No packet is lost by it: it is the configuration that a real controller
// would fail to bring to the host.
#pragma once

#include <optional>
#include <vector>

#include "controller/rules/change.h"

namespace isthmus {

// `hosts` are servers and virtual servers of the model. No fault: the host is well again.
Result<Applied> set_host_fault(const Model& model, const std::vector<ResourceId>& hosts,
                               std::optional<HostFault> fault, int64_t time_ms);

}  // namespace isthmus
