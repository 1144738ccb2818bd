#include "dataplane/pipeline/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace isthmus::dataplane {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr PeerKey kThere{DomainId{1}, DomainId{2}};
constexpr PeerKey kBack{DomainId{2}, DomainId{1}};

// A frame that is told by its port.
LinkFrame frame(uint32_t name, size_t bytes = 1000) {
  return {PortId{name}, {}, std::vector<uint8_t>(bytes), 0};
}

// Who is there, and when, until nothing is on its way.
std::vector<std::pair<uint32_t, microseconds>> arrivals(Links& links) {
  std::vector<std::pair<uint32_t, microseconds>> result;
  while (const auto at = links.next_at()) {
    EXPECT_FALSE(links.next(*at - Time(1))) << "too early";
    const auto arrived = links.next(*at);
    result.emplace_back(static_cast<uint32_t>(arrived->from),
                        std::chrono::duration_cast<microseconds>(*at));
  }
  return result;
}

TEST(Links, AFrameIsThereAfterTheLatency) {
  Links links;
  const Link link{.latency = milliseconds(5)};
  EXPECT_EQ(links.next_at(), std::nullopt);
  EXPECT_EQ(links.enter(kThere, link, frame(1), milliseconds(1)), DropReason::None);
  EXPECT_EQ(links.enter(kThere, link, frame(2), milliseconds(2)), DropReason::None);
  EXPECT_EQ(links.frames(), 2u);
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(1u, milliseconds(6)), Pair(2u, milliseconds(7))));
  EXPECT_EQ(links.frames(), 0u);
}

// 1000 bytes are 8 ms at a megabit a second; the directions do not wait for each other.
TEST(Links, FramesOfOneDirectionWaitForEachOther) {
  Links links;
  const Link link{.latency = milliseconds(5), .rate_bits_per_second = 1'000'000};
  for (const uint32_t name : {1u, 2u, 3u}) links.enter(kThere, link, frame(name), Time(0));
  links.enter(kBack, link, frame(4, 500), Time(0));
  links.enter(kThere, link, frame(5), milliseconds(30));
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(4u, milliseconds(9)), Pair(1u, milliseconds(13)),
                                           Pair(2u, milliseconds(21)), Pair(3u, milliseconds(29)),
                                           Pair(5u, milliseconds(43))));
}

TEST(Links, WhatStandsInFrontOfAFrameTakesNoTime) {
  Links links;
  LinkFrame with_header = frame(1, 1012);
  with_header.header_bytes = 12;
  links.enter(kThere, {.rate_bits_per_second = 1'000'000}, std::move(with_header), Time(0));
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(1u, milliseconds(8))));
}

TEST(Links, FramesDoNotOvertakeWhereTheLinkBecomesFaster) {
  Links links;
  links.enter(kThere, {.latency = milliseconds(50)}, frame(1), Time(0));
  links.enter(kThere, {.latency = milliseconds(5)}, frame(2), Time(0));
  links.enter(kThere, {}, frame(3), milliseconds(60));
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(1u, milliseconds(50)), Pair(2u, milliseconds(50)),
                                           Pair(3u, milliseconds(60))));
}

// The first frame waits for nobody, however long it takes itself.
TEST(Links, WhoWouldWaitTooLongIsDropped) {
  Links links;
  const Link slow{.rate_bits_per_second = 8'000};  // 1000 bytes in a second
  EXPECT_EQ(links.enter(kThere, slow, frame(1), Time(0)), DropReason::None);
  EXPECT_EQ(links.enter(kThere, slow, frame(2), Time(0)), DropReason::LinkFull);
  EXPECT_EQ(links.enter(kThere, slow, frame(3), seconds(1) - kLinkQueueMax), DropReason::None);
  EXPECT_EQ(links.enter(kBack, slow, frame(4), Time(0)), DropReason::None);
  EXPECT_THAT(arrivals(links),
              ElementsAre(Pair(1u, seconds(1)), Pair(4u, seconds(1)), Pair(3u, seconds(2))));
}

TEST(Links, NoMoreBytesThanItMayAreOnTheirWay) {
  Links links;
  const Link far{.latency = seconds(1)};
  constexpr size_t kFrameBytes = 1 << 16;
  for (size_t bytes = 0; bytes < kLinkBytesMax; bytes += kFrameBytes)
    ASSERT_EQ(links.enter(kThere, far, frame(1, kFrameBytes), Time(0)), DropReason::None);
  EXPECT_EQ(links.enter(kBack, far, frame(1, 1), Time(0)), DropReason::LinkFull);
  EXPECT_TRUE(links.next(seconds(1)));
  EXPECT_EQ(links.enter(kBack, far, frame(1, 1), seconds(1)), DropReason::None);
}

TEST(Links, LosesAsManyAsItSays) {
  constexpr int kFrames = 100'000;
  for (const uint32_t ppm : {0u, 1'000u, 250'000u, 1'000'000u}) {
    Links links(7);
    int lost = 0;
    for (int i = 0; i < kFrames; ++i)
      lost += links.enter(kThere, {.loss_ppm = ppm}, frame(1, 1), Time(i)) == DropReason::LinkLoss;
    const double expected = kFrames * (ppm / 1e6);
    EXPECT_NEAR(lost, expected, 4 * std::sqrt(expected * (1 - ppm / 1e6))) << ppm;
    EXPECT_EQ(links.frames(), static_cast<size_t>(kFrames - lost));
  }
}

TEST(Links, ALostFrameHasTakenItsTurn) {
  Links links;
  const Link link{.rate_bits_per_second = 1'000'000};
  Link losing = link;
  losing.loss_ppm = 1'000'000;
  EXPECT_EQ(links.enter(kThere, losing, frame(1), Time(0)), DropReason::LinkLoss);
  EXPECT_EQ(links.enter(kThere, link, frame(2), Time(0)), DropReason::None);
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(2u, milliseconds(16))));
}

TEST(Links, WhatItForgetsMakesNoDifference) {
  const Link link{.latency = milliseconds(3), .rate_bits_per_second = 10'000'000};
  Links one(1), other(1);
  std::mt19937 random(1);
  Time now{};
  std::vector<std::pair<uint32_t, Time>> came_of_one, came_of_other;
  const auto drain = [&now](Links& links, auto& came) {
    while (const auto arrived = links.next(now))
      came.emplace_back(static_cast<uint32_t>(arrived->from), now);
  };
  for (uint32_t i = 0; i < 2'000; ++i) {
    now += microseconds(random() % 3'000);
    const PeerKey& way = random() % 2 == 0 ? kThere : kBack;
    const size_t bytes = 60 + random() % 1'400;
    EXPECT_EQ(one.enter(way, link, frame(i, bytes), now),
              other.enter(way, link, frame(i, bytes), now));
    drain(one, came_of_one);
    drain(other, came_of_other);
    one.forget_idle(now);
  }
  EXPECT_EQ(came_of_one, came_of_other);
}

}  // namespace
}  // namespace isthmus::dataplane
