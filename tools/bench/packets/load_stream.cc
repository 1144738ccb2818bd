#include <unistd.h>

#include <vector>

#include "tools/bench/packets/load_socket.h"

namespace isthmus::bench::packets {
namespace {

constexpr size_t kChunkBytes = 128 << 10;

}  // namespace

double Stream::bits_per_second() const {
  return time > Duration::zero()
             ? static_cast<double>(bytes) * 8 / std::chrono::duration<double>(time).count()
             : 0;
}

Stream send_stream(const Target& target, Duration time) {
  const File connection = make_socket(target.family(), SOCK_STREAM);
  connect_to(connection, target);
  const std::vector<uint8_t> chunk(kChunkBytes);
  Stream stream;
  const Duration began = now();
  while ((stream.time = now() - began) < time) {
    const ssize_t sent = ::send(connection.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("the connection has ended");
    stream.bytes += static_cast<uint64_t>(sent);
  }
  return stream;
}

Stream receive_stream(uint16_t port, Duration patience, const Ready& ready) {
  const File listener = make_bound(SOCK_STREAM, port);
  if (::listen(listener.get(), 1) < 0) fail("listen");
  set_patience(listener, patience);
  ready();
  const File connection(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (connection.get() < 0) fail("accept");
  std::vector<uint8_t> chunk(kChunkBytes);
  Stream stream;
  const Duration began = now();
  for (ssize_t size = 0; (size = ::read(connection.get(), chunk.data(), chunk.size())) > 0;) {
    stream.bytes += static_cast<uint64_t>(size);
    stream.time = now() - began;
  }
  return stream;
}

}  // namespace isthmus::bench::packets
