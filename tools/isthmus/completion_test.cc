// What is offered at the cursor. That shells understand it is held by tests/clients.
#include <gtest/gtest.h>

#include "tools/isthmus/fake_transport.h"

namespace isthmus::cli {
namespace {

struct Row {
  const char* line;     // '' is an empty word
  const char* offered;  // the words, one a line
};

// Without what they mean.
std::string words_of(const std::string& lines) {
  std::istringstream in(lines);
  std::string words;
  for (std::string line; std::getline(in, line);) words += line.substr(0, line.find('\t')) + "\n";
  return words;
}

FakeServer server_with_names() {
  FakeServer server;
  server.answer("GET /networking/v1/virtualNetworks", 200,
                R"({"value":[{"resourceId":"red"},{"resourceId":"blue"}],"nextLink":""})");
  server.answer("GET /networking/v1/virtualNetworks/red/subnets", 200,
                R"({"value":[{"resourceId":"web"}],"nextLink":""})");
  server.answer("GET /_isthmus/v1/snapshots", 200, R"({"snapshots":[{"name":"good"}]})");
  return server;
}

TEST(Completion, OffersWhatMayStandAtTheCursor) {
  constexpr Row kRows[] = {
      {"vne", "vnet\n"},
      {"vnet s", "show\nsubnet\n"},
      {"vnet show -n ''", "red\nblue\n"},
      {"vnet show --name r", "red\n"},
      {"vnet show --name=r", "--name=red\n"},
      {"vnet show --name = r", "red\n"},
      {"vnet create -n ''", ""},
      {"vnet subnet show --vnet-name red -n ''", "web\n"},
      {"vnet subnet show --vnet red -n ''", "web\n"},
      {"vnet subnet show -n ''", ""},
      {"vnet peering create --remote-vnet b", "blue\n"},
      {"vnet peering update --allow-vnet-access ''", "true\nfalse\n"},
      {"vnet show --name red --ser", "--server\n"},
      {"-o t", "table\ntsv\n"},
      {"snapshot restore ''", "good\n"},
      {"snapshot res", "restore\n"},
      {"apply -f ''", ":file\n"},
      {"test ''", ":file\n"},
      {"test a.yaml ''", ":file\n"},
      {"test a.yaml b.yaml --junit ''", ":file\n"},
      {"test a.yaml --j", "--junit\n"},
      {"faults add --method PUT D", "DELETE\n"},
      {"trac", ""},
      {"xyzzy plugh ''", ""},
      {"bench fib --quick ''", ""},
  };
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.line);
    FakeServer server = server_with_names();
    const Outcome outcome = run_against(server, std::string("__complete ") + row.line);
    EXPECT_EQ(outcome.exit, 0);
    EXPECT_EQ(outcome.err, "");
    if (std::string_view(row.line).starts_with("xyzzy") ||
        std::string_view(row.line).starts_with("bench"))
      continue;  // whatever it says, it says it quietly
    EXPECT_EQ(words_of(outcome.out), row.offered);
  }
}

TEST(Completion, SaysWhatTheWordsMean) {
  FakeServer server;
  const Outcome outcome = run_against(server, "__complete vnet peering cr");
  EXPECT_EQ(outcome.out, "create\tcreate one, or replace it\n");
  EXPECT_TRUE(server.asked.empty());
}

TEST(Completion, IsSilentWithoutADaemon) {
  FakeServer server;
  server.reachable = false;
  for (const char* line : {"__complete vnet show -n ''", "__complete", "__complete ''",
                           "__complete --server nowhere vnet show -n ''"}) {
    const Outcome outcome = run_against(server, line);
    EXPECT_EQ(outcome.exit, 0) << line;
    EXPECT_EQ(outcome.err, "") << line;
  }
}

TEST(Completion, IsInNoListOfCommands) {
  FakeServer server;
  EXPECT_EQ(run_against(server, "--help").out.find("__complete"), std::string::npos);
  EXPECT_EQ(run_against(server, "completion powershell").exit, 2);
  EXPECT_EQ(run_against(server, "man isthmusctl").exit, 2);
}

TEST(Manual, HasEveryCommand) {
  FakeServer server;
  const std::string page = run_against(server, "man").out;
  EXPECT_NE(page.find("isthmus vnet peering create [options]"), std::string::npos);
  EXPECT_NE(page.find("isthmus explain FROM TO [WHAT]"), std::string::npos);
  EXPECT_NE(run_against(server, "man isthmusd").out.find("\\-\\-listen"), std::string::npos);
}

}  // namespace
}  // namespace isthmus::cli
