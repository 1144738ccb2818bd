#include "dataplane/io/packet_worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/packet_worker_world.h"

namespace isthmus::dataplane::io {
namespace {

using std::chrono::milliseconds;

class PacketWorkerTest : public PacketWorkerWorld {};

TEST_P(PacketWorkerTest, AFrameGoesFromWireToWire) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  EXPECT_EQ(worker.wires(), 2u);
  web_.send("who-has 10.1.0.1 tell 10.1.0.4");
  EXPECT_EQ(web_.next(), "12-34-56-78-9A-BC > 00-00-00-00-00-0B 10.1.0.1 is-at 12-34-56-78-9A-BC");
  web_.send(kPing);
  EXPECT_EQ(db_.next(), kPingArrived);
  std::this_thread::sleep_for(milliseconds(5));  // so that it sleeps
  db_.send("icmp 10.2.0.4 > 10.1.0.4 echo-reply 7 ttl 64");
  EXPECT_EQ(web_.next(),
            "12-34-56-78-9A-BC > 00-00-00-00-00-0B icmp 10.2.0.4 > 10.1.0.4 echo-reply 7 ttl 63");
}

TEST_P(PacketWorkerTest, FramesOfAnySizeKeepTheirOrder) {
  constexpr int kFrames = 300,
                kPortMin = 1000;  // several bursts by their number, and by their bytes
  PacketWorker worker(dataplane_, options(WireKind::Offloads));
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  const std::vector<uint8_t> header = {1, 5, 42, 0, 0xB4, 5, 34, 0, 6, 0};  // segments of UDP
  std::thread sender([&] {
    for (int i = 0; i < kFrames; ++i) {
      const int bytes = i % 7 == 0 ? 60'000 : i;
      const std::string text =
          fmt::format("udp 10.1.0.4:{} > 10.2.0.4:6 bytes {}", kPortMin + i, bytes);
      const auto frame = test::frame_of(text, mac(kWeb), kRouterMac);
      while (!web_.send(frame, header)) std::this_thread::yield();
    }
  });
  uint64_t arrived = 0;
  int last = 0;
  // A wire that is full drops.
  while (arrived + drops(worker, DropReason::WireFull) < kFrames) {
    const auto came = db_.receive(kSilence);
    if (came.empty()) continue;
    const std::string text = test::text_of(std::span(came).subspan(header.size()));
    const int number = std::stoi(text.substr(text.find("10.1.0.4:") + 9));
    EXPECT_GT(number, last);
    last = number;
    ++arrived;
  }
  sender.join();
  EXPECT_GT(arrived, 0u);
}

TEST_P(PacketWorkerTest, WhatIsDetachedIsNotReachedAndAnotherWireTakesItsPlace) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  web_.send(kPing);
  while (drops(worker, DropReason::NoWire) < 1) std::this_thread::yield();
  worker.attach(kDb, db_.plug());
  web_.send(kPing);
  EXPECT_EQ(db_.next(), kPingArrived);
  EXPECT_TRUE(worker.detach(kDb));
  EXPECT_FALSE(worker.detach(kDb));
  web_.send(kPing);
  Machine again{kDb};
  while (drops(worker, DropReason::NoWire) < 2) std::this_thread::yield();
  worker.attach(kDb, again.plug());
  web_.send(kPing);
  EXPECT_EQ(again.next(), kPingArrived);
  Machine third{kDb};
  worker.attach(kDb, third.plug());
  web_.send(kPing);
  EXPECT_EQ(third.next(), kPingArrived);
  EXPECT_EQ(worker.wires(), 2u);
}

TEST_P(PacketWorkerTest, AWireWhoseOtherEndIsGoneIsTakenOut) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  web_.unplug();
  while (worker.wires() != 1) std::this_thread::yield();
  EXPECT_FALSE(worker.detach(kWeb));
}

// As a process does that made the wire and keeps it for the next daemon.
TEST_P(PacketWorkerTest, AWireThatIsOpenElsewhereTooComesAndGoes) {
  PacketWorker worker(dataplane_, options());
  const File kept = db_.plug();
  worker.attach(kWeb, web_.plug());
  for (int round = 0; round < 3; ++round) {
    worker.attach(kDb, File(::dup(kept.get())));
    worker.attach(kDb, File(::dup(kept.get())));
    web_.send(kPing);
    ASSERT_EQ(db_.next(), kPingArrived);
    ASSERT_TRUE(worker.detach(kDb));
    db_.send("icmp 10.2.0.4 > 10.1.0.4 echo 7 ttl 64");
    ASSERT_EQ(web_.next(kSilence), "nothing");
    std::vector<uint8_t> unread(2000);
    ASSERT_GT(::read(kept.get(), unread.data(), unread.size()), 0);
  }
}

TEST_P(PacketWorkerTest, WhatCannotBeWaitedForIsRefused) {
  PacketWorker worker(dataplane_, options());
  EXPECT_THROW(worker.attach(kWeb, File(::open("/", O_RDONLY | O_CLOEXEC))), std::system_error);
  EXPECT_THROW(worker.attach(kWeb, File()), std::system_error);
  EXPECT_EQ(worker.wires(), 0u);
  worker.attach(kWeb, web_.plug());
  EXPECT_THROW(worker.attach(kWeb, File(::open("/", O_RDONLY | O_CLOEXEC))), std::system_error);
  web_.send("who-has 10.1.0.1 tell 10.1.0.4");
  EXPECT_NE(web_.next(), "nothing") << "the wire that was in is out";
}

TEST_P(PacketWorkerTest, AReceiverWhoTakesNothingHoldsNobodyUp) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  while (drops(worker, DropReason::WireFull) < 100) {
    if (!web_.send(kPing)) std::this_thread::yield();
  }
  web_.send("who-has 10.1.0.1 tell 10.1.0.4");
  EXPECT_EQ(web_.next(), "12-34-56-78-9A-BC > 00-00-00-00-00-0B 10.1.0.1 is-at 12-34-56-78-9A-BC");
  EXPECT_EQ(db_.next(), kPingArrived);
}

// What waits when a wire is plugged in is read at once, and what comes of it written at once.
TEST_P(PacketWorkerTest, ABurstIsAnsweredAndForwardedFrameByFrame) {
  constexpr int kRounds = 20;
  constexpr const char* kLastHop = "icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 1";
  PacketWorker worker(dataplane_, options());
  worker.attach(kDb, db_.plug());
  for (int i = 0; i < kRounds; ++i) {
    web_.send("who-has 10.1.0.1 tell 10.1.0.4");
    web_.send(kPing);
    web_.send(kLastHop);
  }
  worker.attach(kWeb, web_.plug());
  for (int i = 0; i < kRounds; ++i) {
    EXPECT_EQ(db_.next(), kPingArrived);
    EXPECT_EQ(web_.next(),
              "12-34-56-78-9A-BC > 00-00-00-00-00-0B 10.1.0.1 is-at 12-34-56-78-9A-BC");
    EXPECT_THAT(web_.next(), ::testing::HasSubstr("time-exceeded")) << i;
  }
  EXPECT_EQ(db_.next(kSilence), "nothing");
}

TEST_P(PacketWorkerTest, OfABurstEachWireHasItsOwnLosses) {
  constexpr int kFrames = 30;
  constexpr Tag kAppTag{77};
  add(kApp, kBlue, "10.2.0.0/24", 5);
  program_.ports[kApp].tag = kAppTag;
  publish();
  PacketWorker worker(dataplane_, options());
  worker.attach(kDb, db_.plug());
  Machine app(kApp);
  app.fill();
  worker.attach(kApp, app.plug());
  for (int i = 0; i < kFrames; ++i) {
    web_.send(kPing);
    web_.send("icmp 10.1.0.4 > 10.2.0.5 echo 7 ttl 64");
  }
  worker.attach(kWeb, web_.plug());
  for (int i = 0; i < kFrames; ++i) EXPECT_EQ(db_.next(), kPingArrived);
  EXPECT_THAT(drops_after(worker, kFrames), ::testing::ElementsAre(::testing::Pair(
                                                DropKey{DropReason::WireFull, kAppTag}, kFrames)));
}

TEST_P(PacketWorkerTest, AnOffloadHeaderGoesWithItsFrame) {
  PacketWorker worker(dataplane_, options(WireKind::Offloads));
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  const std::vector<uint8_t> header = {1, 1, 54, 0, 0xB4, 5, 34, 0, 16, 0};
  const auto frame =
      test::frame_of("tcp 10.1.0.4:5 > 10.2.0.4:6 ack ttl 64 bytes 60000", mac(kWeb), kRouterMac);
  web_.send(frame, header);
  auto came = db_.receive(kPatience);
  ASSERT_EQ(came.size(), header.size() + frame.size());
  EXPECT_TRUE(std::equal(header.begin(), header.end(), came.begin()));
  EXPECT_EQ(test::text_of(std::span(came).subspan(header.size())),
            "12-34-56-78-9A-BC > 00-00-00-00-00-0E tcp 10.1.0.4:5 > 10.2.0.4:6 ack ttl 63");
  // What the virtual router says asks for nothing.
  web_.send(test::frame_of("who-has 10.1.0.1 tell 10.1.0.4", mac(kWeb), kRouterMac), header);
  came = web_.receive(kPatience);
  ASSERT_EQ(came.size(), header.size() + 42);
  EXPECT_THAT(std::vector<uint8_t>(came.begin(), came.begin() + kOffloadHeaderBytes),
              ::testing::Each(0));
  web_.send({}, {1, 2, 3});  // shorter than the header
  web_.send(frame, header);
  EXPECT_EQ(db_.receive(kPatience).size(), header.size() + frame.size());
  // The same frame whole, which nothing cuts into segments of 1460 bytes, is too large.
  web_.send(frame, std::vector<uint8_t>(kOffloadHeaderBytes));
  came = web_.receive(kPatience);
  ASSERT_GT(came.size(), kOffloadHeaderBytes);
  EXPECT_EQ(test::text_of(std::span(came).subspan(kOffloadHeaderBytes)),
            "12-34-56-78-9A-BC > 00-00-00-00-00-0B "
            "icmp 10.1.0.1 > 10.1.0.4 too-big 1500 ttl 64");
}

TEST_P(PacketWorkerTest, AFrameThatHasALinkToPassArrivesLater) {
  constexpr auto kLatency = milliseconds(30);
  program_.policies[{kRed, kBlue}].link = Link{.latency = kLatency};
  publish();
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  for (int i = 0; i < 3; ++i) {
    const auto sent_at = std::chrono::steady_clock::now();
    web_.send(kPing);
    web_.send(kPing);
    EXPECT_EQ(db_.next(), kPingArrived);
    EXPECT_GE(std::chrono::steady_clock::now() - sent_at, kLatency);
    EXPECT_EQ(db_.next(), kPingArrived);
  }
  db_.send("icmp 10.2.0.4 > 10.1.0.4 echo-reply 7 ttl 64");
  EXPECT_EQ(web_.next().substr(0, 17), "12-34-56-78-9A-BC") << "the way back has no link";
}

// More than are written at once, since the thread is held up until all of them are there; in their
// order, and each with what stands in front of it.
TEST_P(PacketWorkerTest, ManyFramesLeaveALinkInTheirOrder) {
  constexpr auto kLatency = milliseconds(20);
  program_.policies[{kRed, kBlue}].link = Link{.latency = kLatency};
  publish();
  PacketWorker worker(dataplane_, options(WireKind::Offloads));
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  constexpr uint8_t kFrames = 150;
  const auto frame = test::frame_of(kPing, mac(kWeb), kRouterMac);
  for (uint8_t i = 0; i < kFrames; ++i) {
    std::vector<uint8_t> header(kOffloadHeaderBytes);
    header.back() = i;
    ASSERT_TRUE(web_.send(frame, header));
  }
  worker.look([&](const Worker&, Time) { std::this_thread::sleep_for(2 * kLatency); });
  for (uint8_t i = 0; i < kFrames; ++i) {
    const auto came = db_.receive(kPatience);
    ASSERT_GT(came.size(), kOffloadHeaderBytes) << int{i};
    EXPECT_EQ(came[kOffloadHeaderBytes - 1], i);
    EXPECT_EQ(test::text_of(std::span(came).subspan(kOffloadHeaderBytes)), kPingArrived);
  }
}

TEST_P(PacketWorkerTest, AChangeIsInForceForTheNextFrame) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  for (int round = 0; round < 200; ++round) {
    web_.send(kPing);
    ASSERT_EQ(db_.next(), kPingArrived) << round;
    program_.policies.clear();
    publish();
    web_.send(kPing);
    while (drops(worker, DropReason::NotPeered) != static_cast<uint64_t>(round) + 1)
      std::this_thread::yield();
    peer();
    publish();
  }
  EXPECT_EQ(db_.next(kSilence), "nothing");
}

TEST_P(PacketWorkerTest, TablesChangeUnderTraffic) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  std::atomic<bool> is_over{false};
  std::thread sender([&] {
    while (!is_over) {
      if (!web_.send(kPing)) std::this_thread::yield();
    }
  });
  size_t arrived = 0;
  std::thread receiver([&] {
    while (!is_over) {
      const std::string came = db_.next(milliseconds(10));
      if (came == "nothing") continue;
      ASSERT_EQ(came, kPingArrived);
      ++arrived;
    }
  });
  for (int round = 0; round < 2000; ++round) {
    program_.tables[{kRed, 0}].erase(prefix("10.2.0.0/24"));
    publish();
    program_.tables[{kRed, 0}][prefix("10.2.0.0/24")] = {Action::Kind::Deliver, kBlue, {}};
    publish();
  }
  is_over = true;
  sender.join();
  receiver.join();
  EXPECT_GT(arrived, 0u);
  // Nothing that was replaced is held for long: once it sleeps, nothing at all.
  for (int i = 0; i < 5000 && dataplane_.stats().versions_pending != 0; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
    dataplane_.reclaim();
  }
  EXPECT_EQ(dataplane_.stats().versions_pending, 0u);
}

INSTANTIATE_TEST_SUITE_P(Writes, PacketWorkerTest,
                         ::testing::Values(WriteWay::Batched, WriteWay::OneByOne),
                         &PacketWorkerTest::name_of);

}  // namespace
}  // namespace isthmus::dataplane::io
