#include "tools/isthmus/lab/pcap_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "dataplane/io/pcapng.h"
#include "tests/support/temporary_folder.h"

namespace isthmus::cli {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

constexpr uint32_t kEthernet = 1;
constexpr uint32_t kLinuxCooked = 113;

void append(Bytes& bytes, std::initializer_list<uint32_t> numbers) {
  for (const uint32_t number : numbers)
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(number >> (8 * i)));
}

// Of pcap, in the byte order of little ends: draft-ietf-opsawg-pcap.
Bytes head_of(uint32_t link) {
  Bytes bytes;
  append(bytes, {0xA1B2C3D4, 4 << 16 | 2, 0, 0, 65535, link});
  return bytes;
}

void append_frame(Bytes& file, const Bytes& frame, uint32_t whole) {
  append(file, {1, 0, static_cast<uint32_t>(frame.size()), whole});
  file.insert(file.end(), frame.begin(), frame.end());
}

class PcapFileTest : public ::testing::Test {
 protected:
  std::string written(const Bytes& bytes) {
    const std::string name = folder_.file("frames");
    std::ofstream(name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return name;
  }
  // The sizes of its frames, of one that is cut below zero; then why it went no further.
  static std::vector<int> sizes(PcapFile& file, std::string* trouble = nullptr) {
    std::vector<int> all;
    for (;;) {
      const auto frame = file.next();
      if (!frame && trouble != nullptr) *trouble = frame.error().message;
      if (!frame || !*frame) return all;
      const int size = static_cast<int>((*frame)->bytes.size());
      all.push_back((*frame)->is_cut ? -size : size);
    }
  }

  TemporaryFolder folder_;
};

TEST_F(PcapFileTest, HasTheFramesInTheirOrder) {
  Bytes bytes = head_of(kEthernet);
  append_frame(bytes, Bytes(60), 60);
  append_frame(bytes, Bytes(1514), 1514);
  append_frame(bytes, Bytes(96), 1514);
  auto file = PcapFile::open(written(bytes));
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(sizes(*file), (std::vector{60, 1514, -96}));
}

TEST_F(PcapFileTest, ReadsWhatACaptureWrites) {
  Bytes bytes;
  dataplane::io::pcapng::append_section_header(bytes, "test");
  dataplane::io::pcapng::append_interface(bytes, "/networkInterfaces/web1");
  const Bytes frame = {1, 2, 3, 4, 5};
  dataplane::io::pcapng::append_frame(
      bytes, {0, std::chrono::seconds(1), dataplane::Direction::Outbound, frame, "dropped: x"});
  auto file = PcapFile::open(written(bytes));
  ASSERT_TRUE(file) << file.error().message;
  const auto read = file->next();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ(Bytes((*read)->bytes.begin(), (*read)->bytes.end()), frame);
  EXPECT_FALSE(*file->next());
}

TEST_F(PcapFileTest, WhatIsNoCaptureOfEthernetIsRefused) {
  EXPECT_THAT(PcapFile::open("/nowhere/f").error().message,
              ::testing::StrEq("cannot read /nowhere/f: No such file or directory"));
  EXPECT_THAT(PcapFile::open(written({1, 2, 3})).error().message, HasSubstr("cannot read"));
  const auto cooked = PcapFile::open(written(head_of(kLinuxCooked)));
  ASSERT_FALSE(cooked);
  EXPECT_THAT(cooked.error().message, HasSubstr("not of Ethernet"));
  EXPECT_THAT(cooked.error().remedy, HasSubstr("at one interface"));
}

TEST_F(PcapFileTest, ADamagedFileIsReadUpToTheDamage) {
  Bytes bytes = head_of(kEthernet);
  append_frame(bytes, Bytes(60), 60);
  append_frame(bytes, Bytes(60), 60);
  bytes.resize(bytes.size() - 10);
  auto file = PcapFile::open(written(bytes));
  ASSERT_TRUE(file);
  std::string trouble;
  EXPECT_EQ(sizes(*file, &trouble), (std::vector{60}));
  EXPECT_THAT(trouble, HasSubstr("is damaged: truncated"));
}

}  // namespace
}  // namespace isthmus::cli
