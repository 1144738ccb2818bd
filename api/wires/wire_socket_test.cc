#include "api/wires/wire_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "api/wires/line_socket.h"
#include "tests/support/frame_text.h"
#include "tests/support/in_process.h"
#include "tests/support/temporary_folder.h"

namespace isthmus::api::wires {
namespace {

using dataplane::io::File;
using dataplane::io::kOffloadHeaderBytes;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A process that holds wires.
class Holder {
 public:
  explicit Holder(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) < 0)
      throw std::system_error(errno, std::generic_category(), "connect");
  }
  std::string say(std::string_view text, const std::vector<int>& descriptors = {}) {
    std::string line(text);
    iovec part{line.data(), line.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
      cmsghdr* item = CMSG_FIRSTHDR(&message);
      item->cmsg_level = SOL_SOCKET;
      item->cmsg_type = SCM_RIGHTS;
      item->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(item), descriptors.data(), descriptors.size() * sizeof(int));
    }
    if (::sendmsg(socket_.get(), &message, MSG_NOSIGNAL) < 0) return "cannot be said";
    char answer[kLineBytesMax];
    const ssize_t size = ::recv(socket_.get(), answer, sizeof answer, 0);
    return size <= 0 ? "no answer" : std::string(answer, static_cast<size_t>(size));
  }

 private:
  File socket_;
};

struct Pair {
  File machine;
  File wire;
  Pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
      throw std::system_error(errno, std::generic_category(), "socketpair");
    machine = File(ends[0]);
    wire = File(ends[1]);
  }
};

class WireSocketTest : public ::testing::Test {
 protected:
  WireSocketTest() : path_(folder_.file("wires")) {
    put("virtualNetworks/red",
        R"({"properties":{"addressSpace":{"addressPrefixes":["10.1.0.0/16"]},
            "subnets":[{"resourceId":"s","properties":{"addressPrefix":"10.1.0.0/24"}}]}})");
    put("networkInterfaces/web1",
        R"({"properties":{"ipConfigurations":[{"resourceId":"ip","properties":
            {"subnet":{"resourceRef":"/virtualNetworks/red/subnets/s"}}}]}})");
  }
  void put(const std::string& path, const std::string& body) {
    ASSERT_EQ(world_.call(http::Method::Put, "/networking/v1/" + path, body).status, 201);
  }
  auto open() { return WireSocket::open(path_, world_.controller(), world_.dataplane()); }

  static void send(const Pair& pair, std::vector<uint8_t> frame) {
    frame.insert(frame.begin(), kOffloadHeaderBytes, 0);
    EXPECT_GE(::send(pair.machine.get(), frame.data(), frame.size(), MSG_NOSIGNAL), 0);
  }
  void send(const Pair& pair, std::string_view text) {
    send(pair, test::frame_of(text, web_mac(), dataplane::kRouterMac));
  }
  net::Mac web_mac() {
    const auto model = world_.model();
    return *(*model->collection(Kind::NetworkInterface).begin())->as<NetworkInterface>().mac;
  }
  static std::string printed_by(const std::string& command) {
    std::string printed;
    FILE* const out = ::popen(command.c_str(), "r");
    if (out == nullptr) return printed;
    char part[512];
    while (std::fgets(part, sizeof part, out) != nullptr) printed += part;
    ::pclose(out);
    return printed;
  }

  // What the machine gets for asking who the router is; empty where it gets nothing.
  std::string who_is_the_router(const Pair& pair) {
    send(pair, "who-has 10.1.0.1 tell 10.1.0.2");
    pollfd waiting{pair.machine.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 1000) <= 0) return "";
    std::vector<uint8_t> came(2000);
    const ssize_t size = ::recv(pair.machine.get(), came.data(), came.size(), 0);
    if (size <= static_cast<ssize_t>(kOffloadHeaderBytes)) return "";
    came.resize(static_cast<size_t>(size));
    return test::text_of(std::span(came).subspan(kOffloadHeaderBytes));
  }

  TemporaryFolder folder_;
  const std::string path_;
  testing::InProcess world_;
};

constexpr const char* kWeb = "attach /networkInterfaces/web1";

TEST_F(WireSocketTest, AnAttachedWireIsAnswered) {
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error();
  Holder holder(path_);
  Pair pair;
  EXPECT_EQ(holder.say(kWeb, {pair.wire.get()}), "done");
  EXPECT_THAT(who_is_the_router(pair), HasSubstr("10.1.0.1 is-at 12-34-56-78-9A-BC"));
  EXPECT_EQ((*socket)->totals().ports.size(), 1u);
  EXPECT_EQ(holder.say("detach /networkInterfaces/web1"), "done");
  EXPECT_THAT(holder.say("detach /networkInterfaces/web1"),
              StartsWith("ResourceNotFound: No wire"));
}

TEST_F(WireSocketTest, WhatCannotBeDoneIsTold) {
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error();
  Holder holder(path_);
  Pair pair;
  const int wire = pair.wire.get();
  EXPECT_THAT(holder.say("attach /networkInterfaces/nobody", {wire}),
              StartsWith("ResourceNotFound"));
  EXPECT_THAT(holder.say("attach /virtualNetworks/red", {wire}), StartsWith("ResourceNotFound"));
  EXPECT_THAT(holder.say("attach web1", {wire}), StartsWith("ResourceNotFound"));
  EXPECT_THAT(holder.say(kWeb), StartsWith("InvalidRequest: attach comes with one descriptor"));
  EXPECT_THAT(holder.say(kWeb, {wire, wire}), StartsWith("InvalidRequest: attach comes with one"));
  EXPECT_THAT(holder.say("plug /networkInterfaces/web1", {wire}),
              StartsWith("InvalidRequest: 'plug' is no word"));
  EXPECT_THAT(holder.say("attach", {wire}), StartsWith("ResourceNotFound"));
  EXPECT_EQ(holder.say(kWeb, {wire}), "done");
}

TEST_F(WireSocketTest, AWireThatIsInIsSparedWhereThatIsAsked) {
  constexpr const char* kIfFree = "attach-if-free /networkInterfaces/web1";
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error();
  Pair pair, other;
  {
    Holder first(path_), second(path_);
    EXPECT_EQ(first.say(kIfFree, {pair.wire.get()}), "done");
    EXPECT_EQ(second.say(kIfFree, {other.wire.get()}),
              "WireExists: A wire is in /networkInterfaces/web1 already.");
    EXPECT_THAT(who_is_the_router(pair), HasSubstr("10.1.0.1 is-at"));
    EXPECT_EQ(first.say("detach /networkInterfaces/web1"), "done");
    EXPECT_EQ(second.say(kIfFree, {other.wire.get()}), "done");
  }
  Holder third(path_);  // those before have hung up
  EXPECT_EQ(third.say(kIfFree, {pair.wire.get()}), "done");
}

TEST_F(WireSocketTest, WhoHangsUpTakesHisWiresAlong) {
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error();
  Holder second(path_);
  Pair pair, other;
  {
    Holder first(path_);
    EXPECT_EQ(first.say(kWeb, {pair.wire.get()}), "done");
    EXPECT_EQ(second.say(kWeb, {other.wire.get()}), "done") << "it takes the place of the first";
  }
  second.say("plug");  // by now it has been seen that the first hung up
  EXPECT_THAT(who_is_the_router(other), HasSubstr("is-at"));
  {
    Holder third(path_);
    EXPECT_EQ(third.say(kWeb, {pair.wire.get()}), "done");
    pair.wire = File();
  }
  pollfd waiting{pair.machine.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&waiting, 1, 5000), 1);
  EXPECT_NE(waiting.revents & POLLHUP, 0) << "nobody has the other end any more";
}

// The whole stream that a pipe carries.
std::vector<uint8_t> read_all(const File& pipe) {
  std::vector<uint8_t> all(1 << 20);
  size_t size = 0;
  for (;;) {
    const ssize_t more = ::read(pipe.get(), all.data() + size, all.size() - size);
    if (more <= 0) break;
    size += static_cast<size_t>(more);
  }
  all.resize(size);
  return all;
}

struct Pipe {
  File out;
  File in;
  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) < 0)
      throw std::system_error(errno, std::generic_category(), "pipe");
    out = File(ends[0]);
    in = File(ends[1]);
  }
};

std::string text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

TEST_F(WireSocketTest, ACaptureIsAStreamWithNamesAndReasons) {
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error();
  Holder holder(path_);
  Pair pair;
  ASSERT_EQ(holder.say(kWeb, {pair.wire.get()}), "done");
  Pipe all, drops;
  {
    Holder captor(path_);
    ASSERT_EQ(captor.say("capture all", {all.in.get()}), "done");
    ASSERT_EQ(captor.say("capture /networkInterfaces/web1 drops", {drops.in.get()}), "done");
    all.in = File();
    drops.in = File();
    EXPECT_THAT(who_is_the_router(pair), HasSubstr("is-at"));
    send(pair, "udp 10.1.0.2:7 > 10.9.0.4:53 ttl 64");
    EXPECT_THAT(who_is_the_router(pair), HasSubstr("is-at"));  // by now the drop was seen
  }
  const std::string everything = text(read_all(all.out));
  EXPECT_THAT(everything, HasSubstr("/networkInterfaces/web1"));
  const std::string why =
      "dropped: no-route at route by /networkInterfaces/web1/ipConfigurations/ip: no prefix of the "
      "sender's table contains the destination";
  EXPECT_THAT(everything, HasSubstr(why));
  const std::string only_drops = text(read_all(drops.out));
  EXPECT_THAT(only_drops, HasSubstr(why));
  EXPECT_LT(only_drops.size(), everything.size());
  const std::string file = folder_.file("all.pcapng");
  std::ofstream(file, std::ios::binary) << everything;
  if (printed_by("command -v tshark") == "") GTEST_SKIP() << "there is no tshark to read it";
  const std::string nic = "/networkInterfaces/web1|";
  EXPECT_EQ(printed_by("tshark -r " + file +
                       " -T fields -E separator='|' "
                       "-e frame.interface_name -e frame.comment 2>/dev/null"),
            nic + "\n" + nic + "\n" + nic + why + "\n" + nic + "\n" + nic + "\n");
}

TEST_F(WireSocketTest, ACaptureEndsWithItsReaderAndWithItsConnection) {
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error();
  Holder holder(path_);
  Pair pair;
  ASSERT_EQ(holder.say(kWeb, {pair.wire.get()}), "done");
  for (size_t i = 0; i < 2 * kCapturesMax; ++i) {
    Pipe pipe;
    std::string answer;
    do {  // until one of those before has seen that its reader is gone
      answer = holder.say("capture all", {pipe.in.get()});
    } while (answer.starts_with("TooManyRequests"));
    ASSERT_EQ(answer, "done");
  }
  std::vector<Pipe> kept(kCapturesMax);
  {
    Holder captor(path_);
    for (Pipe& pipe : kept) {
      std::string answer;
      do {
        answer = captor.say("capture all", {pipe.in.get()});
      } while (answer.starts_with("TooManyRequests"));
      ASSERT_EQ(answer, "done");
      pipe.in = File();
    }
    EXPECT_THAT(captor.say("capture all", {Pipe().in.get()}), StartsWith("TooManyRequests: 16"));
  }
  for (const Pipe& pipe : kept) EXPECT_FALSE(read_all(pipe.out).empty());
  EXPECT_THAT(who_is_the_router(pair), HasSubstr("is-at"));
}

TEST_F(WireSocketTest, WhatCannotBeCapturedIsTold) {
  const auto socket = open();
  ASSERT_TRUE(socket) << socket.error();
  Holder holder(path_);
  const Pipe pipe;
  EXPECT_THAT(holder.say("capture /networkInterfaces/nobody", {pipe.in.get()}),
              StartsWith("ResourceNotFound: There is no network interface '/networkInterf"));
  EXPECT_THAT(holder.say("capture /networkInterfaces/web1 drop", {pipe.in.get()}),
              StartsWith("ResourceNotFound"));
  EXPECT_THAT(holder.say("capture", {pipe.in.get()}), StartsWith("ResourceNotFound"));
  EXPECT_THAT(holder.say("capture all"), StartsWith("InvalidRequest: capture comes with one"));
  EXPECT_THAT(holder.say("capture all", {pipe.out.get()}),
              StartsWith("InvalidRequest: Nothing can be captured into the descriptor: Bad file"));
}

TEST_F(WireSocketTest, TheFileIsForItsOwnerAndGoesWithTheSocket) {
  {
    const auto socket = open();
    ASSERT_TRUE(socket) << socket.error();
    struct stat file {};
    ASSERT_EQ(::stat(path_.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777, 0600u);
    const auto again = open();
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error(), HasSubstr("Somebody listens"));
  }
  struct stat file {};
  EXPECT_NE(::stat(path_.c_str(), &file), 0);
}

TEST_F(WireSocketTest, AFileThatNobodyListensAtIsReplacedAndAnyOtherIsKept) {
  File left(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(left.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(open());
  const std::string file = folder_.file("text");
  { std::ofstream(file) << "mine"; }
  const auto at_file = WireSocket::open(file, world_.controller(), world_.dataplane());
  ASSERT_FALSE(at_file);
  EXPECT_THAT(at_file.error(), HasSubstr("Cannot listen"));
  EXPECT_TRUE(std::ifstream(file).good());
  const std::string long_path(200, 'x');
  const auto at_long = WireSocket::open(long_path, world_.controller(), world_.dataplane());
  ASSERT_FALSE(at_long);
  EXPECT_THAT(at_long.error(), HasSubstr("choose a shorter one"));
}

}  // namespace
}  // namespace isthmus::api::wires
