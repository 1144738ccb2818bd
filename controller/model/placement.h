// Which host runs what. Nobody places virtual machines here, as a cluster does for a real
// controller: each network interface is on the server that it and they agree on (rendezvous hashing
// of instance ids), so that the interfaces are spread evenly, a new server takes its share of them,
// and the same resources give the same answer.
//
// Source of the hashing: Thaler and Ravishankar, "Using name-based mappings to increase hit rates",
// 1998. Connections find their gateways in the same way.
#pragma once

#include <optional>
#include <vector>

#include "controller/model/model.h"

namespace isthmus {

// The server of a network interface; null where there are no servers. Takes a step for each server.
const Resource* server_of(const Model& model, const Resource& network_interface);
std::vector<const Resource*> interfaces_on(const Model& model, const Resource& server);

// Of the gateways of a pool some carry connections, and the last ones wait for one of those to fail
// (redundantGatewayCount); one is always active. A gateway whose host fails comes behind all
// others.
std::vector<const Resource*> active_gateways(const Model& model, const Resource& pool);
bool is_redundant(const Model& model, const Resource& gateway);
// The gateway that carries a network connection; null where no pool has an active one.
const Resource* gateway_of(const Model& model, const Resource& connection);
std::vector<const Resource*> connections_on(const Model& model, const Resource& gateway);

// The fault that is switched on at a server or a virtual server.
std::optional<HostFault> fault_of(const Resource& host);
bool any_host_fails(const Model& model);

}  // namespace isthmus
