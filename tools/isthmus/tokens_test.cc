// Tokens on the command line: making them, giving them, and what who is refused is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "api/access/principals.h"
#include "api/access/private_file.h"
#include "tests/support/temporary_folder.h"
#include "tools/isthmus/fake_transport.h"

namespace isthmus::cli {
namespace {

using api::access::parse_principals;
using api::access::Principals;
using api::access::Role;
using api::access::sha256;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kNetworks = "GET /networking/v1/virtualNetworks";

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
std::string authorization(const FakeServer& server) {
  for (const auto& [name, value] : server.asked.at(0).headers)
    if (name == "Authorization") return value;
  return {};
}
void write(const std::string& file, const std::string& text) { std::ofstream(file) << text; }

// Nothing of the environment that the tests run in.
class Tokens : public ::testing::Test {
 protected:
  Tokens() { forget(); }
  ~Tokens() override { forget(); }
  static void forget() {
    ::unsetenv("ISTHMUS_TOKEN");
    ::unsetenv("ISTHMUS_TOKEN_FILE");
  }
  FakeServer server;
  TemporaryFolder folder;
};

TEST_F(Tokens, AreMadeWithTheLineThatLetsThemIn) {
  const Outcome made = run_against(server, "token create --name ci --role contributor");
  EXPECT_EQ(made.exit, 0) << made.err;
  EXPECT_TRUE(server.asked.empty());
  const auto principals = parse_principals(made.err.substr(made.err.find("- {")));
  ASSERT_TRUE(principals) << made.err;
  EXPECT_EQ(*principals,
            (Principals{{"ci", Role::Contributor, sha256(first_line(made.out)), {}, {}}}));
  EXPECT_THAT(made.err, Not(HasSubstr(first_line(made.out))));
  const Outcome json = run_against(server, "-o json token create -n ci --role owner --expires 30d");
  EXPECT_THAT(json.out, HasSubstr(R"("expires": "20)"));
  EXPECT_THAT(json.out, HasSubstr(R"("token": "isthmus_)"));
}

TEST_F(Tokens, AreAddedToTheFile) {
  const std::string file = folder.file("access.yaml");
  const Outcome first = run_against(server, "token create -n ci --role reader -f " + file);
  ASSERT_EQ(first.exit, 0) << first.err;
  const Outcome second =
      run_against(server, "token create -n me@home --role owner --expires 2199-01-01 -f " + file);
  ASSERT_EQ(second.exit, 0) << second.err;
  const auto text = api::access::read_private_file(file);
  ASSERT_TRUE(text) << text.error();
  const auto principals = parse_principals(*text);
  ASSERT_TRUE(principals) << principals.error();
  EXPECT_EQ((*principals)[0].token, sha256(first_line(first.out)));
  EXPECT_EQ((*principals)[1].token, sha256(first_line(second.out)));
  EXPECT_THAT(*text, HasSubstr("expires: 2199-01-01T00:00:00Z"));

  const Outcome again = run_against(server, "token create -n ci --role owner -f " + file);
  EXPECT_EQ(again.exit, 1);
  EXPECT_THAT(again.err, HasSubstr("there is a principal 'ci' already"));
  EXPECT_EQ(again.out, "") << "a token that opens nothing is not shown";
  EXPECT_EQ(*api::access::read_private_file(file), *text);
  ::chmod(file.c_str(), 0644);
  EXPECT_THAT(run_against(server, "token create -n x --role owner -f " + file).err,
              HasSubstr("chmod 600"));
}

TEST_F(Tokens, AreNotMadeFromNonsense) {
  for (const char* line :
       {"token make -n ci --role reader", "token create --role reader", "token create -n ci",
        "token create -n ci --role admin", "token create -n ci --role anyone",
        "token create -n c/i --role reader", "token create -n ci --role reader --expires 30",
        "token create -n ci --role reader --expires 0d",
        "token create -n ci --role reader --expires -1d",
        "token create -n ci --role reader --expires 2001-01-01"}) {
    const Outcome outcome = run_against(server, line);
    EXPECT_EQ(outcome.exit, 2) << line;
    EXPECT_EQ(outcome.out, "") << line;
  }
}

TEST_F(Tokens, AreSentFromTheFirstPlaceThatHasOne) {
  const std::string file = folder.file("token");
  write(file, "of-file\n");
  const auto sent = [&](const std::string& words) {
    server.asked.clear();
    server.answer(kNetworks, 200, R"({"value":[]})");
    const Outcome outcome = run_against(server, words + "vnet list");
    EXPECT_EQ(outcome.exit, 0) << outcome.err;
    return authorization(server);
  };
  EXPECT_EQ(sent(""), "");
  ::setenv("ISTHMUS_TOKEN_FILE", file.c_str(), 1);
  EXPECT_EQ(sent(""), "Bearer of-file");
  ::setenv("ISTHMUS_TOKEN", "of-environment", 1);
  EXPECT_EQ(sent(""), "Bearer of-environment");
  EXPECT_EQ(sent("--token-file " + file + " "), "Bearer of-file");
  EXPECT_EQ(sent("--token of-flag "), "Bearer of-flag");
}

TEST_F(Tokens, ThatAreNoneAreNotRepeated) {
  const std::string file = folder.file("token");
  write(file, "canary and more\n");
  for (const std::string& words :
       {std::string("--token canary\""), "--token-file " + file, "--token-file " + file + "x"}) {
    const Outcome outcome = run_against(server, words + " vnet list");
    EXPECT_EQ(outcome.exit, 2) << words;
    EXPECT_THAT(outcome.err, Not(HasSubstr("canary")));
  }
  EXPECT_EQ(run_against(server, "--token a --token-file b vnet list").exit, 2);
}

TEST_F(Tokens, DoNotGoWhereOthersReadThem) {
  const Outcome outcome =
      run_against(server, "--server http://10.0.0.1:8181 --token canary vnet list");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_EQ(outcome.err,
            "isthmus: a token does not go over plain HTTP to 10.0.0.1, where others "
            "can read it\n");
  EXPECT_TRUE(server.asked.empty());
  for (const char* url : {"http://localhost", "http://127.9.9.9:1", "http://[::1]:1"})
    EXPECT_EQ(run_against(server, std::string("--token x --server ") + url + " vnet list").exit, 3);
}

TEST_F(Tokens, WhoIsRefusedIsToldWhatToDo) {
  server.answer(kNetworks, 401, R"({"error":{"code":"AuthenticationFailed","message":"No."}})");
  const Outcome stranger = run_against(server, "vnet list");
  EXPECT_EQ(stranger.exit, 1);
  EXPECT_THAT(stranger.err, HasSubstr("isthmus: AuthenticationFailed: No.\n"));
  EXPECT_THAT(stranger.err, HasSubstr("ISTHMUS_TOKEN"));
  const Outcome unknown = run_against(server, "--token canary vnet list");
  EXPECT_EQ(unknown.exit, 1);
  EXPECT_THAT(unknown.err, HasSubstr("isthmus token create"));
  EXPECT_THAT(unknown.err, Not(HasSubstr("canary")));
  server.answer(kNetworks, 403, R"({"code":"AuthorizationFailed","detail":"'ci' is a reader."})");
  const Outcome reader = run_against(server, "--token canary vnet list");
  EXPECT_EQ(reader.exit, 1);
  EXPECT_THAT(reader.err, HasSubstr("a token of that role"));
}

}  // namespace
}  // namespace isthmus::cli
