#include "controller/program/values.h"

#include <algorithm>

#include "controller/model/networks.h"
#include "controller/model/security_rules.h"
#include "controller/routes/routes.h"

namespace isthmus::program {
namespace {

using dataplane::AccessList;
using dataplane::Action;
using dataplane::PeerPolicy;
using dataplane::Port;
using dataplane::TableKey;

const Resource* find_referenced(const Model& model, const ResourceId& id) {
  return id.empty() ? nullptr : model.find(id);
}

void sort_unique(std::vector<TableKey>& keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

Action action_of(const RouteCandidate& route, const Resource& network) {
  switch (route.next_hop) {
    case NextHop::VnetLocal:
    case NextHop::VirtualNetworkPeering:
      return {Action::Kind::Deliver, domain_of(*route.network), {}};
    case NextHop::VirtualAppliance:  // one that nothing holds is looked for at home, and not found
      return {Action::Kind::Appliance, domain_of(route.network ? *route.network : network),
              *route.next_hop_address};
    case NextHop::VirtualNetworkGateway:
      return {Action::Kind::Gateway, domain_of(network), {}};
    case NextHop::Internet:
      return {Action::Kind::Internet, {}, {}};
    case NextHop::None:
      return {Action::Kind::None, {}, {}};
  }
  return {};
}

// Does a user route of this or a directly peered network name the address as an appliance?
// (decisions: N17)
bool is_next_hop(const Model& model, const Resource& network, net::IpAddress address) {
  for (const Resource* route : model.routes_via(net::Prefix::host(address))) {
    for (const TableKey& table : tables_using(model, *model.find(route->id.parent()))) {
      const Resource* holder = network_holding(model, {*resource_of(model, table.domain)}, address);
      if (holder != nullptr && holder->serial == network.serial) return true;
    }
  }
  return false;
}

dataplane::AclId acl_id(const Model& model, const ResourceId& id) {
  const Resource* acl = find_referenced(model, id);
  return acl == nullptr ? dataplane::kNoAcl : dataplane::AclId{acl->serial};
}

std::optional<net::IpProtocol> protocol_of(RuleProtocol protocol) {
  switch (protocol) {
    case RuleProtocol::All:
      return std::nullopt;
    case RuleProtocol::Tcp:
      return net::IpProtocol::Tcp;
    case RuleProtocol::Udp:
      return net::IpProtocol::Udp;
    case RuleProtocol::Icmp:
      return net::IpProtocol::Icmp;
    case RuleProtocol::Icmpv6:
      return net::IpProtocol::Icmpv6;
    case RuleProtocol::Gre:
      return net::IpProtocol::Gre;
    case RuleProtocol::Esp:
      return net::IpProtocol::Esp;
  }
  return std::nullopt;
}

// ICMP of both families, where the addresses do not tell which.
std::vector<std::optional<net::IpProtocol>> protocols_of(SecurityProtocol protocol) {
  switch (protocol) {
    case SecurityProtocol::Any:
      return {std::nullopt};
    case SecurityProtocol::Tcp:
      return {net::IpProtocol::Tcp};
    case SecurityProtocol::Udp:
      return {net::IpProtocol::Udp};
    case SecurityProtocol::Icmp:
      return {net::IpProtocol::Icmp, net::IpProtocol::Icmpv6};
    case SecurityProtocol::Esp:
      return {net::IpProtocol::Esp};
    case SecurityProtocol::Ah:
      return {static_cast<net::IpProtocol>(51)};  // IANA "Assigned Internet Protocol Numbers"
  }
  return {};
}

dataplane::AddressMatch match_of(const AclAddress& address) {
  using Kind = dataplane::AddressMatch::Kind;
  switch (address.kind) {
    case AclAddress::Kind::Any:
      return {Kind::Any, {}, {}};
    case AclAddress::Kind::In:
      return {Kind::In, address.prefix, {}};
    case AclAddress::Kind::VirtualNetwork:
      return {Kind::VirtualNetwork, {}, {}};
    case AclAddress::Kind::Internet:
      return {Kind::Internet, {}, {}};
    case AclAddress::Kind::Service:
      break;
  }
  // The load balancer's probes come from the platform; nothing here has another service's address.
  if (address.service == "AzureLoadBalancer") return {Kind::In, platform_address(), {}};
  return {Kind::OneOf, {}, {}};
}

std::optional<dataplane::AclAction> default_of(const std::optional<DefaultAction>& action) {
  if (!action) return std::nullopt;
  return *action == DefaultAction::Permit ? dataplane::AclAction::Permit
                                          : dataplane::AclAction::Deny;
}

// The addresses of the interfaces that carry one of the tags.
dataplane::AddressMatch match_of(const Model& model, const std::vector<ResourceId>& tags) {
  dataplane::AddressMatch match{dataplane::AddressMatch::Kind::OneOf, {}, {}};
  for (const ResourceId& tag : tags) {
    for (const Resource* nic : model.referrers(*model.find(tag), Kind::NetworkInterface)) {
      for (const Resource* ip : model.below(nic->id, Kind::IpConfiguration)) {
        const auto& address = ip->as<IpConfiguration>().address;
        if (address) match.addresses.push_back(*address);
      }
    }
  }
  std::sort(match.addresses.begin(), match.addresses.end());
  match.addresses.erase(std::unique(match.addresses.begin(), match.addresses.end()),
                        match.addresses.end());
  return match;
}

dataplane::AddressMatch match_of(const Model& model, const AclAddress& address,
                                 const std::vector<ResourceId>& tags) {
  return tags.empty() ? match_of(address) : match_of(model, tags);
}

dataplane::Direction direction_of(const AclRule& rule) {
  return rule.type == RuleType::Inbound ? dataplane::Direction::Inbound
                                        : dataplane::Direction::Outbound;
}
dataplane::AclAction action_of(const AclRule& rule) {
  return rule.action == RuleAction::Allow ? dataplane::AclAction::Permit
                                          : dataplane::AclAction::Deny;
}

dataplane::AclRule compiled(const Model& model, const Resource& resource) {
  const AclRule& rule = resource.as<AclRule>();
  return {rule.priority,
          direction_of(rule),
          action_of(rule),
          protocol_of(rule.protocol),
          match_of(model, rule.source, rule.source_tags),
          match_of(model, rule.destination, rule.destination_tags),
          rule.source_ports.range,
          rule.destination_ports.range,
          tag_of(resource),
          false,
          rule.logging == Toggle::Enabled};
}

// A security rule, which may name several of everything: a rule for each combination.
void add_security_rule(const AclRule& rule, dataplane::Tag tag, bool is_default, AccessList& list) {
  for (const auto& protocol : protocols_of(rule.azure.protocol)) {
    for (const AclAddress& source : sources_of(rule)) {
      for (const AclAddress& destination : destinations_of(rule)) {
        for (const AclPorts& source_ports : source_ports_of(rule)) {
          for (const AclPorts& destination_ports : destination_ports_of(rule)) {
            list.rules.push_back({rule.priority, direction_of(rule), action_of(rule), protocol,
                                  match_of(source), match_of(destination), source_ports.range,
                                  destination_ports.range, tag, is_default});
          }
        }
      }
    }
  }
}

void sort_rules(AccessList& list) {
  std::stable_sort(list.rules.begin(), list.rules.end(),
                   [](const dataplane::AclRule& a, const dataplane::AclRule& b) {
                     return std::pair(a.priority, a.tag) < std::pair(b.priority, b.tag);
                   });
}

AccessList security_group(const Model& model, const Resource& group) {
  AccessList list;
  list.tag = tag_of(group);
  for (const Resource* rule : model.below(group.id, Kind::AclRule))
    add_security_rule(rule->as<AclRule>(), tag_of(*rule), false, list);
  for (const DefaultSecurityRule& row : default_security_rules())
    add_security_rule(row.rule, list.tag, true, list);
  sort_rules(list);
  return list;
}

// What judges interfaces without a group: the default rules, as far as a peering's flag has to do
// with it. Whatever else leaves goes where the routes lead it.
AccessList list_without_group(const Model& model, const Resource& network) {
  AccessList list;
  list.tag = tag_of(network);
  for (const DefaultSecurityRule& row : default_security_rules()) {
    AclRule rule = row.rule;
    if (rule.type == RuleType::Inbound) {
      add_security_rule(rule, list.tag, true, list);
    } else if (rule.action == RuleAction::Deny) {
      for (const net::Prefix& prefix : prefixes_without_access(model, network)) {
        rule.destination = {AclAddress::Kind::In, prefix, false};
        add_security_rule(rule, list.tag, true, list);
      }
    }
  }
  sort_rules(list);
  return list;
}

// Of the prefixes of a subnet, that which an address is in.
net::Prefix prefix_around(const Subnet& subnet, net::IpAddress address) {
  const auto prefixes = prefixes_of(subnet);
  const auto found = std::find_if(prefixes.begin(), prefixes.end(), [&](const net::Prefix& prefix) {
    return prefix.contains(address);
  });
  return found == prefixes.end() ? subnet.prefix : *found;
}

dataplane::PortAddress address_in(const Model& model, const Resource& subnet,
                                  net::IpAddress address) {
  const Subnet& home = subnet.as<Subnet>();
  dataplane::PortAddress result;
  result.address = address;
  result.table = table_of_subnet(model, subnet);
  result.vni = home.virtual_subnet_id;
  result.subnet = prefix_around(home, address);
  result.router = router_of(result.subnet);
  result.both_lists_must_permit = subnet.id.realm() == Realm::Azure;
  return result;
}

// Access lists judge what interfaces send and receive, and the router is none: nothing keeps an
// interface from its own gateway but its own lists. In Azure a peering that does not give access
// does so by what the default rules deny, so that the router is judged as an interface without a
// group.
Port router_port(const Model& model, const Resource& subnet) {
  Port port;
  port.mac = dataplane::kRouterMac;
  port.is_router = true;
  port.tag = tag_of(subnet);
  port.name_servers = network_of(model, subnet).as<VirtualNetwork>().dns_servers;
  for (const net::Prefix& prefix : prefixes_of(subnet.as<Subnet>())) {
    dataplane::PortAddress address = address_in(model, subnet, router_of(prefix));
    address.tag = port.tag;
    if (address.both_lists_must_permit)
      address.subnet_acl = dataplane::AclId{network_of(model, subnet).serial};
    port.addresses.push_back(address);
  }
  return port;
}

}  // namespace

std::vector<TableKey> tables_of(const Model& model, const Resource& network) {
  std::vector<TableKey> keys = {{domain_of(network), 0}};
  for (const Resource* subnet : model.below(network.id, Kind::Subnet))
    keys.push_back(table_of_subnet(model, *subnet));
  sort_unique(keys);
  return keys;
}

TableKey table_of_subnet(const Model& model, const Resource& subnet) {
  if (peerings_naming(model, subnet).empty()) return shared_table_of_subnet(model, subnet);
  return {domain_of(network_of(model, subnet)), subnet.serial};
}

TableKey shared_table_of_subnet(const Model& model, const Resource& subnet) {
  const Resource* table = find_referenced(model, subnet.as<Subnet>().route_table);
  return {domain_of(network_of(model, subnet)), table == nullptr ? 0 : table->serial};
}

Viewpoint viewpoint_of(const Model& model, const Resource& network, TableKey key) {
  const Resource* found = key.route_table == 0 ? nullptr : model.find(key.route_table);
  if (found != nullptr && found->kind() == Kind::Subnet) return viewpoint_of(model, *found);
  return {network, found};
}

std::vector<TableKey> tables_using(const Model& model, const Resource& route_table) {
  std::vector<TableKey> keys;
  for (const Resource* subnet : model.referrers(route_table, Kind::Subnet)) {
    keys.push_back(table_of_subnet(model, *subnet));
  }
  sort_unique(keys);
  return keys;
}

bool table_exists(const Model& model, TableKey key) {
  const Resource* network = resource_of(model, key.domain);
  if (network == nullptr) return false;
  const auto keys = tables_of(model, *network);
  return std::binary_search(keys.begin(), keys.end(), key);
}

std::optional<Action> route(const Model& model, TableKey table, net::Prefix prefix) {
  const Resource* network = resource_of(model, table.domain);
  if (network == nullptr) return std::nullopt;
  const auto found = candidates(model, viewpoint_of(model, *network, table), prefix);
  if (found.empty()) return std::nullopt;
  return action_of(found.front(), *network);
}

std::optional<dataplane::Link> link_from(const Resource& network, const Resource& to) {
  const auto& links = network.as<VirtualNetwork>().links;
  if (!links) return std::nullopt;
  const auto found =
      std::lower_bound(links->begin(), links->end(), to.id,
                       [](const NetworkLink& link, const ResourceId& id) { return link.to < id; });
  if (found == links->end() || found->to != to.id) return std::nullopt;
  return dataplane::Link{std::chrono::microseconds(found->latency_us), found->loss_ppm,
                         found->rate_bits_per_second};
}

std::optional<PeerPolicy> policy(const Model& model, dataplane::PeerKey key) {
  const Resource* from = resource_of(model, key.from);
  const Resource* to = resource_of(model, key.to);
  if (from == nullptr || to == nullptr || !connected(model, *from, *to)) return std::nullopt;
  const Resource* sender = peering_from(model, *from, *to);
  const Resource* receiver = peering_from(model, *to, *from);
  PeerPolicy policy;
  policy.forwarded_allowed = receiver->as<Peering>().allow_forwarded_traffic;
  policy.receiver_tag = tag_of(*receiver);
  policy.link = link_from(*from, *to);
  policy.source_prefixes = peered_prefixes(model, *receiver, *from);
  std::sort(policy.source_prefixes.begin(), policy.source_prefixes.end());
  if (from->id.realm() == Realm::Azure) {  // flags move addresses in and out of a tag (range)
    policy.lists_judge_forwarded = true;
    const auto& synced = receiver->as<Peering>().azure.remote_address_space;
    for (const net::Prefix& prefix : prefixes_at(model, *receiver, PeeringEnd::Remote)) {
      if (std::find(synced.begin(), synced.end(), prefix) == synced.end())
        policy.unsynchronised_prefixes.push_back(prefix);
    }
    std::sort(policy.unsynchronised_prefixes.begin(), policy.unsynchronised_prefixes.end());
    return policy;
  }
  for (const Resource* side : {receiver, sender}) {
    if (side->as<Peering>().allow_virtual_network_access || !policy.access_allowed) continue;
    policy.access_allowed = false;
    policy.access_tag = tag_of(*side);
  }
  return policy;
}

std::optional<dataplane::PortId> endpoint(const Model& model, dataplane::EndpointKey key) {
  const Resource* network = resource_of(model, key.domain);
  if (network == nullptr) return std::nullopt;
  for (const Resource* subnet : model.subnets_containing(key.address)) {
    if (network_of(model, *subnet).serial != network->serial) continue;
    const Resource* ip = model.ip_configuration(*subnet, key.address);
    if (ip != nullptr) return dataplane::PortId{model.find(ip->id.parent())->serial};
    if (router_of(prefix_around(subnet->as<Subnet>(), key.address)) != key.address)
      return std::nullopt;
    return dataplane::PortId{subnet->serial};
  }
  return std::nullopt;
}

std::optional<Port> port(const Model& model, dataplane::PortId key) {
  const Resource* nic = resource_of(model, key);
  if (nic == nullptr) return std::nullopt;
  if (nic->kind() == Kind::Subnet) return router_port(model, *nic);
  const NetworkInterface& body = nic->as<NetworkInterface>();
  Port port;
  port.mac = body.mac.value_or(net::Mac());
  const bool in_azure = nic->id.realm() == Realm::Azure;
  port.may_forward =
      in_azure ? body.azure.ip_forwarding : body.port_settings.mac_spoofing == Toggle::Enabled;
  port.tag = tag_of(*nic);
  port.name_servers = body.dns_servers;
  for (const Resource* configuration : model.below(nic->id, Kind::IpConfiguration)) {
    const IpConfiguration& ip = configuration->as<IpConfiguration>();
    const Resource* subnet = find_referenced(model, ip.subnet);
    if (subnet == nullptr || subnet->kind() != Kind::Subnet || !ip.address)
      continue;  // not on a virtual network
    const Resource& network = network_of(model, *subnet);
    dataplane::PortAddress address = address_in(model, *subnet, *ip.address);
    address.interface_acl =
        acl_id(model, in_azure ? body.azure.security_group : ip.access_control_list);
    address.subnet_acl = acl_id(model, subnet->as<Subnet>().access_control_list);
    address.tag = tag_of(*configuration);
    const bool has_list =
        address.interface_acl != dataplane::kNoAcl || address.subnet_acl != dataplane::kNoAcl;
    if (in_azure && !has_list) address.subnet_acl = dataplane::AclId{network.serial};
    const bool is_primary = in_azure && ip.azure.is_primary;
    port.addresses.insert(is_primary ? port.addresses.begin() : port.addresses.end(), address);
    if (!in_azure)  // there the interface says whether it forwards
      port.may_forward = port.may_forward || is_next_hop(model, network, *ip.address);
  }
  return port;
}

// (decisions: N28)
std::optional<dataplane::Membership> membership(const Model& model, dataplane::MemberKey key) {
  const Resource* subnet = resource_of(model, key.router);
  const Resource* nic = resource_of(model, key.member);
  if (subnet == nullptr || nic == nullptr || subnet->id.realm() == Realm::Azure)
    return std::nullopt;
  for (const Resource* configuration : model.below(nic->id, Kind::IpConfiguration)) {
    const IpConfiguration& ip = configuration->as<IpConfiguration>();
    if (ip.address && ip.subnet == subnet->id) return dataplane::Membership();
  }
  return std::nullopt;
}

std::optional<AccessList> access_list(const Model& model, dataplane::AclId key) {
  const Resource* acl = resource_of(model, key);
  if (acl == nullptr) return std::nullopt;
  if (acl->kind() == Kind::VirtualNetwork) return list_without_group(model, *acl);
  if (acl->id.realm() == Realm::Azure) return security_group(model, *acl);
  AccessList list;
  list.inbound_default = default_of(acl->as<AccessControlList>().inbound_default);
  list.outbound_default = default_of(acl->as<AccessControlList>().outbound_default);
  list.tag = tag_of(*acl);
  for (const Resource* rule : model.below(acl->id, Kind::AclRule))
    list.rules.push_back(compiled(model, *rule));
  std::sort(list.rules.begin(), list.rules.end(),
            [](const dataplane::AclRule& a, const dataplane::AclRule& b) {
              return std::pair(a.priority, a.tag) < std::pair(b.priority, b.tag);
            });
  return list;
}

std::optional<dataplane::NetworkRange> range(const Model& model, TableKey key) {
  const Resource* network = resource_of(model, key.domain);
  if (network == nullptr || network->id.realm() != Realm::Azure || !table_exists(model, key))
    return std::nullopt;
  return dataplane::NetworkRange{virtual_network_tag(model, viewpoint_of(model, *network, key)),
                                 never_internet(model, *network)};
}

std::vector<net::Prefix> prefixes(const Model& model, TableKey table) {
  const Resource* network = resource_of(model, table.domain);
  if (network == nullptr) return {};
  return routed_prefixes(model, viewpoint_of(model, *network, table));
}

}  // namespace isthmus::program
