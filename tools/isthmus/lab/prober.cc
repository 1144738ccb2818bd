#include "tools/isthmus/lab/prober.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>

#include "dataplane/net/checksum.h"
#include "tools/bench/packets/load.h"

namespace isthmus::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kBurst = 64;  // requests, before replies are looked for: no queue runs over
constexpr int kReceiveBytes = 1 << 20;

// What a request carries, and its reply: which one it is. That of another program, or of another
// run, is not mistaken for it.
struct Payload {
  uint64_t mark = 0;
  uint64_t number = 0;
};
struct Echo {
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t checksum = 0;
  uint16_t identifier = 0;
  uint16_t sequence = 0;
  Payload payload;
};

Result<File> open_socket(const ProbeEnd& end) {
  const bool is_v4 = end.address.is_v4();
  File socket(is_v4 ? ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP)
                    : ::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6));
  if (!socket) return failure(fmt::format("no raw socket: {}", std::strerror(errno)), {});
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBytes, sizeof kReceiveBytes);
  const auto here = *bench::packets::Target::make(end.address.to_string(), 0);
  if (::bind(socket.get(), here.name(), here.size()) == 0) return socket;
  return cannot_use(end.nic, end.address.to_string());
}

// Where a reply begins in what a raw socket gives: IPv4 gives the IP header too (raw(7)).
std::optional<Echo> read_reply(std::span<const uint8_t> bytes, bool is_v4, uint64_t mark) {
  const size_t header = is_v4 && !bytes.empty() ? (bytes[0] & 0xFu) * 4u : 0;
  if (bytes.size() < header + sizeof(Echo)) return std::nullopt;
  Echo echo;
  std::memcpy(&echo, bytes.data() + header, sizeof echo);
  const uint8_t reply = is_v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
  if (echo.type != reply || echo.payload.mark != mark) return std::nullopt;
  return echo;
}

}  // namespace

Result<Prober> Prober::open(Helper& helper, const std::vector<ProbeEnd>& ends) {
  std::vector<End> opened;
  for (const ProbeEnd& end : ends) {
    opened.push_back({end.address, {}});
    if (end.nic.empty()) continue;
    if (auto inside = helper.go_into(end.nic); !inside) return tl::unexpected(inside.error());
    auto socket = open_socket(end);
    if (!socket) return tl::unexpected(socket.error());
    opened.back().socket = std::move(*socket);
  }
  return Prober(std::move(opened));
}

void Prober::send(const Probe& probe, uint32_t number) {
  const End& from = ends_[probe.from];
  const End& to = ends_[probe.to];
  if (from.address.family() != to.address.family()) return;
  const bool is_v4 = to.address.is_v4();
  Echo echo;
  echo.type = is_v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  echo.identifier = identifier_;
  echo.sequence = htons(static_cast<uint16_t>(number));
  echo.payload = {mark_, number};
  if (is_v4) {  // of IPv6 the kernel reckons it
    std::array<uint8_t, sizeof echo> bytes;
    std::memcpy(bytes.data(), &echo, sizeof echo);
    echo.checksum = htons(net::checksum(bytes));
  }
  const auto there = *bench::packets::Target::make(to.address.to_string(), 0);
  sent_at_[number] = Clock::now();
  // What has no way out is not answered.
  ::sendto(from.socket.get(), &echo, sizeof echo, 0, there.name(), there.size());
}

void Prober::take_reply(size_t end, uint32_t number, std::vector<Probe>& probes) {
  if (number >= sent_at_.size()) return;
  Probe& probe = probes[number % probes.size()];
  if (probe.from != end || probe.round_trip) return;
  probe.round_trip = Clock::now() - sent_at_[number];
  --missing_;
}

Result<void> Prober::take_replies(std::vector<Probe>& probes, milliseconds patience) {
  std::vector<pollfd> waiting;
  for (const End& end : ends_) waiting.push_back({end.socket.get(), POLLIN, 0});
  if (::poll(waiting.data(), waiting.size(), static_cast<int>(patience.count())) < 0 &&
      errno != EINTR)
    return failure(fmt::format("cannot wait for replies: {}", std::strerror(errno)), {});
  std::array<uint8_t, 2048> bytes;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].revents == 0) continue;
    ssize_t size = 0;
    while ((size = ::recv(ends_[i].socket.get(), bytes.data(), bytes.size(), 0)) >= 0) {
      const auto reply = std::span(bytes).first(static_cast<size_t>(size));
      if (const auto echo = read_reply(reply, ends_[i].address.is_v4(), mark_))
        take_reply(i, static_cast<uint32_t>(echo->payload.number), probes);
    }
  }
  return {};
}

Result<void> Prober::ping(std::vector<Probe>& probes, milliseconds patience) {
  sent_at_.assign(probes.size() * kAttempts, {});
  // Those of an earlier run are flows that may go on although the rules have changed since.
  std::random_device random;
  identifier_ = static_cast<uint16_t>(random());
  mark_ = uint64_t{random()} << 32 | random();
  missing_ = static_cast<size_t>(std::count_if(probes.begin(), probes.end(), [&](const Probe& one) {
    return ends_[one.from].address.family() == ends_[one.to].address.family();
  }));
  for (size_t number = 0; number < sent_at_.size() && missing_ > 0;) {
    for (size_t i = 0; i < probes.size(); ++i, ++number) {
      if (!probes[i].round_trip) send(probes[i], static_cast<uint32_t>(number));
      if (i % kBurst + 1 < kBurst) continue;
      if (auto taken = take_replies(probes, milliseconds(1)); !taken) return taken;
    }
    const auto end = Clock::now() + patience / kAttempts;
    while (missing_ > 0 && Clock::now() < end) {
      const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
      if (auto taken = take_replies(probes, left); !taken) return taken;
    }
  }
  return {};
}

}  // namespace isthmus::cli
