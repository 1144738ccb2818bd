#include "dataplane/io/wire.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>

namespace isthmus::dataplane::io {
namespace {

constexpr int kSocketBytes = 4 << 20;  // as much as the system lets have; our choice

// linux/virtio_net.h; in the byte order of the machine.
constexpr size_t kFlags = 0;
constexpr size_t kSegmentKind = 1;
constexpr size_t kHeaderLength = 2;
constexpr size_t kChecksumStart = 6;
constexpr uint8_t kNeedsChecksum = 1;

int checked(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

std::optional<int> option_of(int descriptor, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(descriptor, level, name, &value, &size) < 0) return std::nullopt;
  return value;
}

void set_option(int descriptor, int level, int name, int value, const char* what) {
  checked(::setsockopt(descriptor, level, name, &value, sizeof value), what);
}

void prepare_packet_socket(int descriptor, WireKind kind) {
  sockaddr_ll bound{};
  socklen_t size = sizeof bound;
  checked(::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size), "getsockname");
  if (option_of(descriptor, SOL_SOCKET, SO_TYPE) != SOCK_RAW || bound.sll_ifindex == 0)
    throw std::system_error(EINVAL, std::generic_category(), "a packet socket of all devices");
  set_option(descriptor, SOL_PACKET, PACKET_VNET_HDR, kind == WireKind::Offloads ? 1 : 0,
             "PACKET_VNET_HDR");
  set_option(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1, "PACKET_IGNORE_OUTGOING");
  set_option(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, 1, "PACKET_QDISC_BYPASS");
  set_option(descriptor, SOL_PACKET, PACKET_AUXDATA, 1, "PACKET_AUXDATA");
  // Bursts are lost without; but a wire without is one.
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &kSocketBytes, sizeof kSocketBytes);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &kSocketBytes, sizeof kSocketBytes);
}

std::optional<VlanTag> tag_of(msghdr& message) {
  for (cmsghdr* item = CMSG_FIRSTHDR(&message); item != nullptr;
       item = CMSG_NXTHDR(&message, item)) {
    if (item->cmsg_level != SOL_PACKET || item->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata data{};
    std::memcpy(&data, CMSG_DATA(item), sizeof data);
    if ((data.tp_status & TP_STATUS_VLAN_VALID) == 0) return std::nullopt;
    const bool has_protocol = (data.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0;
    return VlanTag{has_protocol ? data.tp_vlan_tpid : uint16_t{ETH_P_8021Q}, data.tp_vlan_tci};
  }
  return std::nullopt;
}

void add_to_field(std::span<uint8_t> header, size_t offset, size_t amount) {
  uint16_t value = 0;
  std::memcpy(&value, header.data() + offset, sizeof value);
  value = static_cast<uint16_t>(value + amount);
  std::memcpy(header.data() + offset, &value, sizeof value);
}

}  // namespace

Wire::Wire(File file, WireKind kind)
    : file_(std::move(file)), header_bytes_(kind == WireKind::Offloads ? kOffloadHeaderBytes : 0) {
  const auto domain = option_of(file_.get(), SOL_SOCKET, SO_DOMAIN);
  is_socket_ = domain.has_value();
  is_packet_socket_ = domain == AF_PACKET;
  const int flags = checked(::fcntl(file_.get(), F_GETFL), "fcntl of a wire");
  checked(::fcntl(file_.get(), F_SETFL, flags | O_NONBLOCK), "fcntl of a wire");
  if (is_packet_socket_) prepare_packet_socket(file_.get(), kind);
}

ssize_t Wire::read(std::span<uint8_t> buffer) const {
  if (!is_packet_socket_) return ::read(file_.get(), buffer.data(), buffer.size());
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t size = ::recvmsg(file_.get(), &message, MSG_DONTWAIT);
  if (size <= 0) return size;
  const auto tag = tag_of(message);
  if (!tag) return size;
  return static_cast<ssize_t>(
      insert_vlan_tag(buffer, static_cast<size_t>(size), header_bytes_, *tag));
}

// A packet socket tells of a device that went down (ENETDOWN), and of a frame that it cannot
// describe (EINVAL), once each; then it goes on.
bool Wire::has_ended(ssize_t size) const {
  if (is_packet_socket_) return false;
  return size == 0 || (errno != EAGAIN && errno != EINTR);
}

bool is_device_down(int error) { return error == ENETDOWN || error == ENXIO || error == EIO; }

size_t insert_vlan_tag(std::span<uint8_t> buffer, size_t size, size_t header_bytes, VlanTag tag) {
  const size_t at = header_bytes + 2 * size_t{ETH_ALEN};
  if (size < at || size + kVlanTagBytes > buffer.size()) return size;
  std::memmove(buffer.data() + at + kVlanTagBytes, buffer.data() + at, size - at);
  buffer[at] = static_cast<uint8_t>(tag.protocol >> 8);
  buffer[at + 1] = static_cast<uint8_t>(tag.protocol);
  buffer[at + 2] = static_cast<uint8_t>(tag.control >> 8);
  buffer[at + 3] = static_cast<uint8_t>(tag.control);
  if (header_bytes == kOffloadHeaderBytes) {
    if ((buffer[kFlags] & kNeedsChecksum) != 0) add_to_field(buffer, kChecksumStart, kVlanTagBytes);
    if (buffer[kSegmentKind] != 0) add_to_field(buffer, kHeaderLength, kVlanTagBytes);
  }
  return size + kVlanTagBytes;
}

}  // namespace isthmus::dataplane::io
