#include "api/control/lab/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "api/control/lab/expand.h"
#include "api/control/lab/links.h"
#include "controller/model/member_texts.h"
#include "controller/model/networks.h"
#include "controller/model/resources.h"
#include "controller/model/text.h"
#include "controller/rules/apply.h"
#include "controller/rules/fresh.h"

namespace isthmus::api::lab {
namespace {

// A name that the document need not write.
std::string unless_default(std::string_view name, std::string_view made) {
  return name == made ? "" : std::string(name);
}

// What a document is made of.
struct Of {
  const Model& model;
  const LabScope& scope;

  std::vector<const Resource*> all(Kind kind) const {
    if (scope.realm == Realm::Azure) return model.below(home(), kind);
    std::vector<const Resource*> found;
    for (const ResourcePtr& resource : model.collection(kind, Realm::Onprem))
      found.push_back(resource.get());
    return found;
  }
  ResourceId home() const {
    return scope.realm == Realm::Azure ? lab_group(scope.group, scope.subscription) : ResourceId();
  }
  // Stands in the document: in Azure, in its group.
  bool has(const ResourceId& id) const {
    return scope.realm == Realm::Onprem || home().contains(id);
  }
  std::string name_of(const ResourceId& id) const {
    return id.empty() || !has(id) ? "" : std::string(id.name());
  }
};

LabNetwork network_of_model(const Of& of, const Resource& resource) {
  LabNetwork network{std::string(resource.id.name()),
                     resource.as<VirtualNetwork>().address_space,
                     std::string(location_of(resource)),
                     {}};
  for (const Resource* subnet : of.model.below(resource.id, Kind::Subnet)) {
    const Subnet& body = subnet->as<Subnet>();
    network.subnets.push_back({std::string(subnet->id.name()), body.prefix,
                               of.name_of(body.route_table), of.name_of(body.access_control_list)});
  }
  return network;
}

LabPeering side_of_model(const Resource& peering) {
  const Peering& body = peering.as<Peering>();
  LabPeering side;
  side.from = peering.id.parent().name();
  side.to = body.remote_virtual_network.name();
  side.name = unless_default(peering.id.name(),
                             default_peering_name(side.from, side.to, peering.id.realm()));
  side.flags = {body.allow_virtual_network_access, body.allow_forwarded_traffic,
                body.allow_gateway_transit, body.use_remote_gateways};
  if (!is_subnet_peering(peering)) return side;
  side.only_ipv6 = body.azure.only_ipv6.value_or(false);
  for (const auto& [network, names] : {std::pair(side.from, body.azure.local_subnet_names),
                                       std::pair(side.to, body.azure.remote_subnet_names)}) {
    if (!names) continue;
    for (const std::string& name : *names) side.subnets.push_back(network + "/" + name);
  }
  return side;
}

// The same subnets in the order of the other side, so that one line can say both.
void say_as(const LabPeering& other, LabPeering& side) {
  auto sorted = side.subnets, sorted_other = other.subnets;
  std::sort(sorted.begin(), sorted.end());
  std::sort(sorted_other.begin(), sorted_other.end());
  if (sorted == sorted_other) side.subnets = other.subnets;
}

// Both sides of a peering stand together, at the first of them.
std::vector<LabPeering> peerings_of_model(const Of& of) {
  std::vector<LabPeering> sides;
  std::set<Serial> written;
  for (const Resource* peering : of.all(Kind::Peering)) {
    const bool leads_out = !of.has(peering->as<Peering>().remote_virtual_network);
    if (leads_out || !written.insert(peering->serial).second) continue;
    sides.push_back(side_of_model(*peering));
    const Resource* other = other_side(of.model, *peering);
    if (other == nullptr || !written.insert(other->serial).second) continue;
    LabPeering back = side_of_model(*other);
    say_as(sides.back(), back);
    sides.push_back(std::move(back));
  }
  return sides;
}

LabRouteTable route_table_of_model(const Model& model, const Resource& resource) {
  LabRouteTable table{std::string(resource.id.name()), {}};
  for (const Resource* route : model.below(resource.id, Kind::Route)) {
    const Route& body = route->as<Route>();
    table.routes.push_back({unless_default(route->id.name(), default_route_name(body.prefix)),
                            body.prefix, body.next_hop_type, body.next_hop});
  }
  std::sort(table.routes.begin(), table.routes.end(),
            [](const LabRoute& a, const LabRoute& b) { return a.prefix < b.prefix; });
  return table;
}

// Nothing where a document has no word for it. In Azure a rule may have several values of each.
std::optional<RuleProtocol> protocol_of_model(const Resource& rule) {
  const AclRule& body = rule.as<AclRule>();
  if (rule.id.realm() != Realm::Azure) return body.protocol;
  const AzureRuleSettings& azure = body.azure;
  if (!azure.sources.empty() || !azure.destinations.empty() || !azure.source_ports.empty() ||
      !azure.destination_ports.empty())
    return std::nullopt;
  switch (azure.protocol) {
    case SecurityProtocol::Any:
      return RuleProtocol::All;
    case SecurityProtocol::Tcp:
      return RuleProtocol::Tcp;
    case SecurityProtocol::Udp:
      return RuleProtocol::Udp;
    case SecurityProtocol::Icmp:
      return RuleProtocol::Icmp;
    case SecurityProtocol::Esp:
      return RuleProtocol::Esp;
    case SecurityProtocol::Ah:
      break;
  }
  return std::nullopt;
}

LabAccessList access_list_of_model(const Model& model, const Resource& resource) {
  const AccessControlList& list_body = resource.as<AccessControlList>();
  LabAccessList list{
      std::string(resource.id.name()), list_body.inbound_default, list_body.outbound_default, {}};
  for (const Resource* rule : model.below(resource.id, Kind::AclRule)) {
    const AclRule& body = rule->as<AclRule>();
    const auto protocol = protocol_of_model(*rule);
    if (!protocol) continue;
    list.rules.push_back(
        {unless_default(rule->id.name(), default_rule_name(body.type, body.priority)), body.action,
         body.type, *protocol, body.source, body.destination, body.source_ports,
         body.destination_ports, body.priority});
  }
  std::sort(list.rules.begin(), list.rules.end(), [](const LabRule& a, const LabRule& b) {
    return std::pair(a.type, a.priority) < std::pair(b.type, b.priority);
  });
  return list;
}

// Nothing where the short form has no word for the interface as a whole.
std::optional<LabVm> vm_of_model(const Of& of, const Resource& resource) {
  const auto addresses = of.model.below(resource.id, Kind::IpConfiguration);
  if (addresses.size() != 1) return std::nullopt;
  const IpConfiguration& ip = addresses.front()->as<IpConfiguration>();
  if (ip.subnet.kind() != Kind::Subnet || !of.has(ip.subnet)) return std::nullopt;
  const NetworkInterface& body = resource.as<NetworkInterface>();
  LabVm vm;
  vm.name = resource.id.name();
  vm.network = ip.subnet.parent().name();
  vm.subnet = ip.subnet.name();
  vm.address = ip.address;
  vm.allocation = ip.allocation;
  if (of.scope.realm == Realm::Azure) {
    vm.forward = body.azure.ip_forwarding;
    vm.acl = of.name_of(body.azure.security_group);
  } else {
    if (body.mac_allocation == Allocation::Static) vm.mac = body.mac;
    vm.forward = body.port_settings.mac_spoofing == Toggle::Enabled;
    vm.acl = of.name_of(ip.access_control_list);
  }
  vm.ip_configuration = unless_default(addresses.front()->id.name(), kDefaultIpConfigurationName);
  return vm;
}

// In Azure a machine with one interface, which stands in the group, too.
std::optional<LabVm> machine_of_model(const Of& of, const Resource& machine) {
  const auto& interfaces = machine.as<VirtualMachine>().interfaces;
  if (interfaces.size() != 1 || !of.has(interfaces.front().interface)) return std::nullopt;
  auto vm = vm_of_model(of, *of.model.find(interfaces.front().interface));
  if (!vm) return std::nullopt;
  vm->interface = unless_default(vm->name, machine.id.name());
  vm->name = machine.id.name();
  return vm;
}

// Leaves the addresses of one subnet out where allocation, in the order of expand(), gives the same
// ones; otherwise all of them are written.
void leave_out_allocated(net::Prefix subnet, Realm realm, const std::vector<LabVm*>& vms) {
  std::set<net::IpAddress> taken;
  for (const LabVm* vm : vms) {
    if (vm->allocation == Allocation::Static) taken.insert(*vm->address);
  }
  const auto [first, last] = usable_addresses(subnet, realm);
  net::IpAddress candidate = first;
  for (const LabVm* vm : vms) {
    if (vm->allocation == Allocation::Static) continue;
    while (taken.contains(candidate)) candidate = candidate.plus(1);
    if (vm->address != candidate) return;
    taken.insert(candidate);
  }
  for (LabVm* vm : vms) {
    if (vm->allocation == Allocation::Dynamic) vm->address.reset();
  }
}

void leave_out_allocated(const Of& of, std::vector<LabVm>& vms) {
  std::map<ResourceId, std::vector<LabVm*>> by_subnet;
  for (LabVm& vm : vms) {
    const ResourceId network = *of.home().child(Kind::VirtualNetwork, vm.network);
    by_subnet[*network.child(Kind::Subnet, vm.subnet)].push_back(&vm);
  }
  for (auto& [id, users] : by_subnet)
    leave_out_allocated(of.model.find(id)->as<Subnet>().prefix, of.scope.realm, users);
}

LabDocument document_of(const Of& of) {
  const Model& model = of.model;
  LabDocument document;
  document.realm = of.scope.realm;
  document.group = of.scope.group;
  document.subscription = of.scope.subscription;
  for (const Resource* network : of.all(Kind::VirtualNetwork))
    document.networks.push_back(network_of_model(of, *network));
  document.peerings = peerings_of_model(of);
  for (const Resource* table : of.all(Kind::RouteTable))
    document.route_tables.push_back(route_table_of_model(model, *table));
  for (const Resource* list : of.all(Kind::AccessControlList))
    document.access_lists.push_back(access_list_of_model(model, *list));
  const bool in_azure = of.scope.realm == Realm::Azure;
  for (const Resource* one : of.all(in_azure ? Kind::VirtualMachine : Kind::NetworkInterface)) {
    auto vm = in_azure ? machine_of_model(of, *one) : vm_of_model(of, *one);
    if (vm) document.vms.push_back(std::move(*vm));
  }
  leave_out_allocated(of, document.vms);
  document.links = links_of_model(document, model);
  return document;
}

// An address from a pool is anybody's; that the interface gets one is what counts.
bool is_allocated_anew(const Resource& resource, const std::string& member) {
  return resource.kind() == Kind::NetworkInterface && member == "privateMacAddress" &&
         resource.as<NetworkInterface>().mac_allocation == Allocation::Dynamic;
}

std::string differing_members(const Resource& resource, const Resource& made) {
  const auto wanted = member_texts(resource.id.realm(), resource.body, Told::WhatClientsWrite);
  const auto got = member_texts(made.id.realm(), made.body, Told::WhatClientsWrite);
  std::string members;
  std::string last;
  const auto add = [&](const std::string& member) {
    members += (members.empty() ? "" : ", ") + member;
    last = member;
  };
  for (const auto& [member, text] : wanted) {
    const auto found = got.find(member);
    const bool same = found != got.end() && found->second == text;
    const bool is_inside_last = !last.empty() && member.starts_with(last + ".");
    if (!same && !is_inside_last && !is_allocated_anew(resource, member)) add(member);
  }
  if (resource.kind() == Kind::Peering && resource.as<Peering>().state != made.as<Peering>().state)
    add(fmt::format("that it is {}", Text<PeeringState>::print(resource.as<Peering>().state)));
  if (resource.kind() == Kind::VirtualNetwork &&
      resource.as<VirtualNetwork>().links != made.as<VirtualNetwork>().links)
    add("links");
  if (location_of(resource) != location_of(made)) add("location");
  if (resource.annotations && !resource.annotations->metadata.empty()) add("resourceMetadata");
  if (resource.annotations && !resource.annotations->tags.empty()) add("tags");
  return members;
}

// Puts the document into a fresh controller, one operation after another, so that one that is
// refused hides nothing of the others.
Model made_of(const LabDocument& document, std::vector<std::string>& unsaid) {
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
  const Limits limits{kMost, kMost};
  Model model = make_fresh(Model(), FreshContents::Seeded, limits)->model;
  for (Operation& operation : expand(document, model, Prune::Keep).operations) {
    const std::string path = operation.draft.id.path();
    auto applied = apply(model, {{std::move(operation)}, {}}, limits);
    if (applied) {
      model = std::move(applied->model);
    } else {
      unsaid.push_back(
          fmt::format("{}: a fresh controller refuses it: {}", path, applied.error().message));
    }
  }
  return model;
}

}  // namespace

LabExport to_document(const Model& model, const LabScope& scope) {
  const Of of{model, scope};
  LabExport result{document_of(of), {}};
  const Model made = made_of(result.document, result.unsaid);
  for (const KindInfo& row : kinds_in(scope.realm)) {
    for (const Resource* resource : of.all(row.kind)) {
      const Resource* there = made.find(resource->id);
      const ResourceId parent = resource->id.parent();
      if (there == nullptr && !parent.empty() && made.find(parent) == nullptr)
        continue;  // said of the parent
      const std::string members =
          there == nullptr ? "all of it" : differing_members(*resource, *there);
      if (!members.empty())
        result.unsaid.push_back(fmt::format("{}: {}", resource->id.path(), members));
    }
  }
  return result;
}

std::string export_lab(const Model& model, const LabScope& scope) {
  const LabExport exported = to_document(model, scope);
  std::vector<std::string> comments = {
      "The networks of an Isthmus controller, as a lab document for `isthmus apply -f`.",
      "MAC addresses and virtual subnet ids that were allocated are not written: they are "
      "allocated anew.",
  };
  if (!exported.unsaid.empty()) {
    comments.emplace_back("");
    comments.emplace_back("Not in this document, since its short form cannot say it:");
    for (const std::string& line : exported.unsaid) comments.push_back("  " + line);
  }
  return print(exported.document, comments);
}

}  // namespace isthmus::api::lab
