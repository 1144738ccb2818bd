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

namespace isthmus::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kBurst = 64;  // requests, before replies are looked for: no queue runs over
constexpr int kReceiveBytes = 1 << 20;

// What a request carries, and its reply: which one it is. Another program's is not mistaken for it.
struct Payload {
  uint32_t mark = 0x1574'4D05;
  uint32_t number = 0;
};
struct Echo {
  uint8_t type = 0;
  uint8_t code = 0;
  uint16_t checksum = 0;
  uint16_t identifier = 0;
  uint16_t sequence = 0;
  Payload payload;
};

Result<File> open_socket(bool is_v4) {
  File socket(is_v4 ? ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP)
                    : ::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6));
  if (!socket) return failure(fmt::format("no raw socket: {}", std::strerror(errno)), {});
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBytes, sizeof kReceiveBytes);
  return socket;
}

// Where a reply begins in what a raw socket gives: IPv4 gives the IP header too (raw(7)).
std::optional<Echo> read_reply(std::span<const uint8_t> bytes, bool is_v4) {
  const size_t header = is_v4 && !bytes.empty() ? (bytes[0] & 0xFu) * 4u : 0;
  if (bytes.size() < header + sizeof(Echo)) return std::nullopt;
  Echo echo;
  std::memcpy(&echo, bytes.data() + header, sizeof echo);
  const uint8_t reply = is_v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
  if (echo.type != reply || echo.payload.mark != Payload().mark) return std::nullopt;
  return echo;
}

}  // namespace

Result<Prober> Prober::open(Helper& helper, const std::vector<MachineInfo>& machines) {
  std::vector<End> ends;
  bool is_in_user_namespace = false;
  for (const MachineInfo& machine : machines) {
    const auto address = net::IpAddress::parse(machine.address);
    auto entrance = helper.enter(machine.nic);
    if (!entrance) return tl::unexpected(entrance.error());
    if (is_in_user_namespace) entrance->user = File();
    is_in_user_namespace = is_in_user_namespace || entrance->user;
    if (auto inside = go_into(*entrance); !inside) return tl::unexpected(inside.error());
    auto socket = open_socket(address->is_v4());
    if (!socket) return tl::unexpected(socket.error());
    ends.push_back({*address, std::move(*socket)});
  }
  return Prober(std::move(ends));
}

bool Prober::send(const Probe& probe, uint32_t number) {
  const End& from = ends_[probe.from];
  const End& to = ends_[probe.to];
  if (from.address.family() != to.address.family()) return false;
  const bool is_v4 = to.address.is_v4();
  Echo echo;
  echo.type = is_v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
  echo.identifier = identifier_;
  echo.sequence = htons(static_cast<uint16_t>(number));
  echo.payload.number = number;
  if (is_v4) {  // of IPv6 the kernel reckons it
    std::array<uint8_t, sizeof echo> bytes;
    std::memcpy(bytes.data(), &echo, sizeof echo);
    echo.checksum = htons(net::checksum(bytes));
  }
  const auto address = to.address.bytes();
  sockaddr_in6 six{};
  sockaddr_in four{};
  const sockaddr* name = reinterpret_cast<const sockaddr*>(&six);
  if (is_v4) {
    four.sin_family = AF_INET;
    std::memcpy(&four.sin_addr, address.data(), sizeof four.sin_addr);
    name = reinterpret_cast<const sockaddr*>(&four);
  } else {
    six.sin6_family = AF_INET6;
    std::memcpy(&six.sin6_addr, address.data(), sizeof six.sin6_addr);
  }
  sent_at_[number] = Clock::now();
  return ::sendto(from.socket.get(), &echo, sizeof echo, 0, name,
                  is_v4 ? sizeof four : sizeof six) >= 0;
}

void Prober::take_replies(size_t end, std::vector<Probe>& probes, size_t& missing) {
  std::array<uint8_t, 2048> bytes;
  for (;;) {
    const ssize_t size = ::recv(ends_[end].socket.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) return;
    const auto echo =
        read_reply(std::span(bytes).first(static_cast<size_t>(size)), ends_[end].address.is_v4());
    if (!echo || echo->payload.number >= probes.size()) continue;
    Probe& probe = probes[echo->payload.number];
    if (probe.from != end || probe.round_trip) continue;
    probe.round_trip = Clock::now() - sent_at_[echo->payload.number];
    --missing;
  }
}

Result<void> Prober::ping(std::vector<Probe>& probes, std::chrono::milliseconds patience) {
  sent_at_.assign(probes.size(), {});
  // Those of an earlier run are flows that may go on although the rules have changed since.
  identifier_ = static_cast<uint16_t>(std::random_device{}());
  size_t missing = 0, next = 0;
  std::vector<pollfd> waiting;
  for (const End& end : ends_) waiting.push_back({end.socket.get(), POLLIN, 0});
  auto last_sent = Clock::now();
  for (;;) {
    for (const size_t past = std::min(next + kBurst, probes.size()); next < past; ++next) {
      missing += send(probes[next], static_cast<uint32_t>(next)) ? 1 : 0;
      last_sent = Clock::now();
    }
    const bool all_sent = next == probes.size();
    const auto left = last_sent + patience - Clock::now();
    if (all_sent && (missing == 0 || left.count() <= 0)) return {};
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(left).count() + 1;
    if (::poll(waiting.data(), waiting.size(), all_sent ? static_cast<int>(wait) : 1) < 0 &&
        errno != EINTR)
      return failure(fmt::format("cannot wait for replies: {}", std::strerror(errno)), {});
    for (size_t i = 0; i < waiting.size(); ++i)
      if (waiting[i].revents != 0) take_replies(i, probes, missing);
  }
}

}  // namespace isthmus::cli
