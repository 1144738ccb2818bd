// What isthmus lab says before there is a machine; the rest is tests/clients/lab_test.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"
#include "tools/isthmus/fake_transport.h"
#include "tools/isthmus/lab/machines.h"

namespace isthmus::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kAsked[] = "GET /_isthmus/v1/interfaces";

TEST(Lab, NeedsAServerThatForwardsPackets) {
  FakeServer server;
  server.answer(kAsked, 200, R"({"interfaces":[]})");
  for (const char* line :
       {"lab up", "lab down", "lab status", "lab exec web1 -- ls", "lab ping --all"}) {
    const Outcome outcome = run_against(server, line);
    EXPECT_EQ(outcome.exit, 1) << line;
    EXPECT_THAT(outcome.err, HasSubstr("isthmusd --wires SOCKET")) << line;
  }
}

TEST(Lab, IsOfTheMachineThatTheServerRunsOn) {
  FakeServer server;
  server.answer(kAsked, 200, R"({"wires":"/no/such/folder/wires","interfaces":[]})");
  const Outcome outcome = run_against(server, "lab status");
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr("is not on this machine"));
}

TEST(Lab, IsNotUpWithoutItsHelper) {
  const TemporaryFolder folder;
  const std::string wires = folder.file("wires");
  std::ofstream(wires) << "";
  FakeServer server;
  server.answer(kAsked, 200, R"({"wires":")" + wires + R"(","interfaces":[]})");
  EXPECT_THAT(run_against(server, "lab status").err, HasSubstr("no lab is up"));
  EXPECT_EQ(run_against(server, "lab down").exit, 0) << "there is nothing to take away";
}

TEST(Lab, AMachineIsNamedByItsNameOrItsInterface) {
  const std::vector<MachineInfo> machines = {{"/networkInterfaces/web1", "web1", "", ""},
                                             {"/a/networkInterfaces/db", "db", "", ""},
                                             {"/b/networkInterfaces/db", "db", "", ""}};
  EXPECT_EQ(machine_named(machines, "WEB1")->nic, "/networkInterfaces/web1");
  EXPECT_EQ(machine_named(machines, "/b/networkInterfaces/db")->nic, "/b/networkInterfaces/db");
  EXPECT_THAT(machine_named(machines, "db").error().message, HasSubstr("2 machines are called db"));
  const Problem unknown = machine_named(machines, "wbe1").error();
  EXPECT_EQ(unknown.exit, Exit::NotFound);
  EXPECT_EQ(unknown.remedy, "did you mean web1?");
}

}  // namespace
}  // namespace isthmus::cli
