// GET counters and flows: what a worker tells, in the words of the model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/program/values.h"
#include "tests/support/control_world.h"

namespace isthmus::api::control {
namespace {

using dataplane::CounterTotals;
using dataplane::Direction;
using dataplane::DropReason;
using dataplane::FlowEntry;
using dataplane::PortId;
using dataplane::io::FlowList;
using dataplane::io::FlowQuery;
using isthmus::testing::at;
using isthmus::testing::ControlWorld;
using isthmus::testing::expect_problem;
using isthmus::testing::kTwoNetworks;

constexpr const char* kToB = "/virtualNetworks/a/virtualNetworkPeerings/a-to-b";

class PacketsCallsTest : public ::testing::Test {
 protected:
  PacketsCallsTest()
      : world_({.packets = [this] { return totals_; },
                .flows = [this](const FlowQuery& query) { return asked_ = query, list_; }}) {
    EXPECT_EQ(world_.apply(std::string(kTwoNetworks)).status, 200);
  }
  uint32_t serial(std::string_view path) {
    const auto id = ResourceId::parse(path);
    return world_.controller().model()->find(*id)->serial;
  }
  PortId port(const std::string& nic) { return PortId{serial("/networkInterfaces/" + nic)}; }
  dataplane::DomainId domain(const std::string& network) {
    return dataplane::DomainId{serial("/virtualNetworks/" + network)};
  }
  // From v to w.
  FlowEntry flow(net::IpProtocol protocol, uint16_t source_port, uint16_t destination_port) {
    FlowEntry entry;
    entry.port = port("v");
    entry.flow = {net::IpAddress::parse("10.1.0.2").value(),
                  net::IpAddress::parse("10.2.0.2").value(), protocol, source_port,
                  destination_port};
    entry.idle = std::chrono::milliseconds(12);
    return entry;
  }

  CounterTotals totals_;
  FlowList list_;
  FlowQuery asked_;
  ControlWorld world_;
};

TEST_F(PacketsCallsTest, CountersHaveTheNamesOfResources) {
  totals_.ports[port("v")] = {{3, 300}, {1, 100}};
  totals_.ports[PortId{4'000'000}] = {{9, 9}, {9, 9}};  // of an interface that is gone
  totals_.peerings[{domain("a"), domain("b")}] = {2, 200};
  totals_.drops_by_resource[{DropReason::NoRoute, dataplane::Tag{serial("/networkInterfaces/v")}}] =
      5;
  totals_.drops_by_resource[{DropReason::FlowTableFull, dataplane::Tag::None}] = 6;
  totals_.drops_by_resource[{DropReason::NoRoute, dataplane::Tag{4'000'000}}] = 7;
  EXPECT_EQ(world_.get("/_isthmus/v1/counters").body,
            R"({"forwarding":true,"interfaces":[{"interface":"/networkInterfaces/v",)"
            R"("sent":{"packets":3,"bytes":300},"received":{"packets":1,"bytes":100}}],)"
            R"("peerings":[{"from":"/virtualNetworks/a","to":"/virtualNetworks/b",)"
            R"("peering":"/virtualNetworks/a/virtualNetworkPeerings/a-to-b",)"
            R"("packets":2,"bytes":200}],)"
            R"("drops":[{"reason":"no-route","resource":"/networkInterfaces/v","packets":5},)"
            R"({"reason":"flow-table-full","packets":6}]})");
}

TEST_F(PacketsCallsTest, AFlowIsToldWithItsWay) {
  list_ = {{flow(net::IpProtocol::Tcp, 40000, 443)}, 7};
  list_.flows[0].replied = true;
  list_.flows[0].sent = {5, 500};
  list_.flows[0].replies = {4, 400};
  const std::string body = world_.get("/_isthmus/v1/flows").body;
  EXPECT_EQ(body,
            R"({"forwarding":true,"flows":[{"interface":"/networkInterfaces/v",)"
            R"("direction":"outbound","protocol":"tcp","source":"10.1.0.2","sourcePort":40000,)"
            R"("destination":"10.2.0.2","destinationPort":443,"state":"established","idleMs":12,)"
            R"("packets":5,"bytes":500,"replyPackets":4,"replyBytes":400,)"
            R"("peer":"/networkInterfaces/w",)"
            R"("peering":"/virtualNetworks/a/virtualNetworkPeerings/a-to-b"}],"found":7})");
  EXPECT_FALSE(asked_.port);
  EXPECT_EQ(asked_.limit, 100u);
}

TEST_F(PacketsCallsTest, TheOtherEndSendsTheReply) {
  list_.flows = {flow(net::IpProtocol::Udp, 1, 53)};
  list_.flows[0].port = port("w");
  list_.flows[0].initiated = Direction::Inbound;
  const std::string body = world_.get("/_isthmus/v1/flows?nic=w&limit=5").body;
  EXPECT_EQ(at(body, "/flows/0/interface"), "/networkInterfaces/w");
  EXPECT_EQ(at(body, "/flows/0/direction"), "inbound");
  EXPECT_EQ(at(body, "/flows/0/peer"), "/networkInterfaces/v");
  EXPECT_EQ(at(body, "/flows/0/state"), "one-way");
  EXPECT_EQ(at(body, "/flows/0/drop"), "");
  EXPECT_EQ(asked_.port, port("w"));
  EXPECT_EQ(asked_.limit, 5u);
}

// A new packet would be denied; those of a flow that is known pass, until there is no peering.
TEST_F(PacketsCallsTest, AWayIsThatOfAKnownFlow) {
  ASSERT_EQ(world_
                .apply(R"(version: 1
networks:
  a: {prefixes: [10.1.0.0/16], subnets: {s: {prefix: 10.1.0.0/24, acl: closed}}}
  b: {prefixes: [10.2.0.0/16], subnets: {s: {prefix: 10.2.0.0/24, acl: closed}}}
access: {closed: [{deny: in, priority: 100}, {deny: out, priority: 101}]}
)")
                .status,
            200);
  list_.flows = {flow(net::IpProtocol::Icmp, 7, 8 << 8)};
  std::string body = world_.get("/_isthmus/v1/flows").body;
  EXPECT_EQ(at(body, "/flows/0/peer"), "/networkInterfaces/w");
  EXPECT_EQ(at(body, "/flows/0/identifier"), "7");
  EXPECT_EQ(at(body, "/flows/0/type"), "8");
  EXPECT_EQ(at(body, "/flows/0/drop"), "");
  world_.erase(kToB);
  body = world_.get("/_isthmus/v1/flows").body;
  EXPECT_EQ(at(body, "/flows/0/drop/reason"), "no-route");
  EXPECT_EQ(at(body, "/flows/0/drop/stage"), "route");
  EXPECT_EQ(at(body, "/flows/0/peer"), "");
}

TEST_F(PacketsCallsTest, WhatCannotBeAskedIsTold) {
  expect_problem(world_.get("/_isthmus/v1/flows?nic=nobody"), 404, "ResourceNotFound");
  expect_problem(world_.get("/_isthmus/v1/flows?limit=many"), 400, "InvalidParameterValue");
  expect_problem(world_.get("/_isthmus/v1/flows?nics=v"), 400, "InvalidParameterValue");
  expect_problem(world_.get("/_isthmus/v1/counters?nic=v"), 400, "InvalidParameterValue");
  world_.get("/_isthmus/v1/flows?limit=18446744073709551615");
  EXPECT_EQ(asked_.limit, 10'000u);
}

TEST(PacketsCalls, SayWhereNothingIsForwarded) {
  ControlWorld world;
  EXPECT_EQ(world.get("/_isthmus/v1/counters").body,
            R"({"forwarding":false,"interfaces":[],"peerings":[],"drops":[]})");
  EXPECT_EQ(world.get("/_isthmus/v1/flows").body, R"({"forwarding":false,"flows":[],"found":0})");
}

}  // namespace
}  // namespace isthmus::api::control
