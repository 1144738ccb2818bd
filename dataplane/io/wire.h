// One wire of a packet worker: a descriptor of which every read is one frame and every write sends
// one.
//
//   a TAP device, or an end of a socketpair(SOCK_SEQPACKET)    ends when its other end is gone
//   a packet socket, SOCK_RAW, bound to one device             stays while its device goes and
//   comes
//
// A packet socket (packet(7)) is for a machine that has a network interface already: a veth whose
// one end is the machine's and whose other end the socket is bound to. It gets the options that
// make it like a TAP device: a virtio_net_hdr before each frame where the wires of the worker have
// one, not what the kernel itself sends, and a VLAN tag, which the kernel keeps beside the frame,
// is put back into it.
//
// Threads: belongs to one.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/io/file.h"

namespace isthmus::dataplane::io {

// Of the virtio_net_hdr without the field for merged buffers (virtio 1.1, section 5.1.6).
constexpr size_t kOffloadHeaderBytes = 10;

enum class WireKind : uint8_t { Plain, Offloads };  // Offloads: such a header before each frame

class Wire {
 public:
  Wire() = default;
  // Makes it non-blocking. Throws std::system_error for what is no wire: a packet socket of another
  // type, or of all devices.
  Wire(File file, WireKind kind);

  int get() const { return file_.get(); }
  bool is_socket() const { return is_socket_; }
  // As read(2).
  ssize_t read(std::span<uint8_t> buffer) const;
  // Whether nothing more comes, after a read that answered `size`, 0 or less.
  bool has_ended(ssize_t size) const;

 private:
  File file_;
  size_t header_bytes_ = 0;
  bool is_socket_ = false;
  bool is_packet_socket_ = false;
};

// What a write says where the device at the other end is down or gone: ENETDOWN and ENXIO of packet
// sockets, EIO of a TAP device.
bool is_device_down(int error);

constexpr size_t kVlanTagBytes = 4;  // IEEE 802.1Q: protocol and control information

struct VlanTag {
  uint16_t protocol = 0;  // 0x8100, or 0x88A8 of an outer one
  uint16_t control = 0;   // priority and number
};

// Puts a tag into the frame of `size` bytes behind its two MAC addresses, and moves what the header
// of `header_bytes` before it says of offsets. Answers the new size; the same where it is no frame,
// or there is no room.
size_t insert_vlan_tag(std::span<uint8_t> buffer, size_t size, size_t header_bytes, VlanTag tag);

}  // namespace isthmus::dataplane::io
