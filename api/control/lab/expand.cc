#include "api/control/lab/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "api/arm/regions.h"
#include "api/control/lab/links.h"
#include "api/control/lab/prune.h"
#include "controller/model/networks.h"

namespace isthmus::api::lab {
namespace {

constexpr std::string_view kDefaultRegion = "westeurope";  // of a group whose networks name none

SecurityProtocol security_protocol(RuleProtocol protocol) {
  switch (protocol) {
    case RuleProtocol::Tcp:
      return SecurityProtocol::Tcp;
    case RuleProtocol::Udp:
      return SecurityProtocol::Udp;
    case RuleProtocol::Icmp:
      return SecurityProtocol::Icmp;
    case RuleProtocol::Esp:
      return SecurityProtocol::Esp;
    case RuleProtocol::All:
    case RuleProtocol::Icmpv6:
    case RuleProtocol::Gre:
      break;  // no word of a document in Azure
  }
  return SecurityProtocol::Any;
}

class Expansion {
 public:
  Expansion(const LabDocument& document, const Model& model, Prune prune)
      : document_(document), model_(model), prune_(prune), home_(lab_home(document)) {}

  Change run() {
    if (document_.realm == Realm::Azure) put_group();
    for (const LabPeering& side : document_.peerings) peerings_.push_back(peering(side));
    const Pruned pruned = prune_ == Prune::Delete ? prune(document_, model_, peerings_) : Pruned{};
    for (const ResourceId& id : pruned.before) erase(id);
    made_again_.insert(pruned.before.begin(), pruned.before.end());
    for (const LabAccessList& list : document_.access_lists) put(access_list(list));
    for (const LabRouteTable& table : document_.route_tables) put(route_table(table));
    const auto links = expand_links(document_, model_, prune_);
    for (const LabNetwork& network : document_.networks) {
      put(virtual_network(network));
      change_.operations.back().links = links.at(top(Kind::VirtualNetwork, network.name));
    }
    for (Draft& side : peerings_) {
      const bool names_others = changes_names(side);
      put(std::move(side));
      change_.operations.back().sync_remote_address_space = names_others;
    }
    for (const LabVm& vm : document_.vms) {
      if (vm.address) put(interface(vm));
    }
    for (const LabVm& vm : document_.vms) {
      if (!vm.address) put(interface(vm));
    }
    if (document_.realm == Realm::Azure) {
      for (const LabVm& vm : document_.vms) put(machine(vm));
    }
    for (const ResourceId& id : pruned.after) erase(id);
    return std::move(change_);
  }

 private:
  ResourceId top(Kind kind, std::string_view name) const { return below(home_, kind, name); }

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
    const bool stays = model_.find(id) != nullptr && !made_again_.contains(id);
    if (document_.realm == Realm::Onprem || stays) return nullptr;
    return std::make_shared<const Annotations>(Annotations{{}, {}, region});
  }

  // A network never moves; one that is made is where the document says, or where the group is.
  const std::string& region_of(std::string_view network) const {
    const Resource* stored = model_.find(top(Kind::VirtualNetwork, network));
    if (stored != nullptr && stored->annotations) return stored->annotations->location;
    for (const LabNetwork& named : document_.networks) {
      if (named.name == network && !named.location.empty()) return named.location;
    }
    return region_;
  }
  // Of what subnets and machines use: that of the first of them.
  const std::string& region_of_users(std::string LabSubnet::*member,
                                     const std::string& name) const {
    for (const LabNetwork& network : document_.networks) {
      for (const LabSubnet& subnet : network.subnets) {
        if (subnet.*member == name) return region_of(network.name);
      }
    }
    for (const LabVm& vm : document_.vms) {
      if (member == &LabSubnet::acl && vm.acl == name) return region_of(vm.network);
    }
    return region_;
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
    const auto annotations = annotations_for(id, region_of_users(&LabSubnet::acl, list.name));
    Draft draft{id, pointer, {}, annotations, body, {{Kind::AclRule, {}}}};
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
    if (document_.realm == Realm::Azure) {
      body.azure = {};  // a document says one value of each
      body.azure.protocol = security_protocol(rule.protocol);
    } else {
      body.protocol = rule.protocol;
    }
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
                annotations_for(id, region_of_users(&LabSubnet::routes, table.name)),
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
    if (document_.realm == Realm::Azure) name_subnets(side, body.azure);
    return {id, side.pointer, {}, nullptr, body, {}};
  }

  // Other subnets take part: they do when the peering is synchronised.
  bool changes_names(const Draft& side) const {
    const Resource* stored = model_.find(side.id);
    if (stored == nullptr || document_.realm != Realm::Azure) return false;
    const AzurePeeringSettings& was = stored->as<Peering>().azure;
    const AzurePeeringSettings& is = side.body.get<Peering>().azure;
    return was.local_subnet_names != is.local_subnet_names ||
           was.remote_subnet_names != is.remote_subnet_names;
  }

  static void name_subnets(const LabPeering& side, AzurePeeringSettings& azure) {
    azure.peer_complete_networks = side.subnets.empty();
    azure.local_subnet_names.reset();
    azure.remote_subnet_names.reset();
    if (side.only_ipv6 || azure.only_ipv6) azure.only_ipv6 = side.only_ipv6;
    if (side.subnets.empty()) return;
    azure.local_subnet_names.emplace();
    azure.remote_subnet_names.emplace();
    for (const std::string& subnet : side.subnets) {
      const size_t slash = subnet.find('/');
      auto& names = subnet.substr(0, slash) == side.from ? azure.local_subnet_names
                                                         : azure.remote_subnet_names;
      names->push_back(subnet.substr(slash + 1));
    }
  }

  Draft interface(const LabVm& vm) const {
    const ResourceId id = interface_id(home_, vm);
    const bool in_azure = document_.realm == Realm::Azure;
    const ResourceId acl = vm.acl.empty() ? ResourceId() : top(Kind::AccessControlList, vm.acl);
    auto body = present<NetworkInterface>(id);
    if (in_azure) {
      body.azure.ip_forwarding = vm.forward;
      body.azure.security_group = acl;
    } else {
      body.mac = vm.mac;
      body.mac_allocation = vm.mac ? Allocation::Static : Allocation::Dynamic;
      body.port_settings.mac_spoofing = vm.forward ? Toggle::Enabled : Toggle::Disabled;
    }
    const std::string pointer = "/vms/" + vm.name;
    const ResourceId ip = below(id, Kind::IpConfiguration, ip_configuration_name(id, vm));
    auto address = present<IpConfiguration>(ip);
    address.address = vm.address;
    address.allocation = vm.allocation;
    address.subnet = below(top(Kind::VirtualNetwork, vm.network), Kind::Subnet, vm.subnet);
    if (in_azure) {
      address.azure.is_primary = true;
      if (vm.address)
        address.azure.version = vm.address->is_v4() ? IpVersion::IPv4 : IpVersion::IPv6;
    } else {
      address.access_control_list = acl;
    }
    return {id,   pointer,
            {},   annotations_for(id, region_of(vm.network)),
            body, {{Kind::IpConfiguration, {{ip, pointer, {}, nullptr, address, {}}}}}};
  }

  // One that has the interface keeps those that it has besides.
  Draft machine(const LabVm& vm) const {
    const ResourceId id = top(Kind::VirtualMachine, vm.name);
    auto body = present<VirtualMachine>(id);
    const ResourceId interface = interface_id(home_, vm);
    const bool has_it = std::any_of(
        body.interfaces.begin(), body.interfaces.end(),
        [&](const AttachedInterface& attached) { return attached.interface == interface; });
    if (!has_it) body.interfaces = {AttachedInterface{interface, std::nullopt, ""}};
    return {id, "/vms/" + vm.name, {}, annotations_for(id, region_of(vm.network)), body, {}};
  }

  std::string ip_configuration_name(const ResourceId& nic, const LabVm& vm) const {
    if (!vm.ip_configuration.empty()) return vm.ip_configuration;
    const auto present_ones = model_.below(nic, Kind::IpConfiguration);
    if (present_ones.size() == 1) return std::string(present_ones.front()->id.name());
    return std::string(kDefaultIpConfigurationName);
  }

  const LabDocument& document_;
  const Model& model_;
  const Prune prune_;
  const ResourceId home_;  // what everything stands in: in Azure the group
  std::string region_;     // of it
  std::vector<Draft> peerings_;
  std::set<ResourceId> made_again_;  // or gone for good: what pruning deletes first
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

ResourceId lab_home(const LabDocument& document) {
  return document.realm == Realm::Azure ? lab_group(document.group, document.subscription)
                                        : ResourceId();
}

ResourceId below(const ResourceId& parent, Kind kind, std::string_view name) {
  return *parent.child(kind, name);
}

ResourceId interface_id(const ResourceId& home, const LabVm& vm) {
  return below(home, Kind::NetworkInterface, vm.interface.empty() ? vm.name : vm.interface);
}

Result<void> check_locations(const LabDocument& document, const Model& model) {
  if (document.realm != Realm::Azure) return {};
  for (const LabNetwork& network : document.networks) {
    const Resource* there =
        model.find(below(lab_home(document), Kind::VirtualNetwork, network.name));
    const std::string present =
        there == nullptr || !there->annotations ? "" : there->annotations->location;
    if (there == nullptr && !network.location.empty()) {
      auto region =
          arm::check_region(Kind::VirtualNetwork, network.location, "/networks/" + network.name);
      if (!region) return region;
    }
    if (network.location.empty() || present.empty() || present == network.location) continue;
    return fail(ErrorCode::InvalidResourceLocation, "/networks/" + network.name,
                fmt::format("Network '{}' is in location '{}', and that never changes to '{}'.",
                            network.name, present, network.location),
                "Delete the network first, or leave its location as it is.");
  }
  return {};
}

}  // namespace isthmus::api::lab
