#include "api/control/lab/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "controller/model/networks.h"

namespace isthmus::api::lab {
namespace {

constexpr std::string_view kDefaultRegion = "westeurope";  // of a group whose networks name none

// Names in a document are legal, so that these cannot fail.
ResourceId below(const ResourceId& parent, Kind kind, std::string_view name) {
  return *parent.child(kind, name);  // of nothing: at the top, on-prem
}

class Expansion {
 public:
  Expansion(const LabDocument& document, const Model& model, Prune prune)
      : document_(document),
        model_(model),
        prune_(prune),
        home_(document.realm == Realm::Azure ? lab_group(document.group, document.subscription)
                                             : ResourceId()) {}

  Change run() {
    if (document_.realm == Realm::Azure) put_group();
    for (const LabPeering& side : document_.peerings) peerings_.push_back(peering(side));
    if (prune_ == Prune::Delete) delete_before();
    for (const LabAccessList& list : document_.access_lists) put(access_list(list));
    for (const LabRouteTable& table : document_.route_tables) put(route_table(table));
    for (const LabNetwork& network : document_.networks) put(virtual_network(network));
    for (Draft& side : peerings_) put(std::move(side));
    for (const LabVm& vm : document_.vms) {
      if (vm.address) put(interface(vm));
    }
    for (const LabVm& vm : document_.vms) {
      if (!vm.address) put(interface(vm));
    }
    if (prune_ == Prune::Delete) delete_after();
    return std::move(change_);
  }

 private:
  ResourceId top(Kind kind, std::string_view name) const { return below(home_, kind, name); }

  std::vector<const Resource*> all_of(Kind kind) const {
    if (document_.realm == Realm::Azure) return model_.below(home_, kind);
    std::vector<const Resource*> all;
    for (const ResourcePtr& resource : model_.collection(kind, Realm::Onprem))
      all.push_back(resource.get());
    return all;
  }

  void put_group() {
    region_ = kDefaultRegion;
    for (auto network = document_.networks.rbegin(); network != document_.networks.rend();
         ++network)
      if (!network->location.empty()) region_ = network->location;
    if (const Resource* group = model_.find(home_); group != nullptr && group->annotations)
      region_ = group->annotations->location;
    put({home_.parent(), "", {}, nullptr, Body(Kind::Subscription), {}});
    put({home_, "/group", {}, annotations_for(home_, region_), Body(Kind::ResourceGroup), {}});
  }

  // What is there already keeps all of its own.
  std::shared_ptr<const Annotations> annotations_for(const ResourceId& id,
                                                     const std::string& region) const {
    if (document_.realm == Realm::Onprem || model_.find(id) != nullptr) return nullptr;
    return std::make_shared<const Annotations>(Annotations{{}, {}, region});
  }

  void put(Draft draft) {
    change_.operations.push_back({Verb::Put, std::move(draft), {}, /*only_if_different=*/true});
  }
  void erase(const ResourceId& id) {
    Operation operation;
    operation.verb = Verb::Delete;
    operation.draft.id = id;
    change_.operations.push_back(std::move(operation));
  }

  // What the resource is now, so that members which the document cannot say stay as they are.
  template <class T>
  T present(const ResourceId& id) const {
    const Resource* resource = model_.find(id);
    return resource == nullptr ? T{} : resource->as<T>();
  }

  // The names of the children that a resource has now, by what identifies them in a document.
  template <class KeyOf>
  auto names_by(const ResourceId& parent, Kind kind, const KeyOf& key_of) const {
    std::map<decltype(key_of(std::declval<const Resource&>())), std::string> names;
    for (const Resource* child : model_.below(parent, kind))
      names.emplace(key_of(*child), child->id.name());
    return names;
  }
  template <class Key>
  static std::string found_or_empty(const std::map<Key, std::string>& names, const Key& key) {
    const auto found = names.find(key);
    return found == names.end() ? "" : found->second;
  }

  Draft access_list(const LabAccessList& list) const {
    const ResourceId id = top(Kind::AccessControlList, list.name);
    auto body = present<AccessControlList>(id);
    body.inbound_default = list.inbound_default;
    body.outbound_default = list.outbound_default;
    const std::string pointer = "/access/" + list.name;
    Draft draft{id, pointer, {}, nullptr, body, {{Kind::AclRule, {}}}};
    const auto present_names = names_by(id, Kind::AclRule, [](const Resource& rule) {
      return std::pair(rule.as<AclRule>().type, rule.as<AclRule>().priority);
    });
    const auto names = choose_names(
        list.rules.size(),
        {[&](size_t i) { return list.rules[i].name; },
         [&](size_t i) {
           return found_or_empty(present_names,
                                 std::pair(list.rules[i].type, list.rules[i].priority));
         },
         [&](size_t i) { return default_rule_name(list.rules[i].type, list.rules[i].priority); }});
    for (size_t i = 0; i < names.size(); ++i) {
      const ResourceId rule = below(id, Kind::AclRule, names[i]);
      draft.children[0].items.push_back(
          {rule, rule_pointer(list, pointer, i), {}, nullptr, rule_body(rule, list.rules[i]), {}});
    }
    return draft;
  }

  // A list with defaults has its rules one level further down.
  std::string rule_pointer(const LabAccessList& list, const std::string& pointer, size_t i) const {
    const bool is_map = list.inbound_default || list.outbound_default;
    std::string in_map = fmt::format("{}/rules/{}", pointer, i);
    return is_map || document_.positions.contains(in_map) ? in_map
                                                          : fmt::format("{}/{}", pointer, i);
  }

  AclRule rule_body(const ResourceId& id, const LabRule& rule) const {
    auto body = present<AclRule>(id);
    body.type = rule.type;
    body.action = rule.action;
    body.protocol = rule.protocol;
    body.source = rule.from;
    body.destination = rule.to;
    body.source_ports = rule.from_ports;
    body.destination_ports = rule.ports;
    body.priority = rule.priority;
    return body;
  }

  Draft route_table(const LabRouteTable& table) const {
    const ResourceId id = top(Kind::RouteTable, table.name);
    const std::string pointer = "/routes/" + table.name;
    Draft draft{id,
                pointer,
                {},
                annotations_for(id, region_),
                present<RouteTable>(id),
                {{Kind::Route, {}}}};
    const auto present_names =
        names_by(id, Kind::Route, [](const Resource& route) { return route.as<Route>().prefix; });
    const auto names = choose_names(
        table.routes.size(),
        {[&](size_t i) { return table.routes[i].name; },
         [&](size_t i) { return found_or_empty(present_names, table.routes[i].prefix); },
         [&](size_t i) { return default_route_name(table.routes[i].prefix); }});
    for (size_t i = 0; i < names.size(); ++i) {
      const LabRoute& route = table.routes[i];
      draft.children[0].items.push_back({below(id, Kind::Route, names[i]),
                                         fmt::format("{}/{}", pointer, i),
                                         {},
                                         nullptr,
                                         Route{route.prefix, route.next, route.address},
                                         {}});
    }
    return draft;
  }

  Draft virtual_network(const LabNetwork& network) const {
    const ResourceId id = top(Kind::VirtualNetwork, network.name);
    auto body = present<VirtualNetwork>(id);
    body.address_space = network.prefixes;
    const std::string pointer = "/networks/" + network.name;
    const std::string& region = network.location.empty() ? region_ : network.location;
    Draft draft{id, pointer, {}, annotations_for(id, region), body, {{Kind::Subnet, {}}}};
    auto& subnets = draft.children[0].items;
    std::set<ResourceId> named_subnets;
    for (const LabSubnet& subnet : network.subnets) {
      const ResourceId child = below(id, Kind::Subnet, subnet.name);
      named_subnets.insert(child);
      subnets.push_back({child,
                         fmt::format("{}/subnets/{}", pointer, subnet.name),
                         {},
                         nullptr,
                         subnet_body(child, subnet),
                         {}});
    }
    if (prune_ == Prune::Delete) return draft;
    for (const Resource* subnet : model_.below(id, Kind::Subnet)) {
      if (!named_subnets.contains(subnet->id))
        subnets.push_back({subnet->id, pointer, {}, nullptr, subnet->body, {}});
    }
    return draft;
  }

  Subnet subnet_body(const ResourceId& id, const LabSubnet& subnet) const {
    auto body = present<Subnet>(id);
    body.prefix = subnet.prefix;
    body.route_table = subnet.routes.empty() ? ResourceId() : top(Kind::RouteTable, subnet.routes);
    body.access_control_list =
        subnet.acl.empty() ? ResourceId() : top(Kind::AccessControlList, subnet.acl);
    return body;
  }

  Draft peering(const LabPeering& side) const {
    const ResourceId local = top(Kind::VirtualNetwork, side.from);
    const ResourceId remote = top(Kind::VirtualNetwork, side.to);
    std::string name = side.name;
    const Resource* here = model_.find(local);
    const Resource* there = model_.find(remote);
    const Resource* present_side =
        here == nullptr || there == nullptr ? nullptr : peering_from(model_, *here, *there);
    if (name.empty() && present_side != nullptr) name = present_side->id.name();
    if (name.empty()) name = default_peering_name(side.from, side.to, document_.realm);
    const ResourceId id = below(local, Kind::Peering, name);
    auto body = present<Peering>(id);
    body.remote_virtual_network = remote;
    body.allow_virtual_network_access = side.flags.access;
    body.allow_forwarded_traffic = side.flags.forwarded;
    body.allow_gateway_transit = side.flags.transit;
    body.use_remote_gateways = side.flags.remote_gateway;
    return {id, side.pointer, {}, nullptr, body, {}};
  }

  Draft interface(const LabVm& vm) const {
    const ResourceId id = top(Kind::NetworkInterface, vm.name);
    auto body = present<NetworkInterface>(id);
    body.mac = vm.mac;
    body.mac_allocation = vm.mac ? Allocation::Static : Allocation::Dynamic;
    body.port_settings.mac_spoofing = vm.forward ? Toggle::Enabled : Toggle::Disabled;
    const std::string pointer = "/vms/" + vm.name;
    const ResourceId ip = below(id, Kind::IpConfiguration, ip_configuration_name(id, vm));
    auto address = present<IpConfiguration>(ip);
    address.address = vm.address;
    address.allocation = vm.allocation;
    address.subnet = below(top(Kind::VirtualNetwork, vm.network), Kind::Subnet, vm.subnet);
    address.access_control_list =
        vm.acl.empty() ? ResourceId() : top(Kind::AccessControlList, vm.acl);
    return {id,      pointer, {},
            nullptr, body,    {{Kind::IpConfiguration, {{ip, pointer, {}, nullptr, address, {}}}}}};
  }

  std::string ip_configuration_name(const ResourceId& nic, const LabVm& vm) const {
    if (!vm.ip_configuration.empty()) return vm.ip_configuration;
    const auto present_ones = model_.below(nic, Kind::IpConfiguration);
    if (present_ones.size() == 1) return std::string(present_ones.front()->id.name());
    return std::string(kDefaultIpConfigurationName);
  }

  // Pruning.

  template <class Items>
  std::set<ResourceId> named(Kind kind, const Items& items) const {
    std::set<ResourceId> ids;
    for (const auto& item : items) ids.insert(top(kind, item.name));
    return ids;
  }

  void erase_unnamed(Kind kind, const std::set<ResourceId>& names) {
    for (const Resource* resource : all_of(kind)) {
      if (!names.contains(resource->id)) erase(resource->id);
    }
  }

  // Addresses that the document gives to a machine; who has one now must let go of it first.
  struct Claims {
    std::map<std::pair<ResourceId, net::IpAddress>, ResourceId> addresses;
    std::map<net::Mac, ResourceId> macs;
  };
  Claims claimed() const {
    Claims claims;
    for (const LabVm& vm : document_.vms) {
      const ResourceId id = top(Kind::NetworkInterface, vm.name);
      const ResourceId subnet =
          below(top(Kind::VirtualNetwork, vm.network), Kind::Subnet, vm.subnet);
      if (vm.address) claims.addresses.emplace(std::pair(subnet, *vm.address), id);
      if (vm.mac) claims.macs.emplace(*vm.mac, id);
    }
    return claims;
  }
  bool holds_claimed(const Resource& nic, const Claims& claims) const {
    const auto& mac = nic.as<NetworkInterface>().mac;
    const auto mac_claim = mac ? claims.macs.find(*mac) : claims.macs.end();
    bool held = mac_claim != claims.macs.end() && mac_claim->second != nic.id;
    for (const Resource* ip : model_.below(nic.id, Kind::IpConfiguration)) {
      const IpConfiguration& body = ip->as<IpConfiguration>();
      if (!body.address) continue;
      const auto claim = claims.addresses.find(std::pair(body.subnet, *body.address));
      held = held || (claim != claims.addresses.end() && claim->second != nic.id);
    }
    return held;
  }

  bool lives_in(const Resource& nic, const std::set<ResourceId>& subnets) const {
    const auto addresses = model_.below(nic.id, Kind::IpConfiguration);
    return std::all_of(addresses.begin(), addresses.end(), [&subnets](const Resource* ip) {
      const ResourceId& subnet = ip->as<IpConfiguration>().subnet;
      return subnet.kind() != Kind::Subnet || subnets.contains(subnet);
    });
  }

  void delete_before() {
    std::set<ResourceId> subnets;
    for (const LabNetwork& network : document_.networks) {
      const ResourceId id = top(Kind::VirtualNetwork, network.name);
      for (const LabSubnet& subnet : network.subnets)
        subnets.insert(below(id, Kind::Subnet, subnet.name));
    }
    const auto vms = named(Kind::NetworkInterface, document_.vms);
    const Claims claims = claimed();
    for (const Resource* nic : all_of(Kind::NetworkInterface)) {
      const bool stays =
          vms.contains(nic->id) && !holds_claimed(*nic, claims) && lives_in(*nic, subnets);
      if (!stays) erase(nic->id);
    }
    for (const Resource* side : all_of(Kind::Peering)) {
      if (!keeps_peering(*side)) erase(side->id);
    }
  }

  // A side that the document turns to another network is deleted too: its remote network never
  // changes.
  bool keeps_peering(const Resource& side) {
    if (kept_sides_.empty()) {
      for (const Draft& draft : peerings_)
        kept_sides_.emplace(draft.id, draft.body.get<Peering>().remote_virtual_network);
    }
    return kept_sides_.contains({side.id, side.as<Peering>().remote_virtual_network});
  }

  void delete_after() {
    erase_unnamed(Kind::VirtualNetwork, named(Kind::VirtualNetwork, document_.networks));
    erase_unnamed(Kind::RouteTable, named(Kind::RouteTable, document_.route_tables));
    erase_unnamed(Kind::AccessControlList, named(Kind::AccessControlList, document_.access_lists));
  }

  const LabDocument& document_;
  const Model& model_;
  const Prune prune_;
  const ResourceId home_;  // what everything stands in: in Azure the group
  std::string region_;     // of it
  std::vector<Draft> peerings_;
  std::set<std::pair<ResourceId, ResourceId>> kept_sides_;
  Change change_;
};

}  // namespace

Change expand(const LabDocument& document, const Model& model, Prune prune) {
  return Expansion(document, model, prune).run();
}

ResourceId lab_group(std::string_view name, std::string_view subscription) {
  const auto home = ResourceId::make(Kind::Subscription, subscription, Realm::Azure);
  return below(*home, Kind::ResourceGroup, name.empty() ? kDefaultLabGroup : name);
}

Result<void> check_locations(const LabDocument& document, const Model& model) {
  if (document.realm != Realm::Azure) return {};
  for (const LabNetwork& network : document.networks) {
    const Resource* there = model.find(below(lab_group(document.group, document.subscription),
                                             Kind::VirtualNetwork, network.name));
    const std::string present =
        there == nullptr || !there->annotations ? "" : there->annotations->location;
    if (network.location.empty() || present.empty() || present == network.location) continue;
    return fail(ErrorCode::InvalidResourceLocation, "/networks/" + network.name,
                fmt::format("Network '{}' is in location '{}', and that never changes to '{}'.",
                            network.name, present, network.location),
                "Delete the network first, or leave its location as it is.");
  }
  return {};
}

}  // namespace isthmus::api::lab
