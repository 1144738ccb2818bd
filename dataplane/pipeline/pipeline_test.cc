#include "dataplane/pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "dataplane/dataplane.h"
#include "tests/support/frames.h"

namespace isthmus::dataplane {
namespace {

using net::IpProtocol;
using std::chrono::minutes;
using std::chrono::seconds;

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }
net::IpAddress address(const char* text) { return net::IpAddress::parse(text).value(); }
net::Mac mac_of(PortId port) { return net::Mac::make(static_cast<uint32_t>(port)).value(); }

// A hub with a firewall and two spokes that are peered with it, not with each other. Spoke routes
// lead to the other spoke through the firewall.
constexpr DomainId kHub{1};
constexpr DomainId kSpoke1{2};
constexpr DomainId kSpoke2{3};
constexpr PortId kFirewall{10};  // 10.0.0.4 in the hub
constexpr PortId kWeb{11};       // 10.1.0.4 in spoke 1
constexpr PortId kWeb2{12};      // 10.1.0.5, same subnet
constexpr PortId kApp{13};       // 10.1.1.4 in spoke 1, another subnet
constexpr PortId kDb{14};        // 10.2.0.4 in spoke 2

Action deliver_in(DomainId domain) { return {Action::Kind::Deliver, domain, {}}; }
Action via_firewall() { return {Action::Kind::Appliance, kHub, address("10.0.0.4")}; }

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    const auto add = [&](PortId id, DomainId domain, uint32_t table, const char* at, uint32_t vni) {
      Port port;
      port.mac = mac_of(id);
      port.addresses = {{address(at),
                         {domain, table},
                         kNoAcl,
                         kNoAcl,
                         net::Vni::make(vni).value(),
                         address_tag(id)}};
      port.tag = port_tag(id);
      program.ports[id] = port;
      program.endpoints[{domain, address(at)}] = id;
    };
    add(kFirewall, kHub, 0, "10.0.0.4", 5000);
    add(kWeb, kSpoke1, 1, "10.1.0.4", 5001);
    add(kWeb2, kSpoke1, 1, "10.1.0.5", 5001);
    add(kApp, kSpoke1, 0, "10.1.1.4", 5002);
    add(kDb, kSpoke2, 1, "10.2.0.4", 5003);
    program.ports[kFirewall].may_forward = true;

    auto& hub = program.tables[{kHub, 0}];
    hub = {{prefix("10.0.0.0/24"), deliver_in(kHub)},
           {prefix("10.1.0.0/16"), deliver_in(kSpoke1)},
           {prefix("10.2.0.0/16"), deliver_in(kSpoke2)}};
    auto& spoke1 = program.tables[{kSpoke1, 0}];
    spoke1 = {{prefix("10.1.0.0/16"), deliver_in(kSpoke1)},
              {prefix("10.0.0.0/24"), deliver_in(kHub)}};
    program.tables[{kSpoke1, 1}] = spoke1;
    program.tables[{kSpoke1, 1}][prefix("10.2.0.0/16")] = via_firewall();
    auto& spoke2 = program.tables[{kSpoke2, 1}];
    spoke2 = {{prefix("10.2.0.0/16"), deliver_in(kSpoke2)},
              {prefix("10.0.0.0/24"), deliver_in(kHub)},
              {prefix("10.1.0.0/16"), via_firewall()}};

    const auto peer = [&](DomainId from, DomainId to, const char* prefixes, uint32_t tag) {
      program.policies[{from, to}] = {true, true, {prefix(prefixes)}, Tag{tag}, Tag::None};
    };
    peer(kHub, kSpoke1, "10.0.0.0/16", 101);
    peer(kHub, kSpoke2, "10.0.0.0/16", 102);
    peer(kSpoke1, kHub, "10.1.0.0/16", 103);
    peer(kSpoke2, kHub, "10.2.0.0/16", 104);
  }

  static Tag port_tag(PortId id) { return Tag{1000 + static_cast<uint32_t>(id)}; }
  static Tag address_tag(PortId id) { return Tag{2000 + static_cast<uint32_t>(id)}; }

  // The packet from the port's own address, by default a TCP SYN to port 443.
  Packet packet(PortId from, const char* to, uint16_t port = 443) const {
    const Port& sender = program.ports.at(from);
    Packet result;
    result.ingress = from;
    result.flow = {sender.addresses[0].address, address(to), IpProtocol::Tcp, 40000, port};
    result.source_mac = sender.mac;
    result.size_bytes = 100;
    return result;
  }
  static Packet reply_to(const Packet& sent, PortId from) {
    Packet result = sent;
    result.ingress = from;
    result.flow = sent.flow.reversed();
    result.source_mac = mac_of(from);
    return result;
  }
  static Packet forwarded(const Packet& sent, PortId by) {
    Packet result = sent;
    result.ingress = by;
    result.source_mac = mac_of(by);
    return result;
  }

  Verdict send(const Packet& sent, Time now = Time{}) {
    program_dataplane();
    Verdict verdict;
    process(dataplane_.current(), *worker, {&sent, 1}, {&verdict, 1}, now);
    return verdict;
  }
  Trace trace_of(const Packet& sent, Time now = Time{}) {
    program_dataplane();
    return trace(dataplane_.current(), worker->flows, sent, now);
  }
  void expect_drop(const Packet& sent, StageId stage, DropReason reason, Tag tag) {
    const Verdict verdict = send(sent);
    EXPECT_FALSE(verdict.delivered);
    EXPECT_EQ(verdict.stage, stage) << name(verdict.stage);
    EXPECT_EQ(verdict.reason, reason) << info(verdict.reason).text;
    EXPECT_EQ(verdict.tag, tag);
  }
  void expect_delivery(const Packet& sent, PortId to, Time now = Time{}) {
    const Verdict verdict = send(sent, now);
    EXPECT_TRUE(verdict.delivered) << info(verdict.reason).text;
    EXPECT_EQ(verdict.out_port, to);
    EXPECT_EQ(verdict.stage, StageId::Deliver);
  }
  AccessList& new_list(AclId id) {
    AccessList& list = program.access_lists[id];
    list.tag = Tag{3000 + static_cast<uint32_t>(id)};
    return list;
  }
  static AclRule rule(uint32_t priority, Direction direction, AclAction action, uint32_t tag) {
    AclRule result;
    result.priority = priority;
    result.direction = direction;
    result.action = action;
    result.tag = Tag{tag};
    return result;
  }

  ForwardingProgram program;
  std::unique_ptr<Worker> worker = std::make_unique<Worker>();

 private:
  void program_dataplane() {
    const ForwardingProgram before = dataplane_.contents();
    if (before == program) return;
    dataplane_.publish(std::move(*dataplane_.prepare(diff(before, program))));
  }
  Dataplane dataplane_;
};

TEST_F(PipelineTest, DeliversInsideOneSubnet) {
  const Verdict verdict = send(packet(kWeb, "10.1.0.5"));
  EXPECT_TRUE(verdict.delivered);
  EXPECT_EQ(verdict.out_port, kWeb2);
  EXPECT_EQ(verdict.out_address, 0u);
  EXPECT_EQ(verdict.destination_domain, kSpoke1);
  EXPECT_EQ(verdict.action, deliver_in(kSpoke1));
  EXPECT_EQ(verdict.tag, address_tag(kWeb2));
  EXPECT_EQ(verdict.ttl, 64);  // no router on the way
}

TEST_F(PipelineTest, VirtualRouterTakesOneFromTheTimeToLive) {
  EXPECT_EQ(send(packet(kWeb, "10.1.1.4")).ttl, 63);
  EXPECT_EQ(send(packet(kWeb, "10.0.0.4")).ttl, 63);
  Packet dying = packet(kWeb, "10.1.1.4");
  dying.ttl = 1;
  expect_drop(dying, StageId::NextHop, DropReason::TtlExceeded, address_tag(kWeb));
  dying.flow.destination = address("10.1.0.5");
  expect_delivery(dying, kWeb2);
}

TEST_F(PipelineTest, PeeringIsNotTransitive) {
  // The app's subnet has system routes only: nothing leads to the other spoke.
  expect_drop(packet(kApp, "10.2.0.4"), StageId::Route, DropReason::NoRoute, address_tag(kApp));
}

TEST_F(PipelineTest, ApplianceCarriesTrafficBetweenSpokes) {
  const Packet first = packet(kWeb, "10.2.0.4");
  expect_delivery(first, kFirewall);
  expect_delivery(forwarded(first, kFirewall), kDb);
  const Packet back = reply_to(first, kDb);
  expect_delivery(back, kFirewall);
  expect_delivery(forwarded(back, kFirewall), kWeb);
}

TEST_F(PipelineTest, SourceMustBelongToThePort) {
  Packet spoofed = packet(kWeb, "10.0.0.4");
  spoofed.flow.source = address("10.1.0.5");
  expect_drop(spoofed, StageId::AntiSpoof, DropReason::SpoofedSource, port_tag(kWeb));
  Packet other_mac = packet(kWeb, "10.0.0.4");
  other_mac.source_mac = mac_of(kDb);
  expect_drop(other_mac, StageId::AntiSpoof, DropReason::SpoofedSource, port_tag(kWeb));
  Packet no_mac = packet(kWeb, "10.0.0.4");
  no_mac.source_mac.reset();
  expect_delivery(no_mac, kFirewall);
  program.ports[kWeb].may_forward = true;
  expect_delivery(spoofed, kFirewall);
  expect_delivery(other_mac, kFirewall);
}

TEST_F(PipelineTest, UnknownPortDrops) {
  Packet lost = packet(kWeb, "10.0.0.4");
  lost.ingress = PortId{99};
  expect_drop(lost, StageId::AntiSpoof, DropReason::UnknownPort, Tag::None);
}

TEST_F(PipelineTest, NextHopsThatLeadNowhereHaveTheirOwnReasons) {
  struct Case {
    Action action;
    DropReason reason;
    Tag tag;
  };
  const Case cases[] = {
      {{Action::Kind::None, {}, {}}, DropReason::Blackhole, address_tag(kWeb)},
      {{Action::Kind::Gateway, kHub, {}}, DropReason::NoGateway, address_tag(kWeb)},
      {{Action::Kind::Internet, {}, {}}, DropReason::NoInternet, address_tag(kWeb)},
      {deliver_in(kSpoke1), DropReason::NoEndpoint, address_tag(kWeb)},
      {{Action::Kind::Appliance, kHub, address("10.0.0.9")},
       DropReason::ApplianceUnreachable,
       address_tag(kWeb)},
      {{Action::Kind::Appliance, kSpoke1, address("10.1.1.4")},
       DropReason::ApplianceDoesNotForward,
       port_tag(kApp)},
  };
  for (const Case& c : cases) {
    program.tables[{kSpoke1, 1}][prefix("192.0.2.0/24")] = c.action;
    SCOPED_TRACE(info(c.reason).text);
    expect_drop(packet(kWeb, "192.0.2.1"), StageId::NextHop, c.reason, c.tag);
  }
}

TEST_F(PipelineTest, EndpointOfAnAbsentPortIsNone) {
  program.ports.erase(kApp);
  expect_drop(packet(kWeb, "10.1.1.4"), StageId::NextHop, DropReason::NoEndpoint,
              address_tag(kWeb));
}

TEST_F(PipelineTest, WithoutPolicyDomainsAreNotPeered) {
  program.policies.erase({kSpoke1, kHub});
  expect_drop(packet(kWeb, "10.0.0.4"), StageId::Peering, DropReason::NotPeered, address_tag(kWeb));
  // Appliances in a peered domain are behind the same rule.
  expect_drop(packet(kWeb, "10.2.0.4"), StageId::Peering, DropReason::NotPeered, address_tag(kWeb));
}

TEST_F(PipelineTest, AccessNotAllowedStopsEvenKnownFlows) {
  const Packet first = packet(kWeb, "10.0.0.4");
  expect_delivery(first, kFirewall);
  for (const PeerKey key : {PeerKey{kSpoke1, kHub}, PeerKey{kHub, kSpoke1}}) {
    program.policies[key].access_allowed = false;
    program.policies[key].access_tag = Tag{500};
  }
  expect_drop(first, StageId::Peering, DropReason::AccessNotAllowed, Tag{500});
  expect_drop(reply_to(first, kFirewall), StageId::Peering, DropReason::AccessNotAllowed, Tag{500});
}

TEST_F(PipelineTest, ForwardedTrafficIsJudgedAtTheReceiver) {
  program.policies[{kHub, kSpoke2}].forwarded_allowed = false;
  const Packet first = packet(kWeb, "10.2.0.4");
  expect_delivery(first, kFirewall);  // its source is the spoke's own
  expect_drop(forwarded(first, kFirewall), StageId::Peering, DropReason::ForwardedTrafficNotAllowed,
              Tag{102});
  expect_delivery(packet(kFirewall, "10.2.0.4"), kDb);  // the firewall's own packets are not
}

TEST_F(PipelineTest, ReplyToTheReceiversOwnFlowIsNotForwardedTraffic) {
  program.policies[{kHub, kSpoke1}].forwarded_allowed = false;
  const Packet first = packet(kWeb, "10.2.0.4");
  const Packet back = reply_to(first, kDb);
  expect_drop(forwarded(back, kFirewall), StageId::Peering, DropReason::ForwardedTrafficNotAllowed,
              Tag{101});
  expect_delivery(first, kFirewall);
  expect_delivery(forwarded(back, kFirewall), kWeb);
}

TEST_F(PipelineTest, ForwardedRuleAppliesToTheNextPacketOfAFlow) {
  const Packet first = packet(kWeb, "10.2.0.4");
  expect_delivery(first, kFirewall);
  expect_delivery(forwarded(first, kFirewall), kDb);
  program.policies[{kHub, kSpoke2}].forwarded_allowed = false;
  expect_drop(forwarded(first, kFirewall), StageId::Peering, DropReason::ForwardedTrafficNotAllowed,
              Tag{102});
}

TEST_F(PipelineTest, AccessListsOfSenderAndReceiverBothDecide) {
  new_list(AclId{1}).rules = {rule(100, Direction::Outbound, AclAction::Deny, 71)};
  new_list(AclId{2}).inbound_default = AclAction::Deny;
  program.ports[kWeb].addresses[0].subnet_acl = AclId{1};
  expect_drop(packet(kWeb, "10.1.0.5"), StageId::AclOut, DropReason::AclDeny, Tag{71});
  program.ports[kWeb].addresses[0].subnet_acl = kNoAcl;
  program.ports[kWeb2].addresses[0].interface_acl = AclId{2};
  expect_drop(packet(kWeb, "10.1.0.5"), StageId::AclIn, DropReason::AclDeny, Tag{3002});
}

TEST_F(PipelineTest, NamedListThatIsAbsentDenies) {
  program.ports[kWeb].addresses[0].subnet_acl = AclId{9};
  expect_drop(packet(kWeb, "10.1.0.5"), StageId::AclOut, DropReason::AclDeny, address_tag(kWeb));
}

TEST_F(PipelineTest, RepliesPassAccessListsUntilTheFlowIsIdle) {
  new_list(AclId{1}).inbound_default = AclAction::Deny;  // web may begin, nobody may begin with it
  program.ports[kWeb].addresses[0].interface_acl = AclId{1};
  const Packet first = packet(kWeb, "10.1.0.5");
  const Packet back = reply_to(first, kWeb2);
  expect_drop(back, StageId::AclIn, DropReason::AclDeny, Tag{3001});
  expect_delivery(first, kWeb2, seconds(0));
  expect_delivery(back, kWeb, seconds(1));
  const Verdict late = send(back, seconds(1) + kTcpEstablishedIdle);
  EXPECT_EQ(late.reason, DropReason::AclDeny);
}

TEST_F(PipelineTest, AccessListChangeAffectsNewFlowsOnly) {
  const Packet first = packet(kWeb, "10.1.0.5");
  expect_delivery(first, kWeb2);
  new_list(AclId{1}).outbound_default = AclAction::Deny;
  program.ports[kWeb].addresses[0].interface_acl = AclId{1};
  expect_delivery(first, kWeb2);
  expect_drop(packet(kWeb, "10.1.0.5", 444), StageId::AclOut, DropReason::AclDeny, Tag{3001});
}

TEST_F(PipelineTest, RouteChangeAffectsTheNextPacketOfAFlow) {
  const Packet first = packet(kWeb, "10.1.1.4");
  expect_delivery(first, kApp);
  program.tables[{kSpoke1, 1}][prefix("10.1.1.4/32")] = {Action::Kind::None, {}, {}};
  expect_drop(first, StageId::NextHop, DropReason::Blackhole, address_tag(kWeb));
}

TEST_F(PipelineTest, DroppedPacketOpensNoFlow) {
  program.tables[{kSpoke1, 1}].clear();
  expect_drop(packet(kWeb, "10.1.0.5"), StageId::Route, DropReason::NoRoute, address_tag(kWeb));
  EXPECT_EQ(worker->flows.entries(), 0u);
}

TEST_F(PipelineTest, VirtualNetworkIsWhereSystemRoutesDeliver) {
  AccessList& list = new_list(AclId{1});
  list.rules = {rule(100, Direction::Inbound, AclAction::Permit, 1),
                rule(200, Direction::Inbound, AclAction::Deny, 2)};
  list.rules[0].source.kind = AddressMatch::Kind::VirtualNetwork;
  list.rules[1].source.kind = AddressMatch::Kind::Internet;
  program.ports[kApp].addresses[0].interface_acl = AclId{1};
  expect_delivery(packet(kWeb, "10.1.1.4"), kApp);       // own network
  expect_delivery(packet(kFirewall, "10.1.1.4"), kApp);  // a peer's
  Packet from_spoke2 = packet(kFirewall, "10.1.1.4");    // a user route's: not the network's
  from_spoke2.flow.source = address("10.2.0.4");
  expect_drop(from_spoke2, StageId::AclIn, DropReason::AclDeny, Tag{2});
}

TEST_F(PipelineTest, FullFlowTableDropsNewFlows) {
  worker.reset(new Worker{FlowState(1), {}, {}});
  expect_delivery(packet(kWeb, "10.1.0.5"), kWeb2);
  expect_drop(packet(kWeb, "10.1.0.5", 444), StageId::Deliver, DropReason::FlowTableFull,
              Tag::None);
  expect_delivery(packet(kWeb, "10.1.0.5"), kWeb2);
  expect_delivery(packet(kWeb, "10.1.0.5", 444), kWeb2, minutes(1));
}

TEST_F(PipelineTest, FramesAreReadByTheParseStage) {
  const Packet expected = packet(kWeb, "10.1.0.5");
  const std::vector<uint8_t> frame = test::Frame()
                                         .ethernet(mac_of(kWeb2), mac_of(kWeb))
                                         .ipv4(expected.flow, 7)
                                         .tcp(expected.flow, net::kTcpSyn)
                                         .bytes();
  Packet raw;
  raw.ingress = kWeb;
  raw.frame = frame;
  const Verdict verdict = send(raw);
  EXPECT_TRUE(verdict.delivered);
  EXPECT_EQ(verdict.ttl, 7);
  raw.frame = raw.frame.first(30);
  expect_drop(raw, StageId::Parse, DropReason::Malformed, Tag::None);
  EXPECT_EQ(trace_of(raw).steps.at(0).header, net::HeaderError::Truncated);
}

TEST_F(PipelineTest, CountsPortsPeeringsAndDrops) {
  send(packet(kWeb, "10.0.0.4"));
  send(packet(kWeb, "10.1.0.5"));
  send(packet(kApp, "10.2.0.4"));
  CounterTotals totals;
  worker->counters.add_to(totals);
  CounterTotals expected;
  expected.ports[kWeb].sent = {2, 200};
  expected.ports[kApp].sent = {1, 100};
  expected.ports[kFirewall].received = {1, 100};
  expected.ports[kWeb2].received = {1, 100};
  expected.peerings[{kSpoke1, kHub}] = {1, 100};
  expected.drops[static_cast<size_t>(DropReason::NoRoute)] = 1;
  expected.drops_by_resource[{DropReason::NoRoute, address_tag(kApp)}] = 1;
  EXPECT_EQ(totals, expected);
}

TEST_F(PipelineTest, TraceNamesEveryStageWithItsFacts) {
  new_list(AclId{1}).rules = {rule(100, Direction::Inbound, AclAction::Permit, 71)};
  program.ports[kFirewall].addresses[0].interface_acl = AclId{1};
  const Trace result = trace_of(packet(kWeb, "10.2.0.4"));
  ASSERT_EQ(result.steps.size(), kStageCount);
  for (size_t i = 0; i < kStageCount; ++i) EXPECT_EQ(result.steps[i].stage, StageId(i));
  const TraceStep& acl_out = result.steps[2];
  EXPECT_EQ(acl_out.acl, AclDecision{});
  EXPECT_EQ(acl_out.port, kWeb);
  const TraceStep& route = result.steps[3];
  EXPECT_EQ(route.table, (TableKey{kSpoke1, 1}));
  EXPECT_EQ(route.prefix, prefix("10.2.0.0/16"));
  EXPECT_EQ(route.action, via_firewall());
  EXPECT_EQ(result.steps[4].port, kFirewall);
  EXPECT_EQ(result.steps[5].peering, (PeerKey{kSpoke1, kHub}));
  const TraceStep& acl_in = result.steps[6];
  EXPECT_EQ(acl_in.acl,
            (AclDecision{AclAction::Permit, AclDecision::By::InterfaceRule, Tag{71}, 100}));
  EXPECT_EQ(acl_in.tag, Tag{71});
  EXPECT_EQ(result.steps[7].outcome, TraceStep::Outcome::Delivered);
  // Once more: the flow is known now.
  EXPECT_TRUE(trace_of(packet(kWeb, "10.2.0.4")).steps[6].known_flow);
}

TEST_F(PipelineTest, TraceEndsAtTheStageThatDrops) {
  const Trace result = trace_of(packet(kApp, "10.2.0.4"));
  ASSERT_EQ(result.steps.size(), 4u);
  EXPECT_EQ(result.steps.back().stage, StageId::Route);
  EXPECT_EQ(result.steps.back().outcome, TraceStep::Outcome::Dropped);
  EXPECT_EQ(result.steps.back().reason, DropReason::NoRoute);
  EXPECT_EQ(result.verdict.reason, DropReason::NoRoute);
}

TEST(DropReasons, IdentifiersAreStableKebabCase) {
  std::set<std::string_view> seen;
  for (size_t i = 1; i < kDropReasonCount; ++i) {
    const DropReasonInfo& row = kDropReasons[i];
    EXPECT_TRUE(seen.insert(row.text).second) << row.text;
    EXPECT_EQ(row.text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"), std::string_view::npos);
    EXPECT_FALSE(row.sentence.empty());
  }
  EXPECT_EQ(info(DropReason::NoRoute).text, "no-route");
  EXPECT_EQ(info(DropReason::FlowTableFull).text, "flow-table-full");
}

}  // namespace
}  // namespace isthmus::dataplane
