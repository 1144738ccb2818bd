#include "dataplane/pipeline/counters.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace isthmus::dataplane {
namespace {

constexpr PeerKey kRedToBlue{DomainId{1}, DomainId{2}};

TEST(Counters, EachKindIsCountedApart) {
  Counters counters;
  counters.sent(PortId{1}, 100);
  counters.sent(PortId{1}, 50);
  counters.received(PortId{2}, 100);
  counters.crossed(kRedToBlue, 100);
  counters.dropped(DropReason::NoRoute, Tag{7});
  counters.dropped(DropReason::NoRoute, Tag{8});
  counters.dropped(DropReason::NoRoute, Tag{8});
  counters.dropped(DropReason::FlowTableFull);
  CounterTotals totals;
  counters.add_to(totals);
  CounterTotals expected;
  expected.ports[PortId{1}].sent = {2, 150};
  expected.ports[PortId{2}].received = {1, 100};
  expected.peerings[kRedToBlue] = {1, 100};
  expected.drops[static_cast<size_t>(DropReason::NoRoute)] = 3;
  expected.drops[static_cast<size_t>(DropReason::FlowTableFull)] = 1;
  expected.drops_by_resource = {{{DropReason::NoRoute, Tag{7}}, 1},
                                {{DropReason::NoRoute, Tag{8}}, 2},
                                {{DropReason::FlowTableFull, Tag::None}, 1}};
  EXPECT_EQ(totals, expected);
}

TEST(Counters, TotalsAreSumsOverWorkers) {
  Counters one;
  Counters two;
  one.sent(PortId{1}, 10);
  two.sent(PortId{1}, 20);
  CounterTotals totals;
  one.add_to(totals);
  two.add_to(totals);
  EXPECT_EQ(totals.ports[PortId{1}].sent, (Traffic{2, 30}));
}

TEST(Counters, AreReadWhileTheWorkerCounts) {
  constexpr uint32_t kPackets = 20'000;
  Counters counters;
  std::atomic<bool> done{false};
  std::thread worker([&] {
    for (uint32_t i = 0; i < kPackets; ++i) counters.sent(PortId{i % 500}, 1);
    done = true;
  });
  uint64_t last = 0;
  while (!done) {
    CounterTotals totals;
    counters.add_to(totals);
    uint64_t packets = 0;
    for (const auto& [port, traffic] : totals.ports) packets += traffic.sent.packets;
    ASSERT_GE(packets, last);
    last = packets;
  }
  worker.join();
  CounterTotals totals;
  counters.add_to(totals);
  EXPECT_EQ(totals.ports.size(), 500u);
  EXPECT_EQ(totals.ports[PortId{7}].sent, (Traffic{kPackets / 500, kPackets / 500}));
}

}  // namespace
}  // namespace isthmus::dataplane
