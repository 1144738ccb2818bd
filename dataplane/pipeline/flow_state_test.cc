#include "dataplane/pipeline/flow_state.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "dataplane/net/headers.h"

namespace isthmus::dataplane {
namespace {

using net::IpProtocol;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr PortId kWeb{1};
constexpr PortId kDb{2};

net::FlowKey flow(IpProtocol protocol, uint16_t source_port = 40000) {
  return {net::IpAddress::v4(0x0A000004), net::IpAddress::v4(0x0A000104), protocol, source_port,
          443};
}
FlowEvent leaves(PortId port, const net::FlowKey& key, uint8_t flags = 0, uint32_t bytes = 0) {
  return {port, Direction::Outbound, key, flags, bytes};
}
FlowEvent enters(PortId port, const net::FlowKey& key, uint8_t flags = 0, uint32_t bytes = 0) {
  return {port, Direction::Inbound, key, flags, bytes};
}

// web sends to db; the packet is delivered.
bool send(FlowState& flows, const net::FlowKey& key, Time now, uint8_t flags = 0) {
  return flows.note(leaves(kWeb, key, flags), enters(kDb, key, flags), now);
}
bool answer(FlowState& flows, const net::FlowKey& key, Time now, uint8_t flags = 0) {
  return flows.note(leaves(kDb, key.reversed(), flags), enters(kWeb, key.reversed(), flags), now);
}
bool knows(const FlowState& flows, const FlowEvent& event, Time now) {
  return flows.find(event, now).has_value();
}

TEST(FlowState, FlowIsKnownInBothDirectionsAtBothPorts) {
  FlowState flows;
  const net::FlowKey key = flow(IpProtocol::Udp);
  EXPECT_FALSE(knows(flows, leaves(kWeb, key), Time{}));
  ASSERT_TRUE(send(flows, key, Time{}));
  EXPECT_EQ(flows.entries(), 2u);
  for (const FlowEvent& event : {leaves(kWeb, key), enters(kDb, key), leaves(kDb, key.reversed()),
                                 enters(kWeb, key.reversed())}) {
    EXPECT_TRUE(knows(flows, event, seconds(1)));
  }
  // The same addresses the wrong way round are another flow.
  EXPECT_FALSE(knows(flows, enters(kWeb, key), seconds(1)));
  EXPECT_FALSE(knows(flows, leaves(PortId{3}, key), seconds(1)));
}

TEST(FlowState, RemembersWhoBegan) {
  FlowState flows;
  const net::FlowKey key = flow(IpProtocol::Udp);
  send(flows, key, Time{});
  answer(flows, key, seconds(1));
  EXPECT_EQ(flows.find(enters(kWeb, key.reversed()), seconds(2))->initiated, Direction::Outbound);
  EXPECT_EQ(flows.find(leaves(kDb, key.reversed()), seconds(2))->initiated, Direction::Inbound);
}

TEST(FlowState, EchoReplyBelongsToItsRequest) {
  FlowState flows;
  net::FlowKey ping = flow(IpProtocol::Icmp, 77);
  ping.destination_port = 8 << 8;
  send(flows, ping, Time{});
  net::FlowKey reply{ping.destination, ping.source, IpProtocol::Icmp, 77, 0};
  EXPECT_TRUE(knows(flows, enters(kWeb, reply), seconds(1)));
  reply.source_port = 78;
  EXPECT_FALSE(knows(flows, enters(kWeb, reply), seconds(1)));
}

TEST(FlowState, IdleTimesDependOnProtocolAndState) {
  enum class State { Opening, Established, Closing };
  struct Case {
    const char* what;
    IpProtocol protocol;
    State state;
    Time idle;
  };
  constexpr Case kCases[] = {
      {"tcp opening", IpProtocol::Tcp, State::Opening, seconds(20)},
      {"tcp established", IpProtocol::Tcp, State::Established, minutes(4)},
      {"tcp closing", IpProtocol::Tcp, State::Closing, seconds(20)},
      {"udp", IpProtocol::Udp, State::Opening, minutes(4)},
      {"udp answered", IpProtocol::Udp, State::Established, minutes(4)},
      {"gre", IpProtocol::Gre, State::Opening, minutes(4)},
      {"icmp", IpProtocol::Icmp, State::Established, seconds(10)},
  };
  for (const Case& c : kCases) {
    FlowState flows;
    const net::FlowKey key = flow(c.protocol);
    const Time start = minutes(1);
    send(flows, key, start, net::kTcpSyn);
    if (c.state != State::Opening) answer(flows, key, start, net::kTcpSyn | net::kTcpAck);
    if (c.state == State::Closing) send(flows, key, start, net::kTcpFin | net::kTcpAck);
    EXPECT_TRUE(knows(flows, leaves(kWeb, key), start + c.idle - Time{1})) << c.what;
    EXPECT_FALSE(knows(flows, leaves(kWeb, key), start + c.idle)) << c.what;
    // A packet just in time renews it.
    send(flows, key, start + c.idle - Time{1});
    EXPECT_TRUE(knows(flows, leaves(kWeb, key), start + c.idle + seconds(1))) << c.what;
  }
}

TEST(FlowState, SynOnAClosingConnectionIsANewFlow) {
  FlowState flows;
  const net::FlowKey key = flow(IpProtocol::Tcp);
  send(flows, key, Time{}, net::kTcpSyn);
  send(flows, key, Time{}, net::kTcpRst);
  EXPECT_TRUE(knows(flows, leaves(kWeb, key, net::kTcpAck), seconds(1)));
  EXPECT_FALSE(knows(flows, leaves(kWeb, key, net::kTcpSyn), seconds(1)));
  send(flows, key, seconds(1), net::kTcpSyn);
  EXPECT_TRUE(knows(flows, leaves(kWeb, key, net::kTcpSyn), seconds(1)));  // no longer closing
}

TEST(FlowState, FullTableTakesNothingNewUntilSomethingIsIdle) {
  FlowState flows(2);
  ASSERT_TRUE(send(flows, flow(IpProtocol::Udp, 1), Time{}));
  ASSERT_TRUE(send(flows, flow(IpProtocol::Udp, 2), minutes(1)));
  EXPECT_FALSE(send(flows, flow(IpProtocol::Udp, 3), minutes(2)));
  EXPECT_TRUE(send(flows, flow(IpProtocol::Udp, 2), minutes(2)));  // known ones go on
  EXPECT_EQ(flows.entries(), 4u);
  EXPECT_TRUE(send(flows, flow(IpProtocol::Udp, 3), minutes(4)));  // the first was idle
  EXPECT_FALSE(knows(flows, leaves(kWeb, flow(IpProtocol::Udp, 1)), minutes(4)));
  EXPECT_EQ(flows.entries(), 4u);
}

TEST(FlowState, ExpireIsBoundedAndTakesTheIdleOnly) {
  FlowState flows;
  for (uint16_t port = 0; port < 10; ++port) send(flows, flow(IpProtocol::Icmp, port), Time{});
  send(flows, flow(IpProtocol::Udp), Time{});
  EXPECT_EQ(flows.expire(seconds(9), 100), 0u);
  EXPECT_EQ(flows.expire(seconds(10), 5), 5u);
  EXPECT_EQ(flows.expire(seconds(10), 100), 15u);
  EXPECT_EQ(flows.entries(), 2u);
}

TEST(FlowState, OverlayKnowsItsBaseAndKeepsChangesToItself) {
  FlowState base(2);
  const net::FlowKey old_flow = flow(IpProtocol::Udp, 1);
  const net::FlowKey new_flow = flow(IpProtocol::Udp, 2);
  send(base, old_flow, Time{});
  FlowState scratch = FlowState::overlay(base, seconds(1));
  EXPECT_TRUE(knows(scratch, leaves(kWeb, old_flow), seconds(1)));
  EXPECT_EQ(scratch.find(leaves(kDb, old_flow.reversed()), seconds(1))->initiated,
            Direction::Inbound);
  EXPECT_TRUE(send(scratch, new_flow, seconds(1)));
  EXPECT_TRUE(knows(scratch, enters(kWeb, new_flow.reversed()), seconds(1)));
  EXPECT_FALSE(knows(base, leaves(kWeb, new_flow), seconds(1)));
  EXPECT_FALSE(send(scratch, flow(IpProtocol::Udp, 3), seconds(1)));  // as full as its base
  EXPECT_EQ(base.entries(), 2u);
}

TEST(FlowState, GrowsAndShrinksWithoutLosingAFlow) {
  constexpr uint16_t kMany = 5000;  // several blocks of entries, and buckets doubled several times
  FlowState flows;
  for (int round = 0; round < 3; ++round) {
    const Time began = round * minutes(10);
    for (uint16_t i = 0; i < kMany; ++i)
      ASSERT_TRUE(send(flows, flow(IpProtocol::Udp, i), began + milliseconds(i)));
    EXPECT_EQ(flows.entries(), size_t{2} * kMany);
    for (uint16_t i = 0; i < kMany; ++i)
      ASSERT_TRUE(knows(flows, enters(kDb, flow(IpProtocol::Udp, i)), began + minutes(1))) << i;
    // The first half has been idle for too long, and goes in the order in which it came.
    const Time later = began + minutes(4) + milliseconds(kMany / 2 - 1);
    EXPECT_EQ(flows.expire(later, 2 * kMany), size_t{kMany});
    for (uint16_t i = 0; i < kMany; ++i)
      ASSERT_EQ(knows(flows, leaves(kWeb, flow(IpProtocol::Udp, i)), later), i >= kMany / 2) << i;
    EXPECT_EQ(flows.expire(began + minutes(9), 2 * kMany), size_t{kMany});
    EXPECT_EQ(flows.entries(), 0u);
  }
}

TEST(FlowState, AFlowOfAPortWithItself) {
  FlowState flows;
  net::FlowKey key = flow(IpProtocol::Udp, 443);
  key.destination = key.source;  // its own reply
  EXPECT_TRUE(flows.note(leaves(kWeb, key), enters(kWeb, key), Time{}));
  EXPECT_EQ(flows.entries(), 1u);
  EXPECT_TRUE(knows(flows, enters(kWeb, key), seconds(1)));
  EXPECT_EQ(flows.expire(minutes(4), 10), 1u);
}

// The plainest thing that does the same, without lists, classes or limits.
struct PlainFlows {
  struct Record {
    FlowEvent first;
    Time last;
    bool replied;
    bool closing;
    Traffic sent, replies;
  };
  std::vector<Record> records;

  static bool same(const FlowEvent& a, const FlowEvent& b) {
    if (a.port != b.port) return false;
    return a.direction == b.direction ? a.flow == b.flow : a.flow == b.flow.reversed();
  }
  const Record* live(const FlowEvent& event, Time now) const {
    for (const Record& record : records) {
      if (!same(record.first, event)) continue;
      const bool is_established = record.replied && !record.closing;
      Time idle = minutes(4);
      if (event.flow.protocol == IpProtocol::Icmp) idle = seconds(10);
      if (event.flow.protocol == IpProtocol::Tcp && !is_established) idle = seconds(20);
      const bool reopens = record.closing && event.tcp_flags == net::kTcpSyn;
      if (now - record.last < idle && !reopens) return &record;
    }
    return nullptr;
  }
  void note(const FlowEvent& event, Time now) {
    const Record* known = live(event, now);
    Record next = known != nullptr ? *known : Record{event, now, false, false, {}, {}};
    next.last = now;
    if (event.direction != next.first.direction) next.replied = true;
    if ((event.tcp_flags & (net::kTcpFin | net::kTcpRst)) != 0) next.closing = true;
    Traffic& traffic = event.direction == next.first.direction ? next.sent : next.replies;
    traffic = {traffic.packets + 1, traffic.bytes + event.size_bytes};
    std::erase_if(records, [&](const Record& record) { return same(record.first, event); });
    records.push_back(next);
  }
};

// Every flow that is visited is one of the oracle's, and the other way round.
void expect_same(const FlowState& flows, const PlainFlows& oracle, Time now) {
  size_t visited = 0;
  flows.visit(0, flows.buckets(), now, [&](const FlowEntry& entry) {
    ++visited;
    const auto* record = oracle.live({entry.port, entry.initiated, entry.flow}, now);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(entry.initiated, record->first.direction);
    EXPECT_EQ(entry.flow, record->first.flow);
    EXPECT_EQ(entry.replied, record->replied);
    EXPECT_EQ(entry.closing, record->closing);
    EXPECT_EQ(entry.idle, now - record->last);
    EXPECT_EQ(entry.sent, record->sent);
    EXPECT_EQ(entry.replies, record->replies);
  });
  size_t alive = 0;
  for (const auto& record : oracle.records) {
    FlowEvent next = record.first;
    next.tcp_flags = 0;  // which would begin a new flow
    alive += oracle.live(next, now) != nullptr ? 1 : 0;
  }
  EXPECT_EQ(visited, alive);
}

TEST(FlowState, RandomTrafficEqualsThePlainOracle) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    FlowState flows(kFlowsMaxDefault, seed);
    PlainFlows oracle;
    Time now{};
    for (int step = 0; step < 500; ++step) {
      now += seconds(random() % 8 == 0 ? random() % 300 : random() % 6);
      constexpr IpProtocol kProtocols[] = {IpProtocol::Tcp, IpProtocol::Udp, IpProtocol::Icmp};
      constexpr uint8_t kFlags[] = {0, net::kTcpSyn, net::kTcpAck, net::kTcpFin};
      net::FlowKey key = flow(kProtocols[random() % 3], static_cast<uint16_t>(random() % 3));
      const uint8_t flags = key.protocol == IpProtocol::Tcp ? kFlags[random() % 4] : uint8_t{0};
      const bool is_reply = random() % 2 == 0;
      if (is_reply) key = key.reversed();
      const auto bytes = static_cast<uint32_t>(random() % 1500);
      const FlowEvent out = leaves(is_reply ? kDb : kWeb, key, flags, bytes);
      const FlowEvent in = enters(is_reply ? kWeb : kDb, key, flags, bytes);
      for (const FlowEvent& event : {out, in}) {
        const auto found = flows.find(event, now);
        const auto* expected = oracle.live(event, now);
        ASSERT_EQ(found.has_value(), expected != nullptr) << "step " << step;
        if (found) {
          ASSERT_EQ(found->initiated, expected->first.direction) << "step " << step;
        }
      }
      if (random() % 4 == 0) continue;  // dropped on the way
      ASSERT_TRUE(flows.note(out, in, now));
      oracle.note(out, now);
      oracle.note(in, now);
      if (random() % 10 == 0) flows.expire(now, random() % 4);
      expect_same(flows, oracle, now);
    }
  }
}

}  // namespace
}  // namespace isthmus::dataplane
