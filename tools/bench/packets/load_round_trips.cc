#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/net/checksum.h"
#include "tools/bench/packets/load_socket.h"

namespace isthmus::bench::packets {
namespace {

constexpr size_t kEchoBytes = 64;  // header and payload, as ping's

// Echo requests of one asker, and their answers.
class Echo {
 public:
  explicit Echo(const Target& target)
      : is_v4_(target.is_v4()),
        identifier_(static_cast<uint16_t>(::getpid())),
        socket_(make_socket(target.family(), SOCK_RAW | SOCK_NONBLOCK,
                            is_v4_ ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6})) {
    connect_to(socket_, target);
  }

  void ask(uint16_t number) {
    std::array<uint8_t, kEchoBytes> packet{};
    packet[0] = is_v4_ ? uint8_t{ICMP_ECHO} : uint8_t{ICMP6_ECHO_REQUEST};
    put(packet, 4, identifier_);
    put(packet, 6, number);
    if (is_v4_) put(packet, 2, net::checksum(packet));  // the kernel fills in that of ICMPv6
    // What cannot be sent counts as lost.
    if (::send(socket_.get(), packet.data(), packet.size(), 0) < 0) return;
  }

  // Whether the answer is there.
  bool has_come(uint16_t number) {
    std::array<uint8_t, 256> packet;
    const ssize_t size = ::recv(socket_.get(), packet.data(), packet.size(), 0);
    const size_t at = is_v4_ ? size_t{packet[0] & 15u} * 4 : 0;  // raw IPv4 comes with its header
    if (size < static_cast<ssize_t>(at + 8)) return false;
    return packet[at] == (is_v4_ ? uint8_t{ICMP_ECHOREPLY} : uint8_t{ICMP6_ECHO_REPLY}) &&
           get(packet, at + 4) == identifier_ && get(packet, at + 6) == number;
  }

 private:
  template <size_t N>
  static void put(std::array<uint8_t, N>& packet, size_t at, uint16_t value) {
    packet[at] = static_cast<uint8_t>(value >> 8);
    packet[at + 1] = static_cast<uint8_t>(value);
  }
  template <size_t N>
  static uint16_t get(const std::array<uint8_t, N>& packet, size_t at) {
    return static_cast<uint16_t>(packet[at] << 8 | packet[at + 1]);
  }

  bool is_v4_;
  uint16_t identifier_;
  File socket_;
};

}  // namespace

double RoundTrips::per_second() const {
  return time > Duration::zero()
             ? static_cast<double>(times.size()) / std::chrono::duration<double>(time).count()
             : 0;
}

Duration RoundTrips::within(double share) const {
  if (times.empty()) return {};
  const auto index = static_cast<size_t>(static_cast<double>(times.size()) * share);
  return times[std::min(index, times.size() - 1)];
}

void serve_round_trips(uint16_t port, const Ready& ready) {
  const File listener = make_bound(SOCK_STREAM, port);
  if (::listen(listener.get(), 1) < 0) fail("listen");
  ready();
  const File connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (connection.get() < 0) fail("accept");
  set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
  char byte = 0;
  while (::read(connection.get(), &byte, 1) == 1 && ::write(connection.get(), &byte, 1) == 1) {
  }
}

RoundTrips make_round_trips(const Target& target, Duration time) {
  const File connection = make_socket(target.family(), SOCK_STREAM);
  connect_to(connection, target);
  set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
  RoundTrips result;
  char byte = 0;
  const Duration began = now();
  for (Duration before = began; result.time < time;) {
    if (::write(connection.get(), &byte, 1) != 1 || ::read(connection.get(), &byte, 1) != 1)
      fail("the connection has ended");
    const Duration after = now();
    result.times.push_back(after - before);
    result.time = after - began;
    before = after;
  }
  std::sort(result.times.begin(), result.times.end());
  return result;
}

RoundTrips ping(const Target& target, Duration time, Duration interval) {
  Echo echo(target);
  RoundTrips result;
  const Duration began = now();
  for (uint16_t number = 0; result.time < time; ++number) {
    const Duration asked = now();
    echo.ask(number);
    Duration waited{};
    bool has_come = false;
    while (!has_come && waited < kPingPatience) {
      has_come = echo.has_come(number);
      waited = now() - asked;
    }
    if (has_come) {
      result.times.push_back(waited);
    } else {
      ++result.lost;
    }
    while (now() - asked < interval) {
    }
    result.time = now() - began;
  }
  std::sort(result.times.begin(), result.times.end());
  return result;
}

}  // namespace isthmus::bench::packets
