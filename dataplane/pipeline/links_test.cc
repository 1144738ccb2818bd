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

// A frame that is told by its port enters. Why it does not arrive; None: it will.
DropReason enter(Links& links, const PeerKey& key, const Link& link, uint32_t name, Time now,
                 size_t bytes = 1000) {
  const auto there = links.admit(key, link, bytes, now);
  if (there) links.add(key, *there, {PortId{name}, {}, std::vector<uint8_t>(bytes)});
  return there ? DropReason::None : there.error();
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
  EXPECT_EQ(enter(links, kThere, link, 1, milliseconds(1)), DropReason::None);
  EXPECT_EQ(enter(links, kThere, link, 2, milliseconds(2)), DropReason::None);
  EXPECT_EQ(links.frames(), 2u);
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(1u, milliseconds(6)), Pair(2u, milliseconds(7))));
  EXPECT_EQ(links.frames(), 0u);
}

// 1000 bytes are 8 ms at a megabit a second; the directions do not wait for each other.
TEST(Links, FramesOfOneDirectionWaitForEachOther) {
  Links links;
  const Link link{.latency = milliseconds(5), .rate_bits_per_second = 1'000'000};
  for (const uint32_t name : {1u, 2u, 3u}) enter(links, kThere, link, name, Time(0));
  enter(links, kBack, link, 4, Time(0), 500);
  enter(links, kThere, link, 5, milliseconds(30));
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(4u, milliseconds(9)), Pair(1u, milliseconds(13)),
                                           Pair(2u, milliseconds(21)), Pair(3u, milliseconds(29)),
                                           Pair(5u, milliseconds(43))));
}

// What is on the old one stays there for as long as it takes.
TEST(Links, ALinkThatIsChangedBeginsAnew) {
  Links links;
  enter(links, kThere, {.latency = milliseconds(50), .rate_bits_per_second = 8'000}, 1, Time(0));
  enter(links, kThere, {.latency = milliseconds(5)}, 2, Time(0));
  enter(links, kThere, {.latency = milliseconds(5)}, 3, milliseconds(60));
  EXPECT_THAT(arrivals(links), ElementsAre(Pair(2u, milliseconds(5)), Pair(3u, milliseconds(65)),
                                           Pair(1u, milliseconds(1050))));
}

// The first frame waits for nobody, however long it takes itself.
TEST(Links, WhoWouldWaitTooLongIsDropped) {
  Links links;
  const Link slow{.rate_bits_per_second = 8'000};  // 1000 bytes in a second
  EXPECT_EQ(enter(links, kThere, slow, 1, Time(0)), DropReason::None);
  EXPECT_EQ(enter(links, kThere, slow, 2, Time(0)), DropReason::LinkFull);
  EXPECT_EQ(enter(links, kThere, slow, 3, seconds(1) - kLinkQueueMax), DropReason::None);
  EXPECT_EQ(enter(links, kBack, slow, 4, Time(0)), DropReason::None);
  EXPECT_THAT(arrivals(links),
              ElementsAre(Pair(1u, seconds(1)), Pair(4u, seconds(1)), Pair(3u, seconds(2))));
}

// In one direction, and in all of them; what has arrived makes room.
TEST(Links, NoMoreBytesThanTheyMayAreOnTheirWay) {
  Links links;
  const Link far{.latency = seconds(1)};
  constexpr size_t kFrameBytes = (1 << 16) - kLinkFrameBytes;
  const auto fill = [&](const PeerKey& key) {
    size_t held = 0;
    for (; enter(links, key, far, 1, Time(0), kFrameBytes) == DropReason::None; held += 1 << 16) {
    }
    return held;
  };
  EXPECT_EQ(fill(kThere), kLinkBytesMax);
  EXPECT_EQ(fill(kBack), kLinkBytesMax);
  size_t held = 2 * kLinkBytesMax;
  for (uint32_t other = 3; other < 10; ++other) held += fill({DomainId{1}, DomainId{other}});
  EXPECT_EQ(held, kLinksBytesMax);
  EXPECT_TRUE(links.next(seconds(1)));
  EXPECT_EQ(enter(links, kThere, far, 1, seconds(1), kFrameBytes), DropReason::None);
  EXPECT_EQ(enter(links, kThere, far, 1, seconds(1), kFrameBytes), DropReason::LinkFull);
}

TEST(Links, LosesAsManyAsItSays) {
  constexpr int kFrames = 100'000;
  for (const uint32_t ppm : {0u, 1'000u, 250'000u, 1'000'000u}) {
    Links links(7);
    int lost = 0;
    for (int i = 0; i < kFrames; ++i)
      lost += enter(links, kThere, {.loss_ppm = ppm}, 1, Time(i), 1) == DropReason::LinkLoss;
    const double expected = kFrames * (ppm / 1e6);
    EXPECT_NEAR(lost, expected, 4 * std::sqrt(expected * (1 - ppm / 1e6))) << ppm;
    EXPECT_EQ(links.frames(), static_cast<size_t>(kFrames - lost));
  }
}

TEST(Links, ALostFrameHasTakenItsTurn) {
  Links links(3);
  const Link link{.loss_ppm = 500'000, .rate_bits_per_second = 1'000'000};
  std::vector<std::pair<uint32_t, microseconds>> expected;
  for (uint32_t i = 1; i <= 12; ++i) {
    if (enter(links, kThere, link, i, Time(0)) == DropReason::None)
      expected.emplace_back(i, i * milliseconds(8));
  }
  EXPECT_GT(expected.size(), 0u);
  EXPECT_LT(expected.size(), 12u);
  EXPECT_EQ(arrivals(links), expected);
}

// Two that are asked the same; one forgets what it may whenever it may.
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
    EXPECT_EQ(enter(one, way, link, i, now, bytes), enter(other, way, link, i, now, bytes));
    drain(one, came_of_one);
    drain(other, came_of_other);
    one.forget_idle(now);
  }
  EXPECT_EQ(came_of_one, came_of_other);
  one.forget_idle(now);
  EXPECT_EQ(one.directions(), 2u) << "frames are on both";
  now += seconds(1);
  drain(one, came_of_one);
  one.forget_idle(now);
  EXPECT_EQ(one.directions(), 0u);
}

}  // namespace
}  // namespace isthmus::dataplane
