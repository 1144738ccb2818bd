#include "dataplane/io/pcapng.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::dataplane::io::pcapng {
namespace {

using Bytes = std::vector<uint8_t>;

// Of "0A0D 0D0A": what stands between the digits is for the reader alone.
Bytes from_hex(std::string_view text) {
  Bytes bytes;
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && c != '|') digits += c;
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<uint8_t>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return bytes;
}

TEST(Pcapng, SectionHeader) {
  Bytes out;
  append_section_header(out, "isthmusd");
  EXPECT_EQ(out, from_hex("0A0D0D0A 2C000000"                    // type, length: 44
                          "4D3C2B1A 0100 0000 FFFFFFFFFFFFFFFF"  // byte order, 1.0, length unknown
                          "0400 0800 69737468 6D757364"          // shb_userappl
                          "0000 0000 2C000000"));
}

TEST(Pcapng, InterfaceWithItsNameAndNanoseconds) {
  Bytes out;
  append_interface(out, "/nic/a");
  EXPECT_EQ(out, from_hex("01000000 2C000000"
                          "0100 0000 00000400"            // Ethernet, snap length 262144
                          "0200 0600 2F6E6963 2F61 0000"  // if_name, and two bytes to fill up
                          "0900 0100 09000000"            // if_tsresol
                          "0000 0000 2C000000"));
}

TEST(Pcapng, FrameWithDirectionAndComment) {
  Bytes out;
  const Bytes frame = {1, 2, 3, 4, 5};
  append_frame(
      out, {7, std::chrono::nanoseconds(0x0123456789ABCDEF), Direction::Inbound, frame, "dropped"});
  EXPECT_EQ(out, from_hex("06000000 40000000"
                          "07000000 67452301 EFCDAB89"  // interface; time: high, then low
                          "05000000 05000000 01020304 05 000000"
                          "0100 0700 64726F70 706564 00"  // opt_comment
                          "0200 0400 01000000"            // epb_flags: inbound
                          "0000 0000 40000000"));
}

TEST(Pcapng, FrameWithoutComment) {
  Bytes out;
  const Bytes frame = {1, 2, 3, 4};
  append_frame(out, {0, std::chrono::nanoseconds(1), Direction::Outbound, frame, ""});
  EXPECT_EQ(out, from_hex("06000000 30000000"
                          "00000000 00000000 01000000"
                          "04000000 04000000 01020304"
                          "0200 0400 02000000"  // epb_flags: outbound
                          "0000 0000 30000000"));
}

TEST(Pcapng, StatisticsOfAnInterface) {
  Bytes out;
  append_statistics(out, {3, std::chrono::nanoseconds(2), 0x1234, 5});
  EXPECT_EQ(out, from_hex("05000000 34000000"
                          "03000000 00000000 02000000"
                          "0400 0800 3412000000000000"  // isb_ifrecv
                          "0500 0800 0500000000000000"  // isb_ifdrop
                          "0000 0000 34000000"));
}

TEST(Pcapng, AFrameIsCutAtTheSnapLength) {
  Bytes out;
  const Bytes frame(kSnapBytesMax + 3, 0xAA);
  append_frame(out, {0, {}, Direction::Outbound, frame, ""});
  EXPECT_EQ(Bytes(out.begin() + 20, out.begin() + 28), from_hex("00000400 03000400"));
  EXPECT_EQ(out.size(), 28 + kSnapBytesMax + 8 + 4 + 4);
}

// Two blocks one after the other: each says its own length.
TEST(Pcapng, BlocksAreAppended) {
  Bytes out;
  append_interface(out, "a");
  const size_t first = out.size();
  append_interface(out, "b");
  EXPECT_EQ(out.size(), 2 * first);
  EXPECT_EQ(out[first + 4], first);
}

}  // namespace
}  // namespace isthmus::dataplane::io::pcapng
