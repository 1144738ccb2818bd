#include "dataplane/io/flow_list.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "dataplane/io/packet_worker.h"
#include "tests/support/frame_text.h"

namespace isthmus::dataplane::io {
namespace {

constexpr DomainId kRed{1};
constexpr PortId kWeb{11};
constexpr PortId kDb{12};

net::Mac mac(PortId id) { return net::Mac::make(static_cast<uint32_t>(id)).value(); }

// Two machines of one subnet, 10.1.0.11 and 10.1.0.12.
class FlowListTest : public ::testing::Test {
 protected:
  FlowListTest() {
    ForwardingProgram program;
    const auto subnet = net::Prefix::parse("10.1.0.0/24").value();
    for (const PortId port : {kWeb, kDb}) {
      PortAddress own;
      own.subnet = subnet;
      own.router = subnet.address().plus(1);
      own.address = subnet.address().plus(static_cast<uint32_t>(port));
      own.table = {kRed, 0};
      program.ports[port] = {mac(port), false, {own}, {}};
      program.endpoints[{kRed, own.address}] = port;
    }
    program.tables[{kRed, 0}] = {{subnet, {Action::Kind::Deliver, kRed, {}}}};
    dataplane_.publish(dataplane_.prepare(diff({}, program)).value());
    for (const PortId port : {kWeb, kDb}) {
      int ends[2];
      if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        throw std::system_error(errno, std::generic_category(), "socketpair");
      (port == kWeb ? web_ : db_) = File(ends[0]);
      worker_.attach(port, File(ends[1]));
    }
  }
  // And waits until it has arrived.
  void send(const std::string& text) {
    const auto frame = test::frame_of(text, mac(kWeb), mac(kDb));
    ASSERT_GT(::send(web_.get(), frame.data(), frame.size(), MSG_NOSIGNAL), 0);
    std::array<uint8_t, 2000> came{};
    ASSERT_GT(::recv(db_.get(), came.data(), came.size(), 0), 0);
  }
  void send_flow(int number) {
    send("udp 10.1.0.11:" + std::to_string(number) + " > 10.1.0.12:53 ttl 64");
  }

  Dataplane dataplane_;
  PacketWorker worker_{dataplane_, {}};
  File web_;
  File db_;
};

TEST_F(FlowListTest, TellsEachHopOnceAndAtAPortBothDirections) {
  send("tcp 10.1.0.11:5 > 10.1.0.12:443 syn ttl 64");
  const FlowList all = list_flows(worker_, {});
  ASSERT_EQ(all.flows.size(), 1u);
  EXPECT_EQ(all.found, 1u);
  EXPECT_EQ(all.flows[0].port, kWeb);
  EXPECT_EQ(all.flows[0].initiated, Direction::Outbound);
  EXPECT_EQ(all.flows[0].flow.source_port, 5);
  EXPECT_FALSE(all.flows[0].replied);
  const FlowList at_db = list_flows(worker_, {.port = kDb});
  ASSERT_EQ(at_db.flows.size(), 1u);
  EXPECT_EQ(at_db.flows[0].initiated, Direction::Inbound);
  EXPECT_EQ(at_db.flows[0].flow, all.flows[0].flow);
  EXPECT_EQ(list_flows(worker_, {.port = PortId{99}}).found, 0u);
}

TEST_F(FlowListTest, KeepsTheLatest) {
  for (int number = 1; number <= 9; ++number) {
    send_flow(number);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // so that one is later
  }
  const FlowList list = list_flows(worker_, {.limit = 3});
  EXPECT_EQ(list.found, 9u);
  ASSERT_EQ(list.flows.size(), 3u);
  EXPECT_EQ(list.flows[0].flow.source_port, 9);
  EXPECT_EQ(list.flows[1].flow.source_port, 8);
  EXPECT_EQ(list.flows[2].flow.source_port, 7);
  EXPECT_EQ(list_flows(worker_, {.limit = 0}).found, 9u);
}

// Flows come meanwhile, and the table grows: what was there before is there, and nothing twice.
TEST_F(FlowListTest, IsWholeWhileTheTableGrows) {
  constexpr int kBefore = 2000;
  constexpr int kAfter = 20000;
  for (int number = 1; number <= kBefore; ++number) send_flow(number);
  std::atomic<bool> is_over{false};
  std::thread sender([&] {
    for (int number = kBefore + 1; number <= kAfter; ++number) send_flow(number);
    is_over = true;
  });
  do {
    const FlowList list = list_flows(worker_, {.limit = 100'000});
    std::set<uint16_t> ports;
    for (const FlowEntry& flow : list.flows) {
      EXPECT_TRUE(ports.insert(flow.flow.source_port).second) << flow.flow.source_port;
    }
    EXPECT_EQ(list.found, list.flows.size());
    for (uint16_t number = 1; number <= kBefore; ++number) ASSERT_TRUE(ports.contains(number));
  } while (!is_over);
  sender.join();
  EXPECT_EQ(list_flows(worker_, {.limit = 0}).found, static_cast<size_t>(kAfter));
}

}  // namespace
}  // namespace isthmus::dataplane::io
