// Load for a network: datagrams and streams as fast as they leave, round trips over TCP, and pings.
//
// Every function does its part of one measurement and returns what it saw; the other part is done
// by another thread, process or machine. Rates are told by who receives, since what is sent into a
// network that drops it is not worth a figure. `ready` is called when the other side may begin.
//
// Errors: std::system_error where a socket cannot be made, bound or connected. Threads: each call
// is of its own.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace isthmus::bench::packets {

using Duration = std::chrono::nanoseconds;
using Ready = std::function<void()>;

// Where to, IPv4 or IPv6.
class Target {
 public:
  // Nothing for a text that is no address.
  static std::optional<Target> make(const std::string& address, uint16_t port);
  const sockaddr* name() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6); }
  int family() const { return storage_.ss_family; }
  bool is_v4() const { return family() == AF_INET; }

 private:
  sockaddr_storage storage_{};
};

// What came, or went, and in which time.
struct Flood {
  uint64_t packets = 0;
  Duration time{};
  double per_second() const;
};

// How long answers took.
struct RoundTrips {
  std::vector<Duration> times;  // sorted
  uint64_t lost = 0;            // pings that nothing came back of in time
  Duration time{};              // of all of it
  double per_second() const;
  // The time that `share` of all are within; zero where there is none. 0.5 is the median.
  Duration within(double share) const;
};

constexpr size_t kDatagramsPerCall = 32;  // of sendmmsg and recvmmsg

// Sends for so long, without pause.
Flood send_datagrams(const Target& target, size_t payload_bytes, Duration time);
// Takes what comes to the port, of either family: waits at most `patience` for the first one, and
// ends when nothing came for kSilence. The time is from the first to the last.
constexpr Duration kSilence = std::chrono::milliseconds(200);
Flood receive_datagrams(uint16_t port, Duration patience, const Ready& ready);

// What one connection of TCP carried.
struct Stream {
  uint64_t bytes = 0;
  Duration time{};
  double bits_per_second() const;
};
// Sends for so long, as fast as it is taken.
Stream send_stream(const Target& target, Duration time);
// Takes what one connection sends until it ends; waits at most `patience` for it.
Stream receive_stream(uint16_t port, Duration patience, const Ready& ready);

// Answers one connection, byte for byte, until it ends.
void serve_round_trips(uint16_t port, const Ready& ready);
// One byte there and one back, one after the other, for so long.
RoundTrips make_round_trips(const Target& target, Duration time);

// Echo requests of ICMP or ICMPv6, one each `interval`. Between them it looks again and again and
// does not sleep, so that the time to wake up the asker is left out. Needs the right to raw
// sockets.
constexpr Duration kPingPatience = std::chrono::seconds(1);
RoundTrips ping(const Target& target, Duration time, Duration interval);

}  // namespace isthmus::bench::packets
