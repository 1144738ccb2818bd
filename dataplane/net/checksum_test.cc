#include "dataplane/net/checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace isthmus::net {
namespace {

// RFC 1071 section 3: 0001 f203 f4f5 f6f7 sums up to ddf2.
TEST(Checksum, IsThatOfTheExampleOfItsRfc) {
  const std::vector<uint8_t> bytes = {0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7};
  EXPECT_EQ(checksum(bytes), static_cast<uint16_t>(~0xDDF2));
  EXPECT_EQ(checksum(std::vector<uint8_t>{0x12}), static_cast<uint16_t>(~0x1200)) << "odd length";
}

// RFC 1624 section 4: a header whose sum is cd7a, with a word that changes from 5555 to 3285.
TEST(Checksum, ChangesAsTheExampleOfItsRfc) {
  EXPECT_EQ(updated_checksum(0xDD2F, 0x5555, 0x3285), 0x0000);
}

TEST(Checksum, UpdatedIsComputedAnew) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 draw(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> bytes(20);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(draw() % 4 == 0 ? 0xFF : draw());
    const uint16_t before = checksum(bytes);
    const size_t at = 2 * (draw() % 10);
    const auto word = static_cast<uint16_t>(draw());
    const auto old = static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
    bytes[at] = static_cast<uint8_t>(word >> 8);
    bytes[at + 1] = static_cast<uint8_t>(word);
    // 0x0000 and 0xFFFF are the same number to whoever checks it, and only sums of nothing but
    // zeros have the second.
    EXPECT_EQ(updated_checksum(before, old, word) % 0xFFFF, checksum(bytes) % 0xFFFF);
  }
}

}  // namespace
}  // namespace isthmus::net
