// Which protocol a packet without ports is of.
#include "tools/isthmus/lab/other_protocols.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tools/isthmus/fake_transport.h"

namespace isthmus::cli {
namespace {

net::IpAddress address(const char* text) { return *net::IpAddress::parse(text); }

class OtherProtocolsTest : public ::testing::Test {
 protected:
  Result<OtherProtocols> ask(const char* answer) {
    server_.answer("GET /_isthmus/v1/flows?limit=10000", 200, answer);
    FakeTransport transport(server_);
    Api api(transport, "http://test");
    std::ostringstream out;
    Output output({}, out);
    Session session{api, output, out};
    return OtherProtocols::ask(session);
  }
  FakeServer server_;
};

TEST_F(OtherProtocolsTest, AreNotThoseOfFlowsOfTheSameEnds) {
  auto protocols = ask(R"({"flows":[
    {"protocol":"tcp","source":"10.1.0.4","destination":"10.2.0.4"},
    {"protocol":"148","source":"10.1.0.4","destination":"10.2.0.4"},
    {"protocol":"149","source":"10.2.0.4","destination":"10.1.0.4"}]})");
  ASSERT_TRUE(protocols);
  const auto a = address("10.1.0.4"), b = address("10.2.0.4"), c = address("fd00::4");
  EXPECT_EQ(protocols->take_one(a, b), 150);
  EXPECT_EQ(protocols->take_one(b, a), 151) << "or it would be the answer to the one before";
  EXPECT_EQ(protocols->take_one(a, c), 148) << "these two have none";
}

TEST_F(OtherProtocolsTest, ComeToAnEnd) {
  auto protocols = ask(R"({"flows":[]})");
  ASSERT_TRUE(protocols);
  const auto a = address("10.1.0.4"), b = address("10.2.0.4");
  for (int number = 148; number <= 252; ++number) EXPECT_EQ(protocols->take_one(a, b), number);
  EXPECT_EQ(protocols->take_one(b, a), 0);
}

TEST_F(OtherProtocolsTest, NeedAServerThatKnowsFlows) {
  const auto protocols = ask("{}");
  ASSERT_FALSE(protocols);
  EXPECT_EQ(protocols.error().message, "the server's answer has no flows");
}

}  // namespace
}  // namespace isthmus::cli
