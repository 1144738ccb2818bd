// Random lab documents that the rules accept: networks whose address spaces never meet, and
// everything else inside them. All follows from the seed; a failing test prints it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string>

#include "api/control/lab/document.h"

namespace isthmus::testing {

class RandomLab {
 public:
  explicit RandomLab(uint64_t seed, Realm realm = Realm::Onprem) : realm_(realm), random_(seed) {}

  api::lab::LabDocument next() {
    lab_ = {};
    lab_.realm = realm_;
    if (realm_ == Realm::Azure) lab_.group = "group";
    for (uint32_t i = below(3); i > 0; --i) lab_.access_lists.push_back(access_list());
    for (uint32_t i = below(3); i > 0; --i) lab_.route_tables.push_back(route_table());
    for (uint32_t i = below(6); i > 0; --i) lab_.networks.push_back(network());
    add_peerings();
    add_vms();
    add_links();
    add_expectations();
    return lab_;
  }

  uint32_t below(uint32_t bound) {
    return std::uniform_int_distribution<uint32_t>(0, bound - 1)(random_);
  }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  // Names that a careless printer would spoil are among them.
  std::string name(std::string_view stem, size_t number) {
    static constexpr std::string_view kOdd[] = {"1e5", "007", "yes",  "null", "true",
                                                "1.5", "On",  "both", "none"};
    std::string plain = fmt::format("{}-{}", stem, number);
    if (!one_in(6) || number >= std::size(kOdd)) return plain;
    return std::string(kOdd[number]);
  }
  template <class Items>
  std::string name_of_any(const Items& items) {
    return items.empty() || one_in(2) ? "" : items[below(static_cast<uint32_t>(items.size()))].name;
  }

  api::lab::LabAccessList access_list() {
    api::lab::LabAccessList list{name("acl", lab_.access_lists.size()), {}, {}, {}};
    if (realm_ == Realm::Onprem) {
      if (one_in(3)) list.inbound_default = one_in(2) ? DefaultAction::Deny : DefaultAction::Permit;
      if (one_in(4)) list.outbound_default = DefaultAction::Deny;
    }
    for (uint32_t i = below(4); i > 0; --i) list.rules.push_back(rule(list.rules.size()));
    // In the order that an export has.
    std::sort(list.rules.begin(), list.rules.end(), [](const auto& a, const auto& b) {
      return std::pair(a.type, a.priority) < std::pair(b.type, b.priority);
    });
    return list;
  }

  api::lab::LabRule rule(size_t number) {
    api::lab::LabRule rule;
    rule.priority = 100 + static_cast<uint32_t>(number) * 10;  // unique in the list
    if (one_in(3)) rule.name = fmt::format("rule-{}", number);
    rule.action = one_in(2) ? RuleAction::Deny : RuleAction::Allow;
    rule.type = one_in(3) ? RuleType::Outbound : RuleType::Inbound;
    rule.protocol = static_cast<RuleProtocol>(below(realm_ == Realm::Onprem ? 7 : 4));
    if (one_in(2)) rule.from = address_match();
    if (one_in(4) && rule.from.kind != AclAddress::Kind::In) rule.to = address_match();
    if (one_in(2)) rule.ports = {*net::PortRange::make(below(100), 100 + below(1000)), false};
    if (one_in(4)) rule.ports = {*net::PortRange::make(443, 443), false};
    if (one_in(5)) rule.from_ports = {net::PortRange(), false};
    return rule;
  }

  AclAddress address_match() {
    switch (below(5)) {
      case 0:
        return {AclAddress::Kind::VirtualNetwork, {}, false};
      case 1:
        return {AclAddress::Kind::Internet, {}, false};
      case 2:
        return {AclAddress::Kind::In,
                net::Prefix::host(net::IpAddress::v4(0x0A000000 + below(1u << 20))), true};
      case 3:
        return {AclAddress::Kind::In, net::Prefix::containing(*net::IpAddress::parse("fd00::"), 64),
                false};
      default:
        return {AclAddress::Kind::In, net::Prefix::containing(net::IpAddress::v4(0x0A000000), 16),
                false};
    }
  }

  api::lab::LabRouteTable route_table() {
    api::lab::LabRouteTable table{name("table", lab_.route_tables.size()), {}};
    for (uint32_t i = 0, count = below(4); i < count; ++i) {
      api::lab::LabRoute route;
      route.prefix = net::Prefix::containing(net::IpAddress::v4(0x0A000000 + (i << 16)), 16);
      if (one_in(3)) route.name = fmt::format("route-{}", i);
      route.next = static_cast<NextHopType>(below(5));
      if (route.next == NextHopType::VirtualAppliance)
        route.address = net::IpAddress::v4(0x0A000004 + (below(4) << 16));
      table.routes.push_back(route);
    }
    return table;
  }

  // Network n has 10.n.0.0/16 and perhaps fd00:n::/32; its subnets are inside.
  api::lab::LabNetwork network() {
    const auto n = static_cast<uint32_t>(lab_.networks.size());
    api::lab::LabNetwork network{name("net", n), {}, "", {}};
    const net::IpAddress v4 = net::IpAddress::v4(0x0A000000 + (n << 16));
    const net::IpAddress v6 = net::IpAddress::v6({0xFD00000000000000 + (uint64_t{n} << 32), 0});
    network.prefixes.push_back(*net::Prefix::make(v4, 16));
    if (one_in(3)) network.prefixes.push_back(*net::Prefix::make(v6, 32));
    for (uint32_t i = 0, count = below(4); i < count; ++i) {
      const net::Prefix prefix =
          net::Prefix::containing(v4.plus(i << 8), 24 + static_cast<int>(below(5)));
      network.subnets.push_back({name("subnet", i), prefix, name_of_any(lab_.route_tables),
                                 name_of_any(lab_.access_lists)});
    }
    return network;
  }

  void add_peerings() {
    for (size_t a = 0; a < lab_.networks.size(); ++a) {
      for (size_t b = a + 1; b < lab_.networks.size(); ++b) {
        if (one_in(2)) add_side(a, b);
        if (one_in(2)) add_side(b, a);
      }
    }
  }
  void add_side(size_t from, size_t to) {
    api::lab::LabPeering side;
    side.from = lab_.networks[from].name;
    side.to = lab_.networks[to].name;
    if (one_in(4)) side.name = fmt::format("towards-{}", to);
    side.flags.access = !one_in(4);
    side.flags.forwarded = one_in(2);
    side.flags.transit = one_in(4);
    if (realm_ == Realm::Azure) name_subnets(from, to, side);
    lab_.peerings.push_back(side);
  }
  // The pair decides, so that both sides are of one type; each names subnets of its own choice.
  void name_subnets(size_t from, size_t to, api::lab::LabPeering& side) {
    const bool has_both =
        !lab_.networks[from].subnets.empty() && !lab_.networks[to].subnets.empty();
    if (!has_both || (from + to) % 2 == 0) return;
    for (const size_t end : {from, to}) {
      for (const api::lab::LabSubnet& subnet : lab_.networks[end].subnets) {
        if (&subnet == &lab_.networks[end].subnets.front() || one_in(2))
          side.subnets.push_back(lab_.networks[end].name + "/" + subnet.name);
      }
    }
  }

  void add_vms() {
    for (const api::lab::LabNetwork& network : lab_.networks) {
      for (const api::lab::LabSubnet& subnet : network.subnets) {
        for (uint32_t i = 0, count = below(4); i < count; ++i) add_vm(network, subnet, i);
      }
    }
  }
  void add_vm(const api::lab::LabNetwork& network, const api::lab::LabSubnet& subnet, uint32_t i) {
    api::lab::LabVm vm;
    vm.name = fmt::format("vm-{}", lab_.vms.size());
    vm.network = network.name;
    vm.subnet = subnet.name;
    if (one_in(2)) {  // its own place, so that the rules accept it; /28 has room for it
      vm.address = subnet.prefix.address().plus(8 + i);
      vm.allocation = one_in(4) ? Allocation::Dynamic : Allocation::Static;
    }
    if (realm_ == Realm::Azure && one_in(3)) vm.interface = vm.name + "-nic";
    if (realm_ == Realm::Onprem && one_in(4))
      vm.mac = net::Mac::make(0x001122330000 + lab_.vms.size());
    vm.forward = one_in(3);
    vm.acl = name_of_any(lab_.access_lists);
    if (one_in(4)) vm.ip_configuration = "first";
    lab_.vms.push_back(vm);
  }

  void add_links() {
    for (size_t a = 0; a < lab_.networks.size(); ++a) {
      for (size_t b = 0; b < a; ++b) {
        if (!one_in(3)) continue;
        api::lab::LabLink link{lab_.networks[a].name, lab_.networks[b].name, {}, 0, 0};
        link.latency = std::chrono::microseconds(below(100'000));
        link.loss_ppm = below(1'000'001);
        if (one_in(2)) link.rate_bits_per_second = 1 + uint64_t{below(1000)} * 1'000'000'000;
        lab_.links.push_back(link);
      }
    }
  }

  // What apply does not look at; a document of one's own may have it.
  void add_expectations() {
    if (lab_.networks.size() < 2 || lab_.vms.empty() || !one_in(2)) return;
    // In Azure nothing moves to another region.
    if (one_in(2) && realm_ == Realm::Onprem) lab_.networks[0].location = "west";
    api::lab::LabExpectation expectation;
    expectation.from = lab_.vms[0].name;
    expectation.to = one_in(2) ? "10.0.0.4" : fmt::format("fd00::1@{}", lab_.networks[0].name);
    expectation.protocol = one_in(2) ? "any" : "udp";
    if (expectation.protocol == "udp") expectation.port = 53;
    expectation.result = one_in(2) ? api::lab::LabResult::Drop : api::lab::LabResult::Reach;
    if (expectation.result == api::lab::LabResult::Drop) expectation.reason = "acl-deny";
    lab_.expectations.push_back(expectation);
  }

  const Realm realm_;
  std::mt19937_64 random_;
  api::lab::LabDocument lab_;
};

}  // namespace isthmus::testing
