#include "dataplane/io/wire.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace isthmus::dataplane::io {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes with_tag(Bytes bytes, size_t header_bytes, VlanTag tag = {0x8100, 0x6005}) {
  const size_t size = bytes.size();
  bytes.resize(size + kVlanTagBytes);
  bytes.resize(insert_vlan_tag(bytes, size, header_bytes, tag));
  return bytes;
}

TEST(Wire, ATagStandsBehindTheAddresses) {
  const Bytes frame = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x08, 0x00, 0x45};
  EXPECT_EQ(with_tag(frame, 0), (Bytes{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x81, 0x00, 0x60,
                                       0x05, 0x08, 0x00, 0x45}));
  EXPECT_EQ(with_tag({1, 2, 3}, 0), (Bytes{1, 2, 3})) << "it is no frame";
  Bytes full = frame;
  EXPECT_EQ(insert_vlan_tag(full, full.size(), 0, {0x8100, 1}), frame.size()) << "there is no room";
  EXPECT_EQ(full, frame);
}

// TCP over IPv4 in segments, whose checksum begins at 34, its header being 54 bytes long.
TEST(Wire, ATagMovesWhatOffloadsSayOfOffsets) {
  Bytes all = {1, 1, 54, 0, 0xB4, 5, 34, 0, 16, 0};
  all.resize(10 + 60);
  const Bytes tagged = with_tag(all, kOffloadHeaderBytes);
  EXPECT_EQ(Bytes(tagged.begin(), tagged.begin() + 10),
            (Bytes{1, 1, 58, 0, 0xB4, 5, 38, 0, 16, 0}));
  all[0] = all[1] = 0;  // nothing is left to offloads: what the rest says is nothing
  EXPECT_EQ(with_tag(all, kOffloadHeaderBytes)[6], 34);
}

TEST(Wire, APacketSocketIsOfOneDeviceAndHasLinkHeaders) {
  const int probe = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (probe < 0) GTEST_SKIP() << "no packet socket is to be had: " << std::strerror(errno);
  EXPECT_THROW(Wire(File(probe), WireKind::Offloads), std::system_error);
  for (const int type : {SOCK_RAW, SOCK_DGRAM}) {
    File socket(::socket(AF_PACKET, type | SOCK_CLOEXEC, 0));
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex =
        static_cast<int>(::if_nametoindex("lo"));  // and protocol 0: nothing comes
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    if (type == SOCK_DGRAM) {
      EXPECT_THROW(Wire(std::move(socket), WireKind::Offloads), std::system_error);
      continue;
    }
    const Wire wire(std::move(socket), WireKind::Offloads);
    std::array<uint8_t, 100> buffer{};
    EXPECT_EQ(wire.read(buffer), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_FALSE(wire.has_ended(-1));
    errno = ENETDOWN;
    EXPECT_FALSE(wire.has_ended(-1));
  }
}

TEST(Wire, ASocketPairEndsWithItsOtherEnd) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
  const Wire wire{File(ends[0]), WireKind::Plain};
  std::array<uint8_t, 100> buffer{};
  EXPECT_EQ(wire.read(buffer), -1);
  EXPECT_FALSE(wire.has_ended(-1));
  { const File other(ends[1]); }
  const ssize_t size = wire.read(buffer);
  EXPECT_TRUE(wire.has_ended(size));
  EXPECT_THROW(Wire(File(), WireKind::Plain), std::system_error);
}

}  // namespace
}  // namespace isthmus::dataplane::io
