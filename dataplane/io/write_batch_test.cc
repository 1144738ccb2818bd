#include "dataplane/io/write_batch.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace isthmus::dataplane::io {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

struct Ends {
  Wire wire;
  File other;
};

Ends a_wire() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {Wire(File(ends[0]), WireKind::Plain), File(ends[1])};
}

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// The next frame; nothing where there is none.
std::string next(const File& end) {
  char buffer[256];
  const ssize_t size = ::read(end.get(), buffer, sizeof buffer);
  return {buffer, static_cast<size_t>(std::max<ssize_t>(size, 0))};
}

std::vector<int> flushed(WriteBatch& batch) {
  const auto errors = batch.flush();
  return {errors.begin(), errors.end()};
}

class WriteBatchTest : public ::testing::TestWithParam<WriteWay> {
 protected:
  void SetUp() override {
    if (batch_.way() != GetParam()) GTEST_SKIP() << "the system does not let have io_uring";
  }

  WriteBatch batch_{8, GetParam()};
};

TEST_P(WriteBatchTest, EachWireGetsItsFramesInTheirOrder) {
  const Ends web = a_wire(), db = a_wire();
  for (int round = 0; round < 3; ++round) {
    for (const char* text : {"a", "b", "c"}) {
      batch_.add(web.wire, bytes_of(text));
      batch_.add(db.wire, bytes_of(text));
    }
    EXPECT_EQ(next(web.other), "") << "nothing is written before flush";
    EXPECT_THAT(flushed(batch_), ElementsAre(0, 0, 0, 0, 0, 0));
    EXPECT_THAT(flushed(batch_), ElementsAre());
    for (const Ends* ends : {&web, &db})
      for (const char* text : {"a", "b", "c", ""}) EXPECT_EQ(next(ends->other), text);
  }
}

TEST_P(WriteBatchTest, OfAnyNumberUpToAllOfIt) {
  const Ends web = a_wire();
  EXPECT_THAT(flushed(batch_), ElementsAre());
  for (size_t count = 1; count <= 8; ++count) {
    for (size_t i = 0; i < count; ++i) batch_.add(web.wire, bytes_of("frame"));
    EXPECT_EQ(batch_.is_full(), count == 8);
    EXPECT_EQ(flushed(batch_), std::vector<int>(count, 0));
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(next(web.other), "frame");
  }
  EXPECT_EQ(next(web.other), "");
}

TEST_P(WriteBatchTest, AWriteThatFailsIsToldAndTheOthersAreDone) {
  const Ends web = a_wire();
  Ends gone = a_wire();
  gone.other = File();
  ::signal(SIGPIPE, SIG_IGN);  // as the daemon does
  batch_.add(web.wire, bytes_of("before"));
  batch_.add(gone.wire, bytes_of("lost"));
  batch_.add(web.wire, bytes_of("behind"));
  EXPECT_THAT(flushed(batch_), ElementsAre(0, EPIPE, 0));
  EXPECT_EQ(next(web.other), "before");
  EXPECT_EQ(next(web.other), "behind");
}

TEST_P(WriteBatchTest, NothingWaitsForRoom) {
  const Ends full = a_wire(), web = a_wire();
  while (::write(full.wire.get(), "x", 1) == 1) {
  }
  batch_.add(full.wire, bytes_of("lost"));
  batch_.add(web.wire, bytes_of("arrives"));
  batch_.add(full.wire, bytes_of("lost"));
  EXPECT_THAT(flushed(batch_), ElementsAre(EAGAIN, 0, EAGAIN));
  EXPECT_EQ(next(web.other), "arrives");
  std::string text = next(full.other);
  for (; !text.empty(); text = next(full.other)) ASSERT_EQ(text, "x") << "it was written later";
}

// A pipe stands for a device that has room for so many frames and no more: to io_uring it is no
// socket, which can be told not to wait.
TEST_P(WriteBatchTest, NothingWaitsForRoomOfADevice) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const File reader(ends[0]);
  const Wire full(File(ends[1]), WireKind::Plain);
  const Ends web = a_wire();
  const std::vector<uint8_t> page(4096, 'x');
  while (::write(full.get(), page.data(), page.size()) > 0) {
  }
  for (int i = 0; i < 3; ++i) {
    batch_.add(full, bytes_of("lost"));
    batch_.add(web.wire, bytes_of("arrives"));
  }
  EXPECT_THAT(flushed(batch_), ElementsAre(EAGAIN, 0, EAGAIN, 0, EAGAIN, 0));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(next(web.other), "arrives");
  for (std::string text = next(reader); !text.empty(); text = next(reader))
    ASSERT_THAT(text, Each('x')) << "it was written later";
  batch_.add(full, bytes_of("there"));
  batch_.add(full, bytes_of(" is room"));
  EXPECT_THAT(flushed(batch_), ElementsAre(0, 0));
  EXPECT_EQ(next(reader), "there is room");
}

// No descriptor left stands for a system that has no io_uring, or keeps us from it.
TEST(WriteBatch, GoesOneByOneWhereThereIsNoIoUring) {
  const Ends web = a_wire();
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  WriteBatch batch(8, WriteWay::Batched);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(batch.way(), WriteWay::OneByOne);
  batch.add(web.wire, bytes_of("a"));
  batch.add(web.wire, bytes_of("b"));
  EXPECT_THAT(flushed(batch), ElementsAre(0, 0));
  EXPECT_EQ(next(web.other), "a");
  EXPECT_EQ(next(web.other), "b");
}

INSTANTIATE_TEST_SUITE_P(Ways, WriteBatchTest,
                         ::testing::Values(WriteWay::Batched, WriteWay::OneByOne),
                         [](const auto& way) {
                           return way.param == WriteWay::Batched ? "Batched" : "OneByOne";
                         });

}  // namespace
}  // namespace isthmus::dataplane::io
