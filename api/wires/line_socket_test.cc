#include "api/wires/line_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace isthmus::api::wires {
namespace {

using ::testing::HasSubstr;

struct Ends {
  File one, other;
  Ends() {
    int both[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, both), 0);
    one = File(both[0]);
    other = File(both[1]);
  }
};

TEST(LineSocket, ALineComesWithItsDescriptors) {
  Ends ends;
  Ends passed;
  const std::array files = {passed.one.get(), passed.other.get()};
  ASSERT_TRUE(send_line(ends.one.get(), "attach /networkInterfaces/web1", files, Patience::Wait));
  auto line = receive_line(ends.other.get(), Patience::Wait);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text, "attach /networkInterfaces/web1");
  ASSERT_EQ(line->files.size(), 2u);
  ASSERT_TRUE(send_line(line->files[0].get(), "hello", {}, Patience::Wait));
  EXPECT_EQ(receive_line(passed.other.get(), Patience::Wait)->text, "hello") << "they are the same";
}

TEST(LineSocket, WhoDoesNotWaitGetsNothing) {
  Ends ends;
  EXPECT_FALSE(receive_line(ends.other.get(), Patience::Never));
  ends.one = File();
  EXPECT_FALSE(receive_line(ends.other.get(), Patience::Wait)) << "it is at its end";
  EXPECT_FALSE(send_line(ends.other.get(), "x", {}, Patience::Wait));
}

TEST(LineSocket, MoreDescriptorsThanALineHasAreNotSent) {
  Ends ends;
  const std::vector<int> many(kFilesPerLineMax + 1, ends.one.get());
  EXPECT_FALSE(send_line(ends.one.get(), "x", many, Patience::Never));
}

TEST(LineSocket, ListensInPlaceOfWhoIsGone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("socket");
  EXPECT_THAT(connect_to(path).error(), HasSubstr("No such file"));
  {
    const auto first = listen_at(path);
    ASSERT_TRUE(first) << first.error();
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777u, 0600u) << "for its owner alone";
    EXPECT_TRUE(connect_to(path));
    EXPECT_THAT(listen_at(path).error(), HasSubstr("already"));
  }
  EXPECT_THAT(connect_to(path).error(), HasSubstr("refused"));
  EXPECT_TRUE(listen_at(path));
}

TEST(LineSocket, LeavesFilesAndLongPathsAlone) {
  const TemporaryFolder folder;
  const std::string path = folder.file("text");
  std::ofstream(path) << "mine";
  EXPECT_FALSE(listen_at(path));
  std::string kept;
  std::ifstream(path) >> kept;
  EXPECT_EQ(kept, "mine");
  EXPECT_THAT(listen_at("/tmp/" + std::string(120, 'x')).error(), HasSubstr("shorter"));
}

TEST(LineSocket, ALineIsAWordAndTheRest) {
  EXPECT_EQ(split_line("attach /a b").word, "attach");
  EXPECT_EQ(split_line("attach /a b").rest, "/a b");
  EXPECT_EQ(split_line("list").rest, "");
  EXPECT_EQ(split_line("").word, "");
}

}  // namespace
}  // namespace isthmus::api::wires
