// Which host runs what. Nobody places virtual machines here, as a cluster does for a real
// controller: each network interface is on the server that it and they agree on (rendezvous hashing
// of instance ids), so that the interfaces are spread evenly, a new server takes its share of them,
// and the same resources give the same answer.
//
// Source of the hashing: Thaler and Ravishankar, "Using name-based mappings to increase hit rates",
// 1998.
#pragma once

#include <optional>
#include <vector>

#include "controller/model/model.h"

namespace isthmus {

// The server of a network interface; null where there are no servers. Takes a step for each server.
const Resource* server_of(const Model& model, const Resource& network_interface);
std::vector<const Resource*> interfaces_on(const Model& model, const Resource& server);

// The fault that is switched on at a server or a virtual server.
std::optional<HostFault> fault_of(const Resource& host);
bool any_host_fails(const Model& model);

}  // namespace isthmus
