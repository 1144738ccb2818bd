#include "tools/bench/packets/load_socket.h"

#include <arpa/inet.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace isthmus::bench::packets {

std::optional<Target> Target::make(const std::string& address, uint16_t port) {
  Target target;
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    std::memcpy(&target.storage_, &v4, sizeof v4);
    return target;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  std::memcpy(&target.storage_, &v6, sizeof v6);
  return target;
}

void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

File make_socket(int family, int kind, int protocol) {
  const int descriptor = ::socket(family, kind | SOCK_CLOEXEC, protocol);
  if (descriptor < 0) fail("socket");
  return File(descriptor);
}

void set_option(const File& socket, int level, int name, int value) {
  if (::setsockopt(socket.get(), level, name, &value, sizeof value) < 0) fail("setsockopt");
}

void set_buffer(const File& socket, int name, int forced_name, int bytes) {
  if (::setsockopt(socket.get(), SOL_SOCKET, forced_name, &bytes, sizeof bytes) == 0) return;
  set_option(socket, SOL_SOCKET, name, bytes);
}

void set_patience(const File& socket, Duration time) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  const timeval value{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value) < 0)
    fail("setsockopt");
}

void connect_to(const File& socket, const Target& target) {
  if (::connect(socket.get(), target.name(), target.size()) < 0) fail("connect");
}

File make_bound(int kind, uint16_t port) {
  File socket = make_socket(AF_INET6, kind);
  set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_port = htons(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) < 0) fail("bind");
  return socket;
}

}  // namespace isthmus::bench::packets
