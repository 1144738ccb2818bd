// Random forwarding programs and small changes of them, from one seed.
//
// Keys come from small ranges, so that two programs share many of them and differ in the rest.
#pragma once

#include <cstdint>
#include <random>

#include "dataplane/program.h"

namespace isthmus::test {

class RandomProgram {
 public:
  explicit RandomProgram(uint64_t seed) : random_(seed) {}

  dataplane::ForwardingProgram program() {
    dataplane::ForwardingProgram program;
    for (uint64_t i = 0; i < 4; ++i) change(program, 12);
    return program;
  }
  // `count` random insertions, replacements and removals.
  void change(dataplane::ForwardingProgram& program, int count) {
    for (int i = 0; i < count; ++i) change_one(program);
  }
  uint64_t below(uint64_t limit) { return random_() % limit; }
  bool one_in(uint64_t n) { return below(n) == 0; }

  dataplane::DomainId domain() { return static_cast<dataplane::DomainId>(1 + below(4)); }
  dataplane::PortId port_id() { return static_cast<dataplane::PortId>(1 + below(8)); }
  dataplane::AclId acl_id() { return static_cast<dataplane::AclId>(below(4)); }
  dataplane::Tag tag() { return static_cast<dataplane::Tag>(below(1000)); }
  // Inside 10.0.0.0/14 or fd00::/14, so that packets, routes and endpoints meet.
  net::IpAddress address() {
    const uint64_t low = below(4) << 16 | below(3) << 8 | below(6);
    if (one_in(4)) return net::IpAddress::v6({0xFD00000000000000 | low << 24, below(3)});
    return net::IpAddress::v4(static_cast<uint32_t>(0x0A000000 | low));
  }
  net::Prefix prefix() {
    const net::IpAddress base = address();
    constexpr int kLengths[] = {0, 8, 14, 16, 23, 24, 32};
    const int length = kLengths[below(std::size(kLengths))];
    return net::Prefix::containing(base, base.is_v4() ? length : length + 8 * (length > 8));
  }

 private:
  using Program = dataplane::ForwardingProgram;

  dataplane::Action action() {
    using Kind = dataplane::Action::Kind;
    const auto kind = one_in(2) ? Kind::Deliver : static_cast<Kind>(below(5));
    return {kind, domain(), kind == Kind::Appliance ? address() : net::IpAddress()};
  }
  dataplane::PeerPolicy policy() {
    dataplane::PeerPolicy policy{!one_in(4), one_in(2), {prefix()}, tag(), tag()};
    policy.lists_judge_forwarded = one_in(3);
    if (one_in(3)) policy.unsynchronised_prefixes = {prefix()};
    if (one_in(3)) policy.link = dataplane::Link{std::chrono::milliseconds(below(3)), 0, 0};
    return policy;
  }
  dataplane::NetworkRange range() { return {{prefix(), prefix()}, {prefix()}}; }
  dataplane::AddressMatch match() {
    using Kind = dataplane::AddressMatch::Kind;
    dataplane::AddressMatch match{static_cast<Kind>(below(5)), {}, {}};
    if (match.kind == Kind::In) match.prefix = prefix();
    if (match.kind != Kind::OneOf) return match;
    for (uint64_t i = below(4); i > 0; --i) match.addresses.push_back(address());
    std::sort(match.addresses.begin(), match.addresses.end());
    return match;
  }
  net::PortRange ports() {
    if (one_in(2)) return {};
    const auto first = static_cast<uint32_t>(below(4));
    return net::PortRange::make(first, first + static_cast<uint32_t>(below(3))).value();
  }
  dataplane::AccessList access_list() {
    dataplane::AccessList list;
    const auto end = static_cast<uint32_t>(100 + below(8));
    for (uint32_t priority = 100; priority < end; ++priority) {
      dataplane::AclRule rule;
      rule.priority = priority;
      rule.direction = static_cast<dataplane::Direction>(below(2));
      rule.action = static_cast<dataplane::AclAction>(below(2));
      if (one_in(2)) rule.protocol = one_in(2) ? net::IpProtocol::Tcp : net::IpProtocol::Icmp;
      rule.source = match();
      rule.destination = match();
      rule.source_ports = ports();
      rule.destination_ports = ports();
      rule.tag = tag();
      rule.is_default = one_in(3);
      list.rules.push_back(rule);
    }
    if (one_in(2)) list.inbound_default = static_cast<dataplane::AclAction>(below(2));
    if (one_in(2)) list.outbound_default = static_cast<dataplane::AclAction>(below(2));
    list.tag = tag();
    return list;
  }
  dataplane::Port port() {
    dataplane::Port port;
    port.mac = net::Mac::make(below(1 << 20)).value();
    port.may_forward = one_in(3);
    for (uint64_t more = below(3) + 1; more > 0; --more) {
      port.addresses.push_back({address(), table_key(), acl_id(), acl_id(),
                                net::Vni::make(5000 + below(4)).value(), tag(), one_in(3)});
    }
    port.tag = tag();
    port.is_router = one_in(4);
    if (one_in(4)) port.mtu_bytes = 1280;
    return port;
  }
  dataplane::TableKey table_key() { return {domain(), static_cast<uint32_t>(below(3))}; }

  template <class Map, class Value>
  void set_or_erase(Map& map, const typename Map::key_type& key, Value value) {
    if (one_in(4)) {
      map.erase(key);
    } else {
      map.insert_or_assign(key, std::move(value));
    }
  }
  void change_one(Program& program) {
    switch (below(10)) {
      case 0:
        return set_or_erase(program.policies, {domain(), domain()}, policy());
      case 1:
        return set_or_erase(program.endpoints, {domain(), address()}, port_id());
      case 2:
        return set_or_erase(program.ports, port_id(), port());
      case 3:
        return set_or_erase(program.access_lists, acl_id(), access_list());
      case 4:
        if (one_in(4)) program.tables.erase(table_key());
        return;
      case 5:
        return set_or_erase(program.ranges, table_key(), range());
      case 6:
        return set_or_erase(program.members, {port_id(), port_id()}, dataplane::Membership());
      default:
        return set_or_erase(program.tables[table_key()], prefix(), action());
    }
  }

  std::mt19937_64 random_;
};

}  // namespace isthmus::test
