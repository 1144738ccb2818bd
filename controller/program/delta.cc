// Which keys a change can alter, and what became of them.
#include <algorithm>
#include <set>
#include <utility>

#include "controller/model/networks.h"
#include "controller/model/references.h"
#include "controller/program/program.h"
#include "controller/program/values.h"
#include "controller/routes/routes.h"

namespace isthmus {
namespace {

using dataplane::AclId;
using dataplane::EndpointKey;
using dataplane::MemberKey;
using dataplane::PeerKey;
using dataplane::PortId;
using dataplane::TableKey;

// The keys that one model shows to be affected. Called for the model before and for the model
// after, each with its own version of a changed resource: what a resource touched, and what it
// touches now.
class Touched {
 public:
  void see(const Model& model, const Resource& resource) {
    switch (resource.kind()) {
      case Kind::VirtualNetwork:
        return network(model, resource);
      case Kind::Subnet:
        return subnet(model, resource);
      case Kind::Peering:
        return peering(model, resource);
      case Kind::Route:
        return route(model, resource);
      case Kind::AccessControlList:
        lists.insert(AclId{resource.serial});
        return;
      case Kind::AclRule:
        lists.insert(AclId{model.find(resource.id.parent())->serial});
        return;
      case Kind::NetworkInterface:
        ports.insert(PortId{resource.serial});
        return tagged_interface(model, resource);
      case Kind::IpConfiguration:
        return ip_configuration(model, resource);
      case Kind::RouteTable:
        return route_table(model, resource);
      case Kind::VirtualNetworkGateway:
        return gateway(model, resource);
      case Kind::GatewayIpConfiguration:
        return gateway(model, *model.find(resource.id.parent()));
      case Kind::GatewayConnection:
        return gateway(model, *model.find(resource.as<GatewayConnection>().gateway));
      case Kind::LocalNetworkGateway:
        for (const Resource* connection : model.referrers(resource, Kind::GatewayConnection))
          gateway(model, *model.find(connection->as<GatewayConnection>().gateway));
        return;
      default:
        return;
    }
  }

  std::set<TableKey> tables;
  std::set<std::pair<TableKey, net::Prefix>> routes;
  std::set<PeerKey> policies;
  std::set<EndpointKey> endpoints;
  std::set<PortId> ports;
  std::set<AclId> lists;
  std::set<TableKey> ranges;
  std::set<MemberKey> members;

 private:
  // What a network's rules mean by VirtualNetwork depends on its prefixes, peerings and routes.
  void range(const Model& model, const Resource& network) {
    if (network.id.realm() != Realm::Azure) return;
    for (const TableKey& table : program::tables_of(model, network)) ranges.insert(table);
    lists.insert(AclId{network.serial});
  }

  void network(const Model& model, const Resource& network) {
    tables.insert({program::domain_of(network), 0});
    range(model, network);
    for (const net::Prefix& prefix : own_system_prefixes(network))
      see_route(model, network, prefix);
    gateway_routes_of(model, network);
    model.each_below(network.id, Kind::Subnet, [&](const Resource& subnet) {
      ports.insert(PortId{subnet.serial});  // its router tells the network's name servers
      return true;
    });
    model.each_below(network.id, Kind::Peering, [&](const Resource& peering) {
      if (const Resource* remote = model.find(peering.as<Peering>().remote_virtual_network))
        policy(network, *remote);
      return true;
    });
  }

  // The routes behind a network's gateways, as itself sees them.
  void gateway_routes_of(const Model& model, const Resource& network) {
    range(model, network);
    for (const GatewayRoute& route : gateway_routes(model, network))
      see_route(model, network, route.prefix);
  }

  // The network that it stands in, and those that it is lent to.
  void gateway(const Model& model, const Resource& gateway) {
    model.each_below(gateway.id, Kind::GatewayIpConfiguration, [&](const Resource& configuration) {
      const Resource* subnet = model.find(configuration.as<GatewayIpConfiguration>().subnet);
      if (subnet == nullptr) return true;
      const Resource& home = network_of(model, *subnet);
      gateway_routes_of(model, home);
      for (const Peer& peer : connected_peers(model, home)) gateway_routes_of(model, *peer.network);
      return true;
    });
  }

  void route_table(const Model& model, const Resource& table) {
    if (table.id.realm() != Realm::Azure) return;
    for (const TableKey& key : program::tables_using(model, table))
      gateway_routes_of(model, *program::resource_of(model, key.domain));
  }

  void policy(const Resource& a, const Resource& b) {
    policies.insert({program::domain_of(a), program::domain_of(b)});
    policies.insert({program::domain_of(b), program::domain_of(a)});
  }

  // The network and its peers get, or got, a route to the subnet; appliances inside it come or go.
  void subnet(const Model& model, const Resource& subnet) {
    const Resource& home = network_of(model, subnet);
    const TableKey own = program::table_of_subnet(model, subnet);
    tables.insert(own);
    if (own != program::shared_table_of_subnet(model, subnet)) {  // its user routes may be others
      for (const net::Prefix& prefix : program::prefixes(model, own)) routes.insert({own, prefix});
    }
    router(model, subnet);
    range(model, home);
    reach(model, home, subnet);
    for (const Peer& peer : connected_peers(model, home)) {
      reach(model, *peer.network, subnet);
      if (is_subnet_peering(*peer.local)) peering(model, *peer.local);
    }
    for (const Resource* ip : model.ip_configurations(subnet)) ip_configuration(model, *ip);
    if (const Resource* table = viewpoint_of(model, subnet).route_table) {
      for (const Resource* route : model.below(table->id, Kind::Route))
        appliance(model, home, *route);
    }
  }

  void router(const Model& model, const Resource& subnet) {
    ports.insert(PortId{subnet.serial});
    for (const net::Prefix& prefix : prefixes_of(subnet.as<Subnet>()))
      endpoints.insert({program::domain_of(network_of(model, subnet)), router_of(prefix)});
  }

  void see_route(const Model& model, const Resource& network, net::Prefix prefix) {
    for (const TableKey& table : program::tables_of(model, network)) routes.insert({table, prefix});
  }

  // How `network` sees the subnet of itself or of a peer.
  void reach(const Model& model, const Resource& network, const Resource& subnet) {
    const auto own_tables = program::tables_of(model, network);
    for (const net::Prefix& prefix : prefixes_of(subnet.as<Subnet>()))
      reach(model, network, own_tables, prefix);
  }

  void reach(const Model& model, const Resource& network, const std::vector<TableKey>& own_tables,
             net::Prefix prefix) {
    for (const TableKey& table : own_tables) routes.insert({table, prefix});
    for (const Resource* route : model.routes_via(prefix)) {
      const Resource* route_table = model.find(route->id.parent());
      for (const TableKey& table : own_tables) {
        if (program::viewpoint_of(model, network, table).route_table == route_table)
          routes.insert({table, route->as<Route>().prefix});
      }
      appliance(model, network, *route);
    }
  }

  void peering(const Model& model, const Resource& peering) {
    const Resource& local = network_of(model, peering);
    own_tables(model, local, peering);
    const Resource* remote = model.find(peering.as<Peering>().remote_virtual_network);
    if (remote == nullptr) return;
    policy(local, *remote);
    range(model, local);
    range(model, *remote);
    if (!connected(model, local, *remote)) return;
    for (const auto& [network, other] : {std::pair(&local, remote), std::pair(remote, &local)}) {
      const Resource& side = *peering_from(model, *network, *other);
      for (const net::Prefix& prefix : side.as<Peering>().azure.remote_address_space)
        see_route(model, *network, prefix);
      gateway_routes_of(model, *network);
    }
    for (const Resource* subnet : model.below(remote->id, Kind::Subnet))
      reach(model, local, *subnet);
    for (const Resource* subnet : model.below(local.id, Kind::Subnet))
      reach(model, *remote, *subnet);
  }

  // A subnet that a subnet peering names has a table of its own, and so have its interfaces and its
  // router.
  void own_tables(const Model& model, const Resource& local, const Resource& peering) {
    if (!is_subnet_peering(peering)) return;
    model.each_below(local.id, Kind::Subnet, [&](const Resource& subnet) {
      if (!names_subnet(peering, PeeringEnd::Local, subnet)) return true;
      tables.insert(program::table_of_subnet(model, subnet));
      tables.insert(program::shared_table_of_subnet(model, subnet));
      router(model, subnet);
      for (const Resource* ip : model.ip_configurations(subnet)) ip_configuration(model, *ip);
      return true;
    });
  }

  void route(const Model& model, const Resource& route) {
    for (const TableKey& table : program::tables_using(model, *model.find(route.id.parent()))) {
      routes.insert({table, route.as<Route>().prefix});
      range(model, *program::resource_of(model, table.domain));
      appliance(model, *program::resource_of(model, table.domain), route);
    }
  }

  // Whether the interface behind a next hop forwards depends on the routes that name it.
  void appliance(const Model& model, const Resource& network, const Resource& route) {
    const auto& next_hop = route.as<Route>().next_hop;
    if (!next_hop) return;
    for (const Resource* subnet : model.subnets_containing(*next_hop)) {
      const Resource& home = network_of(model, *subnet);
      const Resource* ip = model.ip_configuration(*subnet, *next_hop);
      if (ip == nullptr || (home.serial != network.serial && !connected(model, network, home)))
        continue;
      ports.insert(PortId{model.find(ip->id.parent())->serial});
    }
  }

  // Rules name tags, and tags stand for the addresses of those who carry them.
  void tagged_interface(const Model& model, const Resource& nic) {
    for (const ResourceId& id : nic.as<NetworkInterface>().security_tags) {
      const Resource* tag = model.find(id);
      if (tag == nullptr) continue;
      for (const Resource* rule : model.referrers(*tag, Kind::AclRule))
        lists.insert(AclId{model.find(rule->id.parent())->serial});
    }
  }

  void ip_configuration(const Model& model, const Resource& resource) {
    const IpConfiguration& ip = resource.as<IpConfiguration>();
    const Resource& nic = *model.find(resource.id.parent());
    ports.insert(PortId{nic.serial});
    tagged_interface(model, nic);
    const Resource* subnet = ip.subnet.empty() ? nullptr : model.find(ip.subnet);
    if (subnet == nullptr || subnet->kind() != Kind::Subnet || !ip.address) return;
    endpoints.insert({program::domain_of(network_of(model, *subnet)), *ip.address});
    members.insert({PortId{subnet->serial}, PortId{nic.serial}});
  }
};

// The same path, and another resource: who refers to it says what he said, and means another. A
// restore does that.
bool stands_for_another(const ResourceChange& change) {
  return change.before && change.after && change.before->serial != change.after->serial;
}

// Did anything change that forwarding can depend on? An etag alone is nothing.
bool matters(const ResourceChange& change) {
  if (!change.before || !change.after || change.before->serial != change.after->serial) return true;
  if (!same_writable_members(change.after->id.realm(), change.before->body, change.after->body))
    return true;
  if (const auto* network = change.before->body.get_if<VirtualNetwork>())
    return network->links != change.after->as<VirtualNetwork>().links;
  const auto* was = change.before->body.get_if<Peering>();
  if (was == nullptr) return false;
  const Peering& is = change.after->as<Peering>();
  return was->state != is.state || was->azure.remote_address_space != is.azure.remote_address_space;
}

template <class Key, class Value>
void evaluate(const std::set<Key>& keys, const Model& before, const Model& after,
              std::optional<Value> (*value)(const Model&, Key),
              std::vector<std::pair<Key, std::optional<Value>>>& out) {
  for (const Key& key : keys) {
    auto now = value(after, key);
    if (now != value(before, key)) out.push_back({key, std::move(now)});
  }
}

}  // namespace

ProgramChange delta(const Model& before, const Model& after,
                    std::span<const ResourceChange> changes) {
  Touched touched;
  const bool all_matter = std::any_of(changes.begin(), changes.end(), &stands_for_another);
  for (const ResourceChange& change : changes) {
    if (!all_matter && !matters(change)) continue;
    if (change.before) touched.see(before, *change.before);
    if (change.after) touched.see(after, *change.after);
  }
  ProgramChange result;
  std::set<TableKey> gone;
  for (const TableKey& table : touched.tables) {
    const bool was = program::table_exists(before, table);
    const bool is = program::table_exists(after, table);
    if (was == is) continue;
    result.delta.tables.push_back({table, is});
    touched.ranges.insert(table);
    if (is) {
      for (const net::Prefix& prefix : program::prefixes(after, table))
        touched.routes.insert({table, prefix});
    } else {
      gone.insert(table);
    }
  }
  for (const auto& [table, prefix] : touched.routes) {
    if (gone.contains(table)) continue;
    ++result.recomputed_routes;
    const bool existed = program::table_exists(before, table);
    auto action = program::route(after, table, prefix);
    if (action != (existed ? program::route(before, table, prefix) : std::nullopt)) {
      result.delta.routes.push_back({table, prefix, action});
    }
  }
  evaluate(touched.policies, before, after, &program::policy, result.delta.policies);
  evaluate(touched.endpoints, before, after, &program::endpoint, result.delta.endpoints);
  evaluate(touched.ports, before, after, &program::port, result.delta.ports);
  evaluate(touched.lists, before, after, &program::access_list, result.delta.access_lists);
  evaluate(touched.ranges, before, after, &program::range, result.delta.ranges);
  evaluate(touched.members, before, after, &program::membership, result.delta.members);
  return result;
}

dataplane::ForwardingProgram compile(const Model& model) {
  dataplane::ForwardingProgram result;
  for (const ResourcePtr& network : model.collection(Kind::VirtualNetwork)) {
    for (const TableKey& table : program::tables_of(model, *network)) {
      auto& routes = result.tables[table];
      for (const net::Prefix& prefix : program::prefixes(model, table)) {
        if (const auto action = program::route(model, table, prefix)) routes[prefix] = *action;
      }
      if (auto range = program::range(model, table)) result.ranges[table] = std::move(*range);
    }
    if (network->id.realm() == Realm::Azure) {
      const AclId id{network->serial};
      result.access_lists[id] = *program::access_list(model, id);
    }
    for (const Peer& peer : connected_peers(model, *network)) {
      const PeerKey key{program::domain_of(*network), program::domain_of(*peer.network)};
      if (auto policy = program::policy(model, key)) result.policies[key] = *policy;
    }
  }
  for (const Kind kind : {Kind::Subnet, Kind::NetworkInterface}) {
    for (const ResourcePtr& resource : model.collection(kind)) {
      const PortId id{resource->serial};
      const auto& port = result.ports[id] = *program::port(model, id);
      for (const dataplane::PortAddress& address : port.addresses)
        result.endpoints[{address.table.domain, address.address}] = id;
    }
  }
  for (const ResourcePtr& nic : model.collection(Kind::NetworkInterface)) {
    for (const Resource* ip : model.below(nic->id, Kind::IpConfiguration)) {
      const Resource* subnet = model.find(ip->as<IpConfiguration>().subnet);
      if (subnet == nullptr) continue;
      const MemberKey key{PortId{subnet->serial}, PortId{nic->serial}};
      if (auto membership = program::membership(model, key)) result.members[key] = *membership;
    }
  }
  for (const ResourcePtr& acl : model.collection(Kind::AccessControlList)) {
    result.access_lists[AclId{acl->serial}] = *program::access_list(model, AclId{acl->serial});
  }
  return result;
}

}  // namespace isthmus
