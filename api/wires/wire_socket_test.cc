#include "api/wires/wire_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

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

  // What the machine gets for asking who the router is; empty where it gets nothing.
  std::string who_is_the_router(const Pair& pair) {
    const Resource* nic = world_.model()->collection(Kind::NetworkInterface).begin()->get();
    const auto question = test::frame_of("who-has 10.1.0.1 tell 10.1.0.2",
                                         *nic->as<NetworkInterface>().mac, dataplane::kRouterMac);
    std::vector<uint8_t> sent(kOffloadHeaderBytes);
    sent.insert(sent.end(), question.begin(), question.end());
    if (::send(pair.machine.get(), sent.data(), sent.size(), MSG_NOSIGNAL) < 0) return "";
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
