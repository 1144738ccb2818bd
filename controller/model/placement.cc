#include "controller/model/placement.h"

#include <algorithm>

namespace isthmus {
namespace {

// How much a place is that of a guest; the greatest weight wins.
Uuid weight(const Resource& place, const Resource& guest) {
  return Uuid::derive(place.instance_id, guest.instance_id.hi ^ guest.instance_id.lo);
}

// Of the places that are offered, the one that weighs most for this guest.
class Choice {
 public:
  explicit Choice(const Resource& guest) : guest_(guest) {}

  void offer(const Resource& place) {
    const Uuid offered = weight(place, guest_);
    if (best_ != nullptr && offered <= weight_) return;
    best_ = &place;
    weight_ = offered;
  }
  const Resource* best() const { return best_; }

 private:
  const Resource& guest_;
  const Resource* best_ = nullptr;
  Uuid weight_;
};

// Whether server_of() is this one. Looks no further than the first that weighs more, which comes
// soon: about ln n of n servers.
bool is_on(const Model& model, const Resource& network_interface, const Resource& server) {
  const Uuid here = weight(server, network_interface);
  bool is_before = true;  // of two that weigh the same, the first has it
  for (const ResourcePtr& other : model.collection(Kind::Server)) {
    if (other.get() == &server) {
      is_before = false;
      continue;
    }
    const Uuid there = weight(*other, network_interface);
    if (there > here || (is_before && there == here)) return false;
  }
  return true;
}

bool host_fails(const Model& model, const Resource& gateway) {
  const ResourceId& id = gateway.as<Gateway>().virtual_server;
  const Resource* host = id.empty() ? nullptr : model.find(id);
  return host != nullptr && fault_of(*host).has_value();
}

}  // namespace

const Resource* server_of(const Model& model, const Resource& network_interface) {
  Choice choice(network_interface);
  for (const ResourcePtr& server : model.collection(Kind::Server)) choice.offer(*server);
  return choice.best();
}

std::vector<const Resource*> interfaces_on(const Model& model, const Resource& server) {
  std::vector<const Resource*> interfaces;
  for (const ResourcePtr& nic : model.collection(Kind::NetworkInterface)) {
    if (is_on(model, *nic, server)) interfaces.push_back(nic.get());
  }
  return interfaces;
}

std::vector<const Resource*> active_gateways(const Model& model, const Resource& pool) {
  std::vector<const Resource*> gateways = model.referrers(pool, Kind::Gateway);
  std::stable_partition(gateways.begin(), gateways.end(),
                        [&model](const Resource* gateway) { return !host_fails(model, *gateway); });
  const size_t spare = pool.as<GatewayPool>().redundant_gateways;
  const size_t active = gateways.size() > spare ? gateways.size() - spare : 1;
  gateways.resize(std::min(active, gateways.size()));
  return gateways;
}

bool is_redundant(const Model& model, const Resource& gateway) {
  const Resource* pool = model.find(gateway.as<Gateway>().pool);
  if (pool == nullptr) return false;
  const auto active = active_gateways(model, *pool);
  return std::find(active.begin(), active.end(), &gateway) == active.end();
}

const Resource* gateway_of(const Model& model, const Resource& connection) {
  const Resource& owner = *model.find(connection.id.parent());
  Choice choice(connection);
  for (const ResourceId& id : owner.as<VirtualGateway>().pools) {
    const Resource* pool = model.find(id);
    if (pool == nullptr) continue;
    for (const Resource* gateway : active_gateways(model, *pool)) choice.offer(*gateway);
  }
  return choice.best();
}

std::vector<const Resource*> connections_on(const Model& model, const Resource& gateway) {
  std::vector<const Resource*> connections;
  const Resource* pool = model.find(gateway.as<Gateway>().pool);
  if (pool == nullptr) return connections;
  for (const Resource* owner : model.referrers(*pool, Kind::VirtualGateway)) {
    for (const Resource* connection : model.below(owner->id, Kind::NetworkConnection)) {
      if (gateway_of(model, *connection) == &gateway) connections.push_back(connection);
    }
  }
  return connections;
}

std::optional<HostFault> fault_of(const Resource& host) {
  if (const auto* server = host.body.get_if<Server>()) return server->fault;
  if (const auto* virtual_server = host.body.get_if<VirtualServer>()) return virtual_server->fault;
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
