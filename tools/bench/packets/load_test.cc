#include "tools/bench/packets/load.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <system_error>

namespace isthmus::bench::packets {
namespace {

using std::chrono::milliseconds;

// A port that nobody has, of TCP and most likely of UDP too: tests run beside each other.
uint16_t free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  socklen_t size = sizeof name;
  EXPECT_EQ(::bind(descriptor, reinterpret_cast<const sockaddr*>(&name), size), 0);
  EXPECT_EQ(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &size), 0);
  ::close(descriptor);
  return ntohs(name.sin_port);
}

class Load : public ::testing::Test {
 protected:
  Target loopback(const char* address) const { return Target::make(address, port_).value(); }
  const uint16_t port_ = free_port();
};

// Runs `receive(ready)` on a thread of its own, and `send` once that is ready.
template <class Receive, class Send>
auto both(Receive receive, Send send) {
  std::promise<void> ready;
  auto received =
      std::async(std::launch::async, [&] { return receive([&] { ready.set_value(); }); });
  ready.get_future().wait();
  auto sent = send();
  received.wait();
  return std::pair(std::move(received), std::move(sent));
}

TEST_F(Load, ATargetIsAnAddressOfEitherFamily) {
  EXPECT_TRUE(Target::make("127.0.0.1", 1)->is_v4());
  EXPECT_FALSE(Target::make("::1", 1)->is_v4());
  for (const char* text : {"", "localhost", "127.0.0.1/8", "::1%lo", "1.2.3"})
    EXPECT_FALSE(Target::make(text, 1)) << text;
}

TEST_F(Load, DatagramsAreCountedWhereTheyArrive) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    auto [received, sent] = both(
        [&](const Ready& ready) { return receive_datagrams(port_, milliseconds(5000), ready); },
        [&] { return send_datagrams(loopback(address), 18, milliseconds(50)); });
    const Flood flood = received.get();
    EXPECT_GT(flood.packets, 0u) << address;
    EXPECT_LE(flood.packets, sent.packets) << address;
    EXPECT_GT(flood.per_second(), 0) << address;
  }
}

TEST_F(Load, NobodySendsAndNothingIsReceived) {
  const Flood flood = receive_datagrams(port_, milliseconds(20), [] {});
  EXPECT_EQ(flood.packets, 0u);
  EXPECT_EQ(flood.per_second(), 0);
}

TEST_F(Load, AStreamIsReceivedWhole) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    auto [received, sent] =
        both([&](const Ready& ready) { return receive_stream(port_, milliseconds(5000), ready); },
             [&] { return send_stream(loopback(address), milliseconds(50)); });
    const Stream stream = received.get();
    EXPECT_GT(stream.bytes, 0u) << address;
    EXPECT_EQ(stream.bytes, sent.bytes) << address;
    EXPECT_GT(stream.bits_per_second(), 0) << address;
  }
}

TEST_F(Load, RoundTripsAreSortedAndMakeUpTheTime) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    auto [served, trips] =
        both([&](const Ready& ready) { serve_round_trips(port_, ready); },
             [&] { return make_round_trips(loopback(address), milliseconds(50)); });
    ASSERT_FALSE(trips.times.empty()) << address;
    EXPECT_TRUE(std::is_sorted(trips.times.begin(), trips.times.end()));
    Duration sum{};
    for (const Duration time : trips.times) sum += time;
    EXPECT_EQ(sum, trips.time);
    EXPECT_EQ(trips.within(0), trips.times.front());
    EXPECT_EQ(trips.within(1), trips.times.back());
    EXPECT_LE(trips.within(0.5), trips.within(0.99));
  }
}

TEST_F(Load, NobodyAtThePortIsAnError) {
  EXPECT_THROW(make_round_trips(loopback("127.0.0.1"), milliseconds(10)), std::system_error);
}

TEST_F(Load, APingOfTheLoopbackIsAnswered) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    try {
      const RoundTrips trips = ping(loopback(address), milliseconds(20), milliseconds(1));
      EXPECT_GT(trips.times.size(), 0u) << address;
      EXPECT_LE(trips.times.size(), 20u) << address;
      EXPECT_GE(trips.time, milliseconds(20)) << address;
    } catch (const std::system_error& error) {
      GTEST_SKIP() << "no raw socket here: " << error.what();
    }
  }
}

TEST_F(Load, WithoutAnswersThereAreNoTimes) {
  const RoundTrips none;
  EXPECT_EQ(none.within(0.5), Duration::zero());
  EXPECT_EQ(none.per_second(), 0);
}

}  // namespace
}  // namespace isthmus::bench::packets
