#include "tools/isthmus/lab/capture.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>

#include "dataplane/io/pcapng.h"
#include "tests/support/frame_text.h"
#include "tests/support/temporary_folder.h"
#include "tools/isthmus/fake_transport.h"
#include "tools/isthmus/lab/frame_line.h"

namespace isthmus::cli {
namespace {

using dataplane::Direction;
using dataplane::io::File;
using ::testing::EndsWith;
using ::testing::HasSubstr;
namespace pcapng = dataplane::io::pcapng;

const net::Mac kMine = net::Mac::make(0x0A).value();
const net::Mac kOther = net::Mac::make(0x0B).value();

std::vector<uint8_t> stream_of(const std::vector<std::string>& frames) {
  std::vector<uint8_t> bytes;
  pcapng::append_section_header(bytes, "test");
  pcapng::append_interface(bytes, "/networkInterfaces/web1");
  for (const std::string& text : frames) {
    const auto frame = test::frame_of(text, kMine, kOther);
    pcapng::append_frame(bytes,
                         {0, std::chrono::seconds(1), Direction::Outbound, frame, "dropped: x"});
  }
  pcapng::append_statistics(bytes, {0, {}, frames.size() + 2, 2});
  return bytes;
}

TEST(CaptureStream, IsReadAsItComes) {
  const auto bytes =
      stream_of({"icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64", "udp 10.1.0.4:1 > 10.2.0.4:2 ttl 9"});
  CaptureStream stream;
  std::vector<std::string> seen;
  std::vector<uint8_t> copied;
  uint64_t missed = 0;
  for (const uint8_t byte : bytes) {
    stream.add({&byte, 1});
    while (const auto block = stream.next()) {
      copied.insert(copied.end(), block->bytes.begin(), block->bytes.end());
      missed += block->missed;
      if (!block->frame) continue;
      EXPECT_EQ(block->frame->interface, "/networkInterfaces/web1");
      EXPECT_EQ(block->frame->time, std::chrono::seconds(1));
      EXPECT_EQ(block->frame->direction, Direction::Outbound);
      EXPECT_EQ(block->frame->comment, "dropped: x");
      seen.push_back(test::text_of(block->frame->bytes));
    }
  }
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_THAT(seen[0], EndsWith("icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64"));
  EXPECT_THAT(seen[1], EndsWith("udp 10.1.0.4:1 > 10.2.0.4:2 ttl 9"));
  EXPECT_EQ(missed, 2u);
  EXPECT_EQ(copied, bytes);
  EXPECT_FALSE(stream.is_broken());
}

TEST(CaptureStream, WhatIsNoStreamIsBroken) {
  CaptureStream stream;
  const std::string_view text = "HTTP/1.1 400 Bad Request\r\n\r\n";
  stream.add({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  EXPECT_FALSE(stream.next());
  EXPECT_TRUE(stream.is_broken());
}

// Whatever its lengths say: nothing is read past the end (the sanitizers look).
TEST(CaptureStream, ADamagedStreamIsReadWithinItsBounds) {
  const auto bytes = stream_of({"icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64"});
  for (size_t at = 0; at < bytes.size(); ++at) {
    auto damaged = bytes;
    damaged[at] ^= 0xFF;
    CaptureStream stream;
    stream.add(damaged);
    size_t blocks = 0;
    while (stream.next()) ++blocks;
    EXPECT_LE(blocks, 4u) << at;
  }
}

TEST(FrameLine, IsLikeTcpdumps) {
  ::setenv("TZ", "UTC", 1);
  struct Row {
    const char* frame;
    const char* line;
  };
  for (const Row& row : {
           Row{"icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64",
               "IP 10.1.0.4 > 10.2.0.4: ICMP echo request, id 7"},
           Row{"icmp 10.1.0.4 > 10.2.0.4 echo-reply 7 ttl 64",
               "IP 10.1.0.4 > 10.2.0.4: ICMP echo reply, id 7"},
           Row{"icmp fd00::4 > fd00::5 echo 7 ttl 64",
               "IP6 fd00::4 > fd00::5: ICMP6 echo request, id 7"},
           Row{"tcp 10.1.0.4:40000 > 10.2.0.4:443 syn ttl 64",
               "IP 10.1.0.4.40000 > 10.2.0.4.443: Flags [S]"},
           Row{"udp 10.1.0.4:53 > 10.2.0.4:5353 ttl 64", "IP 10.1.0.4.53 > 10.2.0.4.5353: UDP"},
           Row{"who-has 10.1.0.1 tell 10.1.0.4", "ARP who-has 10.1.0.1 tell 10.1.0.4"},
       }) {
    const auto bytes = test::frame_of(row.frame, kMine, kOther);
    CapturedFrame frame{"/networkInterfaces/web1", std::chrono::microseconds(3'723'000'045),
                        Direction::Outbound, bytes, ""};
    EXPECT_EQ(line_of(frame),
              fmt::format("01:02:03.000045 web1 Out {}, {} bytes", row.line, bytes.size()));
    frame.direction = Direction::Inbound;
    frame.comment = "dropped: no-route";
    EXPECT_EQ(line_of(frame),
              fmt::format("01:02:03.000045 web1 In  {}, {} bytes  dropped: no-route", row.line,
                          bytes.size()));
  }
  const std::vector<uint8_t> strange(20, 0x42);
  EXPECT_THAT(line_of({"web1", {}, Direction::Inbound, strange, ""}),
              EndsWith("ethertype 0x4242, 20 bytes"));
  EXPECT_THAT(line_of({"web1", {}, Direction::Inbound, {}, ""}), EndsWith("no frame, 0 bytes"));
}

// A daemon that takes one connection, and writes what it is to write into what comes with it.
class FakeDaemon {
 public:
  FakeDaemon(std::string answer, std::vector<uint8_t> stream) : path_(folder_.file("wires")) {
    listener_ = File(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    thread_ = std::thread([this, answer = std::move(answer), stream = std::move(stream)] {
      const File connection(::accept(listener_.get(), nullptr, nullptr));
      const File out = hear(connection);
      ::send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      EXPECT_EQ(::write(out.get(), stream.data(), stream.size()),
                static_cast<ssize_t>(stream.size()));
    });
  }
  ~FakeDaemon() {
    if (thread_.joinable()) thread_.join();
  }
  std::string heard() {
    thread_.join();
    return heard_;
  }
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string interfaces() const {
    return fmt::format(R"({{"wires":"{}","interfaces":[]}})", path_);
  }

 private:
  File hear(const File& connection) {
    char text[200];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec part{text, sizeof text};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t size = ::recvmsg(connection.get(), &message, MSG_CMSG_CLOEXEC);
    heard_.assign(text, size < 0 ? 0 : static_cast<size_t>(size));
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof descriptor);
    return File(descriptor);
  }

  TemporaryFolder folder_;
  std::string path_;
  File listener_;
  std::string heard_;
  std::thread thread_;
};

std::vector<uint8_t> bytes_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Capture, WritesTheStreamIntoAFile) {
  const auto stream = stream_of({"icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64"});
  FakeDaemon daemon("done", stream);
  FakeServer server;
  server.answer("GET /_isthmus/v1/interfaces", 200, daemon.interfaces());
  const std::string file = daemon.file("web1.pcapng");
  const Outcome outcome = run_against(server, "lab capture web1 --drops -w " + file);
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "1 frame captured, 2 missed: they came faster than they were read\n");
  EXPECT_EQ(daemon.heard(), "capture /networkInterfaces/web1 drops");
  EXPECT_EQ(bytes_of(file), stream);
}

TEST(Capture, AnInterfaceOfAzureIsNamedByItsId) {
  FakeDaemon daemon("done", stream_of({}));
  FakeServer server;
  server.answer("GET /_isthmus/v1/interfaces", 200, daemon.interfaces());
  const std::string subscription = "11111111-1111-1111-1111-111111111111";
  const Outcome outcome = run_against(
      server, "lab capture web1 -g lab --subscription " + subscription + " -w " + daemon.file("f"));
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(daemon.heard(), "capture /subscriptions/" + subscription +
                                "/resourceGroups/lab/providers/Microsoft.Network/"
                                "networkInterfaces/web1");
}

TEST(Capture, PrintsLinesAndEndsWithTheCount) {
  FakeDaemon daemon("done", stream_of({"icmp 10.1.0.4 > 10.2.0.4 echo 7 ttl 64",
                                       "icmp 10.1.0.4 > 10.2.0.4 echo 8 ttl 64",
                                       "icmp 10.1.0.4 > 10.2.0.4 echo 9 ttl 64"}));
  FakeServer server;
  server.answer("GET /_isthmus/v1/interfaces", 200, daemon.interfaces());
  const Outcome outcome = run_against(server, "lab capture all --count 2 -o table");
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("id 7"));
  EXPECT_THAT(outcome.out, HasSubstr("id 8, 42 bytes  dropped: x\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("id 9")));
  EXPECT_THAT(outcome.err, HasSubstr("2 frames captured"));
  EXPECT_EQ(daemon.heard(), "capture all");
}

TEST(Capture, WhatCannotBeDoneIsTold) {
  FakeServer server;
  server.answer("GET /_isthmus/v1/interfaces", 200, R"({"interfaces":[]})");
  EXPECT_THAT(run_against(server, "lab capture web1").err,
              HasSubstr("forwards no packets\n  start it with isthmusd --wires"));
  EXPECT_THAT(run_against(server, "lab capture web1 --count none").err,
              HasSubstr("--count is a whole"));
  EXPECT_EQ(run_against(server, "lab capture web1 --count 0").exit, 2);
  EXPECT_EQ(run_against(server, "lab capture").exit, 2);
  server.answer("GET /_isthmus/v1/interfaces", 200, R"({"wires":"/nowhere/w","interfaces":[]})");
  EXPECT_THAT(run_against(server, "lab capture web1").err, HasSubstr("is not on this machine"));

  FakeDaemon refusing("ResourceNotFound: There is no network interface 'x'.", {});
  server.answer("GET /_isthmus/v1/interfaces", 200, refusing.interfaces());
  const Outcome refused = run_against(server, "lab capture x -w " + refusing.file("f"));
  EXPECT_EQ(refused.exit, 3);
  EXPECT_EQ(refused.err, "isthmus: ResourceNotFound: There is no network interface 'x'.\n");
}

}  // namespace
}  // namespace isthmus::cli
