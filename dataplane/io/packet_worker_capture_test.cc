// What a capture at a packet worker sees of frames.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/packet_worker_world.h"

namespace isthmus::dataplane::io {
namespace {

using std::chrono::milliseconds;

class PacketWorkerCaptureTest : public PacketWorkerWorld {
 protected:
  // What a capture has seen, a line a frame, once there are `count`.
  static std::vector<std::string> seen_by(FrameQueue& queue, size_t count) {
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
};

TEST_P(PacketWorkerCaptureTest, ACaptureSeesWhatIsSentAndWhatArrives) {
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

TEST_P(PacketWorkerCaptureTest, ACaptureSeesAFrameLeaveItsLink) {
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
TEST_P(PacketWorkerCaptureTest, ACaptureOfDropsSaysWhyAndNothingElse) {
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

TEST_P(PacketWorkerCaptureTest, ACaptureHasALargeFrameAsItWasSentAndAsItArrived) {
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

TEST_P(PacketWorkerCaptureTest, ACaptureThatNobodyReadsHoldsNobodyUp) {
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

INSTANTIATE_TEST_SUITE_P(Writes, PacketWorkerCaptureTest,
                         ::testing::Values(WriteWay::Batched, WriteWay::OneByOne),
                         &PacketWorkerCaptureTest::name_of);

}  // namespace
}  // namespace isthmus::dataplane::io
