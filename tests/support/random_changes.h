// Random changes of a small world, so that networks overlap, peer, meet the same names again and
// are refused often.
//
// Everything follows from the seed of the generator; a failing test prints it.
#pragma once

#include <fmt/format.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "controller/rules/change.h"

namespace isthmus::testing {

class RandomChanges {
 public:
  explicit RandomChanges(uint64_t seed) : random_(seed) {}

  Change next() {
    Change change;
    change.who = "test";
    change.operations.push_back(operation());
    if (one_in(8)) change.operations.push_back(operation());
    return change;
  }

  uint32_t below(uint32_t bound) {
    return std::uniform_int_distribution<uint32_t>(0, bound - 1)(random_);
  }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  Operation operation() {
    Operation operation;
    operation.draft = draft();
    operation.verb = one_in(7) ? Verb::Delete : Verb::Put;
    if (operation.draft.id.kind() == Kind::VirtualNetwork && one_in(2)) {
      operation.links.emplace();  // in one direction alone, which no document says
      for (uint32_t i = 0; i < kNetworks; ++i) {
        if (operation.draft.id != network_id(i) && one_in(2))
          operation.links->push_back(
              {network_id(i), below(3), below(3), below(2) * 1'000'000'000ull});
      }
    }
    return operation;
  }

  Draft draft() {
    switch (below(10)) {
      case 0:
        return network();
      case 1:
      case 2:
        return subnet(network_id(below(kNetworks)));
      case 3:
      case 4:
      case 5:
        return peering();
      case 6:
        return route_table();
      case 7:
        return route(route_table_id());
      case 8:
        return access_list();
      default:
        return interface();
    }
  }

  static constexpr uint32_t kNetworks = 5;

  static ResourceId top(Kind kind, const std::string& name) {
    return *ResourceId::make(kind, name);
  }
  static ResourceId network_id(uint32_t i) {
    return top(Kind::VirtualNetwork, fmt::format("n{}", i));
  }
  ResourceId route_table_id() { return top(Kind::RouteTable, fmt::format("r{}", below(3))); }
  ResourceId access_list_id() { return top(Kind::AccessControlList, fmt::format("a{}", below(3))); }
  template <class Id>
  ResourceId maybe(Id id) {
    return one_in(2) ? id : ResourceId();
  }

  // Network i lives in 10.i.0.0/16; a few take the space of another, and some have a second prefix.
  net::Prefix space(uint32_t i) {
    return net::Prefix::containing(net::IpAddress::v4(10u << 24 | i << 16), 16);
  }

  Draft network() {
    const uint32_t i = below(kNetworks);
    VirtualNetwork body;
    body.address_space = {space(one_in(6) ? below(kNetworks) : i)};
    if (one_in(4)) body.address_space.push_back(space(100 + below(4)));
    Draft draft{network_id(i), "", {}, nullptr, body, {}};
    if (one_in(2)) draft.children.push_back({Kind::Subnet, {subnet(draft.id)}});
    return draft;
  }

  Draft subnet(const ResourceId& network) {
    Subnet body;
    const uint32_t i =
        one_in(8) ? below(kNetworks) : static_cast<uint32_t>(network.name()[1] - '0');
    const int length = one_in(5) ? 25 : 24;
    const uint32_t third = below(2);
    const uint32_t half = length == 25 ? below(2) << 7 : 0;
    body.prefix = net::Prefix::containing(
        net::IpAddress::v4(10u << 24 | i << 16 | third << 8 | half), length);
    body.route_table = maybe(route_table_id());
    body.access_control_list = maybe(access_list_id());
    return {*network.child(Kind::Subnet, fmt::format("s{}", below(3))), "", {}, nullptr, body, {}};
  }

  Draft peering() {
    const uint32_t from = below(kNetworks);
    const uint32_t to = below(kNetworks);
    Peering body;
    body.remote_virtual_network = network_id(to);
    body.allow_virtual_network_access = !one_in(6);
    body.allow_forwarded_traffic = one_in(2);
    return {*network_id(from).child(Kind::Peering, fmt::format("to-n{}", to)),
            "",
            {},
            nullptr,
            body,
            {}};
  }

  net::IpAddress host() {
    return net::IpAddress::v4(10u << 24 | below(kNetworks) << 16 | below(2) << 8 | (4 + below(2)));
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
    return {*table.child(Kind::Route, fmt::format("u{}", below(4))), "", {}, nullptr, body, {}};
  }

  Draft route_table() {
    Draft draft{route_table_id(), "", {}, nullptr, RouteTable{}, {}};
    if (one_in(2)) draft.children.push_back({Kind::Route, {route(draft.id)}});
    return draft;
  }

  Draft access_list() {
    AclRule rule;
    rule.type = one_in(2) ? RuleType::Inbound : RuleType::Outbound;
    rule.action = one_in(2) ? RuleAction::Allow : RuleAction::Deny;
    rule.priority = 100 + below(5);
    Draft draft{access_list_id(), "", {}, nullptr, AccessControlList{}, {}};
    const ResourceId id = *draft.id.child(Kind::AclRule, fmt::format("x{}", below(2)));
    draft.children.push_back({Kind::AclRule, {Draft{id, "", {}, nullptr, rule, {}}}});
    return draft;
  }

  Draft interface() {
    NetworkInterface body;
    if (one_in(3)) body.port_settings.mac_spoofing = Toggle::Enabled;
    IpConfiguration ip;
    ip.subnet = *network_id(below(kNetworks)).child(Kind::Subnet, fmt::format("s{}", below(3)));
    if (one_in(2)) ip.address = host();
    ip.access_control_list = maybe(access_list_id());
    Draft draft{
        top(Kind::NetworkInterface, fmt::format("nic{}", below(8))), "", {}, nullptr, body, {}};
    draft.children.push_back(
        {Kind::IpConfiguration,
         {Draft{*draft.id.child(Kind::IpConfiguration, fmt::format("ip{}", below(2))),
                "",
                {},
                nullptr,
                ip,
                {}}}});
    return draft;
  }

  std::mt19937_64 random_;
};

}  // namespace isthmus::testing
