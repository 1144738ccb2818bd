#include <array>
#include <cerrno>

#include "tools/bench/packets/load_socket.h"

namespace isthmus::bench::packets {
namespace {

constexpr int kSendBufferBytes = 4 << 20;
constexpr int kReceiveBufferBytes = 8 << 20;
constexpr size_t kPayloadBytesMax = 65'507;  // what UDP carries in IPv4

// So many messages, each with a buffer of its own.
class Batch {
 public:
  explicit Batch(size_t payload_bytes) : bytes_(kDatagramsPerCall * payload_bytes) {
    for (size_t i = 0; i < kDatagramsPerCall; ++i) {
      parts_[i] = {.iov_base = bytes_.data() + i * payload_bytes, .iov_len = payload_bytes};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  mmsghdr* data() { return messages_.data(); }

 private:
  std::vector<uint8_t> bytes_;
  std::array<iovec, kDatagramsPerCall> parts_{};
  std::array<mmsghdr, kDatagramsPerCall> messages_{};
};

}  // namespace

double Flood::per_second() const {
  return time > Duration::zero()
             ? static_cast<double>(packets) / std::chrono::duration<double>(time).count()
             : 0;
}

Flood send_datagrams(const Target& target, size_t payload_bytes, Duration time) {
  const File socket = make_socket(target.family(), SOCK_DGRAM);
  set_buffer(socket, SO_SNDBUF, SO_SNDBUFFORCE, kSendBufferBytes);
  connect_to(socket, target);
  Batch batch(std::min(payload_bytes, kPayloadBytesMax));
  Flood flood;
  const Duration began = now();
  while ((flood.time = now() - began) < time) {
    // A full device or nobody at the port: go on, the receiver counts.
    const int sent = ::sendmmsg(socket.get(), batch.data(), kDatagramsPerCall, 0);
    if (sent > 0) flood.packets += static_cast<uint64_t>(sent);
  }
  return flood;
}

Flood receive_datagrams(uint16_t port, Duration patience, const Ready& ready) {
  const File socket = make_bound(SOCK_DGRAM, port);
  set_buffer(socket, SO_RCVBUF, SO_RCVBUFFORCE, kReceiveBufferBytes);
  set_patience(socket, patience);
  ready();
  Batch batch(2048);  // larger ones are cut off; nobody looks into them
  Flood flood;
  Duration first{};
  while (true) {
    const int count =
        ::recvmmsg(socket.get(), batch.data(), kDatagramsPerCall, MSG_WAITFORONE, nullptr);
    if (count <= 0) return flood;
    if (flood.packets == 0) {
      first = now();
      set_patience(socket, kSilence);
    }
    flood.packets += static_cast<uint64_t>(count);
    flood.time = now() - first;
  }
}

}  // namespace isthmus::bench::packets
