#include "dataplane/acl/access_list.h"

#include <gtest/gtest.h>

#include "tests/support/random_program.h"

namespace isthmus::dataplane {
namespace {

using By = AclDecision::By;
using net::IpProtocol;

net::IpAddress address(const char* text) { return net::IpAddress::parse(text).value(); }
AddressMatch in(const char* text) {
  return {AddressMatch::Kind::In, net::Prefix::parse(text).value()};
}

struct TenDot final : VirtualNetworkRange {
  bool contains(const net::IpAddress& any) const override {
    return net::Prefix::parse("10.0.0.0/15").value().contains(any);
  }
};
const TenDot kTenDot;

AclSubject tcp(const char* from, const char* to, uint16_t port) {
  return {{address(from), address(to), IpProtocol::Tcp, 40000, port}};
}

AclRule rule(uint32_t priority, AclAction action, Tag tag) {
  AclRule result;
  result.priority = priority;
  result.action = action;
  result.tag = tag;
  return result;
}

TEST(AccessList, NoListPermits) {
  const AclDecision decision =
      evaluate(nullptr, nullptr, Direction::Inbound, tcp("10.0.0.1", "10.0.0.2", 80), kTenDot);
  EXPECT_EQ(decision, (AclDecision{AclAction::Permit, By::NoList, Tag::None, 0}));
}

TEST(AccessList, InterfaceRuleOverridesTheSubnet) {
  AccessList interface_list;
  interface_list.rules = {rule(4000, AclAction::Permit, Tag{1})};
  AccessList subnet_list;
  subnet_list.rules = {rule(100, AclAction::Deny, Tag{2})};
  const CompiledAccessList nic(interface_list);
  const CompiledAccessList subnet(subnet_list);
  const AclSubject subject = tcp("10.0.0.1", "10.0.0.2", 80);
  EXPECT_EQ(evaluate(&nic, &subnet, Direction::Inbound, subject, kTenDot),
            (AclDecision{AclAction::Permit, By::InterfaceRule, Tag{1}, 4000}));
  EXPECT_EQ(evaluate(nullptr, &subnet, Direction::Inbound, subject, kTenDot),
            (AclDecision{AclAction::Deny, By::SubnetRule, Tag{2}, 100}));
  EXPECT_EQ(evaluate(&nic, &subnet, Direction::Outbound, subject, kTenDot).by, By::NoList);
}

TEST(AccessList, DefaultsComeAfterBothListsRules) {
  AccessList interface_list;
  interface_list.inbound_default = AclAction::Deny;
  interface_list.tag = Tag{7};
  AccessList subnet_list;
  subnet_list.rules = {rule(100, AclAction::Permit, Tag{2})};
  subnet_list.rules[0].destination_ports = net::PortRange::make(80, 80).value();
  subnet_list.outbound_default = AclAction::Deny;
  subnet_list.tag = Tag{8};
  const CompiledAccessList nic(interface_list);
  const CompiledAccessList subnet(subnet_list);
  EXPECT_EQ(evaluate(&nic, &subnet, Direction::Inbound, tcp("10.0.0.1", "10.0.0.2", 80), kTenDot),
            (AclDecision{AclAction::Permit, By::SubnetRule, Tag{2}, 100}));
  EXPECT_EQ(evaluate(&nic, &subnet, Direction::Inbound, tcp("10.0.0.1", "10.0.0.2", 81), kTenDot),
            (AclDecision{AclAction::Deny, By::InterfaceDefault, Tag{7}, 0}));
  EXPECT_EQ(evaluate(&nic, &subnet, Direction::Outbound, tcp("10.0.0.1", "10.0.0.2", 81), kTenDot),
            (AclDecision{AclAction::Deny, By::SubnetDefault, Tag{8}, 0}));
}

TEST(AccessList, EachFieldOfARuleIsCompared) {
  AccessList list;
  list.rules = {rule(100, AclAction::Deny, Tag{1})};
  AclRule& only = list.rules[0];
  only.protocol = IpProtocol::Tcp;
  only.source = in("10.0.0.0/24");
  only.destination = in("10.1.0.0/16");
  only.source_ports = net::PortRange::make(1024, 65535).value();
  only.destination_ports = net::PortRange::make(443, 444).value();
  const CompiledAccessList compiled(list);
  struct Case {
    const char* what;
    net::FlowKey flow;
    bool has_ports;
    bool matches;
  };
  const net::IpAddress from = address("10.0.0.7");
  const net::IpAddress to = address("10.1.2.3");
  const Case cases[] = {
      {"everything fits", {from, to, IpProtocol::Tcp, 1024, 443}, true, true},
      {"upper ends", {from, to, IpProtocol::Tcp, 65535, 444}, true, true},
      {"protocol", {from, to, IpProtocol::Udp, 1024, 443}, true, false},
      {"source", {address("10.0.1.7"), to, IpProtocol::Tcp, 1024, 443}, true, false},
      {"destination", {from, address("10.2.0.0"), IpProtocol::Tcp, 1024, 443}, true, false},
      {"source port", {from, to, IpProtocol::Tcp, 1023, 443}, true, false},
      {"destination port", {from, to, IpProtocol::Tcp, 1024, 445}, true, false},
      {"no ports to see", {from, to, IpProtocol::Tcp, 1024, 443}, false, false},
      {"family", {address("a00::7"), address("a01::"), IpProtocol::Tcp, 1024, 443}, true, false},
  };
  for (const Case& c : cases) {
    const AclRule* found = compiled.first_match(Direction::Inbound, {c.flow, c.has_ports}, kTenDot);
    EXPECT_EQ(found != nullptr, c.matches) << c.what;
  }
}

TEST(AccessList, ProtocolsWithoutPortsMatchOnlyEveryPort) {
  AccessList list;
  list.rules = {rule(100, AclAction::Deny, Tag{1}), rule(200, AclAction::Permit, Tag{2})};
  list.rules[0].destination_ports = net::PortRange::make(0, 4096).value();
  const CompiledAccessList compiled(list);
  // An echo request carries 8 << 8 where TCP has its port.
  const net::FlowKey ping{address("10.0.0.1"), address("10.0.0.2"), IpProtocol::Icmp, 1, 8 << 8};
  EXPECT_EQ(compiled.first_match(Direction::Inbound, {ping}, kTenDot)->tag, Tag{2});
}

TEST(AccessList, VirtualNetworkAndInternetDivideTheAddresses) {
  AccessList list;
  list.rules = {rule(100, AclAction::Permit, Tag{1}), rule(200, AclAction::Deny, Tag{2})};
  list.rules[0].source.kind = AddressMatch::Kind::VirtualNetwork;
  list.rules[1].source.kind = AddressMatch::Kind::Internet;
  const CompiledAccessList compiled(list);
  const auto tag_for = [&](const char* from) {
    return compiled.first_match(Direction::Inbound, tcp(from, "10.0.0.2", 80), kTenDot)->tag;
  };
  EXPECT_EQ(tag_for("10.1.255.255"), Tag{1});
  EXPECT_EQ(tag_for("10.2.0.0"), Tag{2});
}

TEST(AccessList, ARuleMayNameEveryAddressItMeans) {
  AccessList list;
  list.rules = {rule(100, AclAction::Deny, Tag{1}), rule(200, AclAction::Permit, Tag{2})};
  list.rules[0].source = {AddressMatch::Kind::OneOf, {}, {address("10.0.0.4"), address("fd00::4")}};
  const CompiledAccessList compiled(list);
  const auto tag_for = [&](const char* from, const char* to) {
    return compiled.first_match(Direction::Inbound, tcp(from, to, 80), kTenDot)->tag;
  };
  EXPECT_EQ(tag_for("10.0.0.4", "10.0.0.2"), Tag{1});
  EXPECT_EQ(tag_for("fd00::4", "fd00::2"), Tag{1});
  EXPECT_EQ(tag_for("10.0.0.5", "10.0.0.4"), Tag{2});
}

TEST(AccessList, LowestPriorityDecidesWhateverTheOrder) {
  AccessList list;
  list.rules = {rule(300, AclAction::Deny, Tag{3}), rule(100, AclAction::Permit, Tag{1})};
  const CompiledAccessList compiled(list);
  const AclSubject subject = tcp("10.0.0.1", "10.0.0.2", 80);
  EXPECT_EQ(compiled.first_match(Direction::Inbound, subject, kTenDot)->tag, Tag{1});
  EXPECT_EQ(compiled.source(), list);
}

// The rule's own words, one field after another, without masks and precomputation.
bool plainly_matches(const AclRule& rule, const AclSubject& subject) {
  const auto fits = [&](const AddressMatch& match, const net::IpAddress& any) {
    if (match.kind == AddressMatch::Kind::Any) return true;
    if (match.kind == AddressMatch::Kind::In) return match.prefix.contains(any);
    if (match.kind == AddressMatch::Kind::OneOf)
      return std::count(match.addresses.begin(), match.addresses.end(), any) > 0;
    return kTenDot.contains(any) == (match.kind == AddressMatch::Kind::VirtualNetwork);
  };
  const net::FlowKey& flow = subject.flow;
  const bool has_ports =
      subject.has_ports && (flow.protocol == IpProtocol::Tcp || flow.protocol == IpProtocol::Udp);
  const auto port_fits = [&](const net::PortRange& range, uint16_t port) {
    return range.is_any() || (has_ports && range.contains(port));
  };
  return (!rule.protocol || *rule.protocol == flow.protocol) && fits(rule.source, flow.source) &&
         fits(rule.destination, flow.destination) &&
         port_fits(rule.source_ports, flow.source_port) &&
         port_fits(rule.destination_ports, flow.destination_port);
}

class AccessListOracle : public testing::TestWithParam<uint64_t> {};

TEST_P(AccessListOracle, FirstMatchEqualsAScanOfTheRules) {
  SCOPED_TRACE(testing::Message() << "seed " << GetParam());
  test::RandomProgram random(GetParam());
  const ForwardingProgram program = random.program();
  for (const auto& [id, list] : program.access_lists) {
    const CompiledAccessList compiled(list);
    for (int i = 0; i < 200; ++i) {
      constexpr IpProtocol kProtocols[] = {IpProtocol::Tcp, IpProtocol::Udp, IpProtocol::Icmp};
      const AclSubject subject{
          {random.address(), random.address(), kProtocols[random.below(3)],
           static_cast<uint16_t>(random.below(8)), static_cast<uint16_t>(random.below(8))},
          !random.one_in(4)};
      for (const Direction direction : {Direction::Inbound, Direction::Outbound}) {
        const AclRule* expected = nullptr;
        for (const AclRule& candidate : list.rules) {
          if (candidate.direction != direction || !plainly_matches(candidate, subject)) continue;
          if (expected == nullptr || candidate.priority < expected->priority) expected = &candidate;
        }
        const AclRule* found = compiled.first_match(direction, subject, kTenDot);
        ASSERT_EQ(found == nullptr, expected == nullptr);
        if (found != nullptr) {
          ASSERT_EQ(*found, *expected);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AccessListOracle, testing::Range<uint64_t>(1, 51));

}  // namespace
}  // namespace isthmus::dataplane
