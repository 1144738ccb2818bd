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

#include "tests/support/frame_text.h"

namespace isthmus::dataplane::io {
namespace {

using std::chrono::milliseconds;

constexpr DomainId kRed{1};
constexpr DomainId kBlue{2};
constexpr PortId kWeb{11};                      // 10.1.0.4 in red
constexpr PortId kDb{14};                       // 10.2.0.4 in blue
constexpr PortId kApp{15};                      // 10.2.0.5 in blue, where a test has it
constexpr auto kPatience = milliseconds(5000);  // for what must come
constexpr auto kSilence = milliseconds(50);     // for what must not

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }
net::Mac mac(PortId id) { return net::Mac::make(static_cast<uint32_t>(id)).value(); }

// The virtual machine's end of a wire.
class Machine {
 public:
  explicit Machine(PortId port) : port_(port) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
      throw std::system_error(errno, std::generic_category(), "socketpair");
    here_ = File(ends[0]);
    there_ = File(ends[1]);
  }
  PortId port() const { return port_; }
  File plug() { return std::move(there_); }
  void unplug() { here_ = File(); }
  // Before it is plugged in: what is sent to it from then on has no room.
  void fill() {
    const char frame = 0;
    while (::write(there_.get(), &frame, 1) == 1) {
    }
  }

  bool send(std::vector<uint8_t> frame, std::vector<uint8_t> header = {}) {
    header.insert(header.end(), frame.begin(), frame.end());
    return ::write(here_.get(), header.data(), header.size()) >= 0;
  }
  bool send(std::string_view text) { return send(test::frame_of(text, mac(port_), kRouterMac)); }
  // The next frame, with what stands before it; nothing when none comes in time.
  std::vector<uint8_t> receive(milliseconds patience) {
    pollfd waiting{here_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return {};
    std::vector<uint8_t> frame(kFrameBytesMax + kOffloadHeaderBytes);
    const ssize_t size = ::read(here_.get(), frame.data(), frame.size());
    frame.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return frame;
  }
  std::string next(milliseconds patience = kPatience) {
    const auto frame = receive(patience);
    return frame.empty() ? "nothing" : test::text_of(frame);
  }

 private:
  PortId port_;
  File here_;
  File there_;
};

// Each test is made with frames that are written in batches, and one by one.
class PacketWorkerTest : public ::testing::TestWithParam<WriteWay> {
 protected:
  PacketWorkerTest() {
    add(kWeb, kRed, "10.1.0.0/24");
    add(kDb, kBlue, "10.2.0.0/24");
    for (const DomainId domain : {kRed, kBlue}) {
      program_.tables[{domain, 0}] = {{prefix("10.1.0.0/24"), {Action::Kind::Deliver, kRed, {}}},
                                      {prefix("10.2.0.0/24"), {Action::Kind::Deliver, kBlue, {}}}};
    }
    peer();
    publish();
  }
  static PacketWorkerOptions options(WireKind wires = WireKind::Plain) {
    PacketWorkerOptions options;
    options.wires = wires;
    options.writes = GetParam();
    return options;
  }
  void add(PortId id, DomainId domain, const char* subnet, uint32_t host = 4) {
    PortAddress own;
    own.subnet = prefix(subnet);
    own.router = own.subnet.address().plus(1);
    own.address = own.subnet.address().plus(host);
    own.table = {domain, 0};
    program_.ports[id] = {mac(id), false, {own}, {}};
    program_.endpoints[{domain, own.address}] = id;
  }
  void peer() {
    program_.policies[{kRed, kBlue}] = {true, false, {prefix("10.1.0.0/24")}};
    program_.policies[{kBlue, kRed}] = {true, false, {prefix("10.2.0.0/24")}};
  }
  // What program_ says, to the dataplane.
  void publish() {
    auto prepared = dataplane_.prepare(diff(dataplane_.contents(), program_));
    dataplane_.publish(std::move(prepared.value()));
  }
  static uint64_t drops(const PacketWorker& worker, DropReason reason) {
    CounterTotals totals;
    worker.add_to(totals);
    return totals.drops[static_cast<size_t>(reason)];
  }
  // A frame may be seen before it is counted: what is counted by resource, once it is so many.
  static std::map<DropKey, uint64_t> drops_after(const PacketWorker& worker, uint64_t expected) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      CounterTotals totals;
      worker.add_to(totals);
      uint64_t count = 0;
      for (const auto& [key, drops] : totals.drops_by_resource) count += drops;
      const bool is_late = std::chrono::steady_clock::now() > end;
      if (count >= expected || is_late) return totals.drops_by_resource;
      std::this_thread::yield();
    }
  }

  static constexpr const char* kPing = "icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64";
  static constexpr const char* kPingArrived =
      "12-34-56-78-9A-BC > 00-00-00-00-00-0E icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 63";

  ForwardingProgram program_;
  Dataplane dataplane_;
  Machine web_{kWeb};
  Machine db_{kDb};
};

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

// What a capture has seen, a line a frame, once there are `count`.
std::vector<std::string> seen_by(FrameQueue& queue, size_t count) {
  std::vector<std::string> lines;
  FrameQueue::Batch batch;
  while (lines.size() < count) {
    pollfd waiting{queue.wake(), POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(kPatience.count())) <= 0) break;
    queue.take(batch);
    for (const auto& [note, offset, size] : batch.entries) {
      const std::span frame = std::span(batch.bytes).subspan(offset, size);
      lines.push_back(std::to_string(static_cast<uint32_t>(note.port)) +
                      (note.direction == Direction::Outbound ? " out " : " in ") +
                      std::string(info(note.verdict.reason).text) + ": " + test::text_of(frame));
    }
  }
  return lines;
}

TEST_P(PacketWorkerTest, ACaptureSeesWhatIsSentAndWhatArrives) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  const auto all = std::make_shared<FrameQueue>(CaptureFilter{});
  const auto web = std::make_shared<FrameQueue>(CaptureFilter{.port = kWeb});
  worker.begin_capture(all);
  worker.begin_capture(web);
  web_.send(kPing);
  const std::string sent =
      "11 out : 00-00-00-00-00-0B > 12-34-56-78-9A-BC icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64";
  EXPECT_EQ(seen_by(*all, 2),
            (std::vector<std::string>{sent, "14 in : " + std::string(kPingArrived)}));
  EXPECT_EQ(seen_by(*web, 1), std::vector<std::string>{sent});
  worker.end_capture(*all);
  web_.send("who-has 10.1.0.1 tell 10.1.0.4");
  EXPECT_EQ(seen_by(*web, 2),
            (std::vector<std::string>{
                "11 out : 00-00-00-00-00-0B > FF-FF-FF-FF-FF-FF who-has 10.1.0.1 tell 10.1.0.4",
                "11 in : 12-34-56-78-9A-BC > 00-00-00-00-00-0B 10.1.0.1 is-at 12-34-56-78-9A-BC"}));
  EXPECT_EQ(all->counts().at(kWeb).seen, 1u) << "it is no longer told of anything";
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

TEST_P(PacketWorkerTest, ACaptureSeesAFrameLeaveItsLink) {
  program_.policies[{kRed, kBlue}].link = Link{.latency = milliseconds(30)};
  publish();
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  const auto queue = std::make_shared<FrameQueue>(CaptureFilter{});
  const auto db = std::make_shared<FrameQueue>(CaptureFilter{kDb, CaptureFilter::What::Drops});
  worker.begin_capture(queue);
  worker.begin_capture(db);
  const std::string sent =
      "00-00-00-00-00-0B > 12-34-56-78-9A-BC icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64";
  web_.send(kPing);
  EXPECT_EQ(seen_by(*queue, 2),
            (std::vector<std::string>{"11 out : " + sent, "14 in : " + std::string(kPingArrived)}));
  program_.policies[{kRed, kBlue}].link = Link{.latency = std::chrono::seconds(1)};
  publish();
  web_.send(kPing);
  EXPECT_EQ(seen_by(*queue, 1), std::vector<std::string>{"11 out : " + sent});
  program_.policies.clear();
  publish();
  const std::vector<std::string> dropped{"11 out not-peered: " + sent};
  EXPECT_EQ(seen_by(*queue, 1), dropped);
  EXPECT_EQ(seen_by(*db, 1), dropped) << "it was to go there";
  EXPECT_THAT(drops_after(worker, 1), ::testing::ElementsAre(::testing::Pair(
                                          DropKey{DropReason::NotPeered, Tag::None}, 1u)));
}

// At the sender, whose frame it was; and whoever captures where it was to go sees it too.
TEST_P(PacketWorkerTest, ACaptureOfDropsSaysWhyAndNothingElse) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  const auto web = std::make_shared<FrameQueue>(CaptureFilter{kWeb, CaptureFilter::What::Drops});
  const auto db = std::make_shared<FrameQueue>(CaptureFilter{kDb, CaptureFilter::What::Drops});
  worker.begin_capture(web);
  worker.begin_capture(db);
  web_.send("who-has 10.1.0.1 tell 10.1.0.4");
  web_.send("udp 10.1.0.4:1 > 10.9.0.4:53 ttl 64");
  web_.send(kPing);
  const std::string no_wire =
      "11 out no-wire: 00-00-00-00-00-0B > 12-34-56-78-9A-BC icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl "
      "64";
  EXPECT_EQ(seen_by(*web, 2),
            (std::vector<std::string>{"11 out no-route: 00-00-00-00-00-0B > 12-34-56-78-9A-BC udp "
                                      "10.1.0.4:1 > 10.9.0.4:53 ttl 64",
                                      no_wire}));
  EXPECT_EQ(seen_by(*db, 1), std::vector<std::string>{no_wire});
}

TEST_P(PacketWorkerTest, ACaptureHasALargeFrameAsItWasSentAndAsItArrived) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  const auto queue = std::make_shared<FrameQueue>(CaptureFilter{});
  worker.begin_capture(queue);
  const auto frame =
      test::frame_of("tcp 10.1.0.4:5 > 10.2.0.4:6 ack ttl 64 bytes 1400", mac(kWeb), kRouterMac);
  web_.send(frame);
  const auto came = db_.receive(kPatience);
  worker.end_capture(*queue);
  FrameQueue::Batch batch;
  queue->take(batch);
  ASSERT_EQ(batch.entries.size(), 2u);
  EXPECT_TRUE(std::ranges::equal(batch.frame(batch.entries[0]), frame));
  EXPECT_TRUE(std::ranges::equal(batch.frame(batch.entries[1]), came));
  EXPECT_NE(frame, came);
}

TEST_P(PacketWorkerTest, ACaptureThatNobodyReadsHoldsNobodyUp) {
  PacketWorker worker(dataplane_, options());
  worker.attach(kWeb, web_.plug());
  worker.attach(kDb, db_.plug());
  const size_t frame_bytes = test::frame_of(kPing, mac(kWeb), kRouterMac).size();
  const auto queue = std::make_shared<FrameQueue>(CaptureFilter{.port = kWeb}, 3 * frame_bytes);
  worker.begin_capture(queue);
  for (int i = 0; i < 10; ++i) {
    web_.send(kPing);
    ASSERT_EQ(db_.next(), kPingArrived);
  }
  worker.end_capture(*queue);
  EXPECT_EQ(seen_by(*queue, 3).size(), 3u);
  EXPECT_EQ(queue->counts().at(kWeb).seen, 10u);
  EXPECT_EQ(queue->counts().at(kWeb).missed, 7u);
  FrameQueue::Batch batch;
  queue->take(batch);
  EXPECT_TRUE(batch.entries.empty());
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
                         [](const auto& way) {
                           return way.param == WriteWay::Batched ? "Batched" : "OneByOne";
                         });

}  // namespace
}  // namespace isthmus::dataplane::io
