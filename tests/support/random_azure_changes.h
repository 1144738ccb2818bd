// Random changes of a small world in the Azure realm: networks that share address space, subnets of
// both families, peerings of networks and of subnets that are synchronised now and then, routes and
// interfaces. As random_changes.h is for the Network Controller's realm.
//
// Everything follows from the seed of the generator; a failing test prints it.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "controller/rules/change.h"

namespace isthmus::testing {

class RandomAzureChanges {
 public:
  explicit RandomAzureChanges(uint64_t seed) : random_(seed) {}

  // Makes the group that everything stands in: the first change of a life.
  static Change beginning() {
    Operation subscription;
    subscription.draft = {top_group().parent(), "", {}, nullptr, Subscription{}, {}};
    Operation group;
    group.draft = {top_group(), "", {}, somewhere(), ResourceGroup{}, {}};
    return {{std::move(subscription), std::move(group)}, "test", 0};
  }

  Change next() {
    Change change;
    change.who = "test";
    change.operations.push_back(operation());
    if (one_in(8)) change.operations.push_back(operation());
    return change;
  }
  // Of the peerings of n0 and n1 alone, with what they need.
  Change next_of_peerings() {
    Change change;
    change.who = "test";
    change.operations.push_back(one_in(6) ? operation() : peering_of(below(2), below(2)));
    return change;
  }

  uint32_t below(uint32_t bound) {
    return std::uniform_int_distribution<uint32_t>(0, bound - 1)(random_);
  }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  static constexpr uint32_t kNetworks = 4;
  static constexpr uint32_t kSubnets = 3;

  static ResourceId top_group() {
    return *ResourceId::parse(
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/lab", Realm::Azure);
  }
  static ResourceId top(Kind kind, const std::string& name) {
    return *top_group().child(kind, name);
  }
  static std::shared_ptr<const Annotations> somewhere() {
    Annotations annotations;
    annotations.location = "westeurope";
    return std::make_shared<const Annotations>(std::move(annotations));
  }
  static ResourceId network_id(uint32_t i) {
    return top(Kind::VirtualNetwork, fmt::format("n{}", i));
  }
  static std::string subnet_name(uint32_t i) { return fmt::format("s{}", i); }
  ResourceId route_table_id() { return top(Kind::RouteTable, fmt::format("r{}", below(2))); }

  Operation operation() {
    if (const uint32_t what = below(12); what > 4 && what < 9)
      return peering_of(below(kNetworks), below(kNetworks));
    Operation operation;
    operation.draft = draft();
    operation.verb = one_in(9) ? Verb::Delete : Verb::Put;
    return operation;
  }

  Draft draft() {
    switch (below(8)) {
      case 0:
      case 1:
        return network();
      case 2:
      case 3:
      case 4:
        return subnet(below(kNetworks));
      case 5:
        return {route_table_id(), "", {}, somewhere(), RouteTable{}, {}};
      case 6:
        return route(route_table_id());
      default:
        return interface();
    }
  }

  // Network i has 10.i.0.0/16, often one that others have, too, and often IPv6.
  Draft network() {
    const uint32_t i = below(kNetworks);
    VirtualNetwork body;
    body.address_space = {four(i, 0, 16)};
    if (one_in(3)) body.address_space.push_back(four(100, 0, 16));
    if (!one_in(3)) body.address_space.push_back(six(i, 0, 48));
    return {network_id(i), "", {}, somewhere(), body, {}};
  }

  static net::Prefix four(uint32_t second, uint32_t third, int length) {
    return net::Prefix::containing(net::IpAddress::v4(10u << 24 | second << 16 | third << 8),
                                   length);
  }
  static net::Prefix six(uint32_t network, uint32_t subnet, int length) {
    return *net::Prefix::parse(fmt::format("fd00:{}:0:{}::/{}", network, subnet, length));
  }

  Draft subnet(uint32_t network) {
    Subnet body;
    const int length = one_in(4) ? 25 : 24;
    std::vector<net::Prefix> prefixes = {four(one_in(6) ? 100 : network, below(4), length)};
    if (one_in(2)) prefixes.push_back(six(network, below(4), 64));
    body.prefix = prefixes.front();
    if (prefixes.size() > 1) body.azure.prefixes = prefixes;
    if (one_in(2)) body.route_table = route_table_id();
    return {*network_id(network).child(Kind::Subnet, subnet_name(below(kSubnets))),
            "",
            {},
            nullptr,
            body,
            {}};
  }

  // The first nearly always, the last seldom: so that both sides mean the same now and then.
  std::vector<std::string> names() {
    std::vector<std::string> names;
    if (!one_in(6)) names.push_back(subnet_name(0));
    if (one_in(3)) names.push_back(subnet_name(1));
    if (one_in(5)) names.push_back(subnet_name(2));
    return names;
  }

  Operation peering_of(uint32_t from, uint32_t to) {
    if (from == to) to = (from + 1) % kNetworks;
    Peering body;
    body.remote_virtual_network = network_id(to);
    body.allow_virtual_network_access = !one_in(6);
    body.allow_forwarded_traffic = one_in(2);
    // The type goes by the pair, so that both sides mostly agree; the third digit lets it change.
    body.azure.peer_complete_networks = one_in(12) || (from + to) % 3 == 0;
    if (!body.azure.peer_complete_networks || one_in(8)) {
      body.azure.local_subnet_names = names();
      body.azure.remote_subnet_names = names();
    }
    if ((from + to) % 3 == 2 && !one_in(12)) body.azure.only_ipv6 = from + to == 5;
    Operation operation;
    operation.draft = {*network_id(from).child(Kind::Peering, fmt::format("to-n{}", to)),
                       "",
                       {},
                       nullptr,
                       body,
                       {}};
    operation.verb = one_in(7) ? Verb::Delete : Verb::Put;
    operation.sync_remote_address_space = one_in(2);
    return operation;
  }

  net::IpAddress host() {
    return net::IpAddress::v4(10u << 24 | below(kNetworks) << 16 | below(4) << 8 | (4 + below(2)));
  }

  Draft route(const ResourceId& table) {
    static constexpr NextHopType kTypes[] = {NextHopType::VirtualAppliance,
                                             NextHopType::VirtualAppliance, NextHopType::None,
                                             NextHopType::VnetLocal, NextHopType::Internet};
    Route body;
    body.next_hop_type = kTypes[below(5)];
    if (body.next_hop_type == NextHopType::VirtualAppliance) body.next_hop = host();
    const int lengths[] = {0, 16, 24, 25, 32};
    body.prefix = net::Prefix::containing(host(), lengths[below(5)]);
    return {*table.child(Kind::Route, fmt::format("u{}", below(3))), "", {}, nullptr, body, {}};
  }

  Draft interface() {
    NetworkInterface body;
    body.azure.ip_forwarding = one_in(2);
    IpConfiguration ip;
    ip.subnet = *network_id(below(kNetworks)).child(Kind::Subnet, subnet_name(below(kSubnets)));
    ip.azure.is_primary = true;
    Draft draft{
        top(Kind::NetworkInterface, fmt::format("nic{}", below(8))), "", {}, somewhere(), body, {}};
    draft.children.push_back(
        {Kind::IpConfiguration,
         {Draft{*draft.id.child(Kind::IpConfiguration, "ip"), "", {}, nullptr, ip, {}}}});
    return draft;
  }

  std::mt19937_64 random_;
};

}  // namespace isthmus::testing
