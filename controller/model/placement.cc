#include "controller/model/placement.h"

namespace isthmus {

const Resource* server_of(const Model& model, const Resource& network_interface) {
  const Resource* best = nullptr;
  Uuid best_weight;
  for (const ResourcePtr& server : model.collection(Kind::Server)) {
    const Uuid weight = Uuid::derive(
        server->instance_id, network_interface.instance_id.hi ^ network_interface.instance_id.lo);
    if (best != nullptr && weight <= best_weight) continue;
    best = server.get();
    best_weight = weight;
  }
  return best;
}

std::vector<const Resource*> interfaces_on(const Model& model, const Resource& server) {
  std::vector<const Resource*> interfaces;
  for (const ResourcePtr& nic : model.collection(Kind::NetworkInterface)) {
    if (server_of(model, *nic) == &server) interfaces.push_back(nic.get());
  }
  return interfaces;
}

std::optional<HostFault> fault_of(const Resource& host) {
  if (const auto* server = std::get_if<Server>(&host.body)) return server->fault;
  if (const auto* virtual_server = std::get_if<VirtualServer>(&host.body))
    return virtual_server->fault;
  return std::nullopt;
}

bool any_host_fails(const Model& model) {
  for (const Kind kind : {Kind::Server, Kind::VirtualServer}) {
    for (const ResourcePtr& host : model.collection(kind)) {
      if (fault_of(*host)) return true;
    }
  }
  return false;
}

}  // namespace isthmus
