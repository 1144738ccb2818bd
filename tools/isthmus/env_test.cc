// The environment for az and its like, and az's own setup: az here is a script that writes down
// what it was asked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include "tools/isthmus/azure_environment.h"
#include "tools/isthmus/fake_transport.h"

namespace isthmus::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kSubscriptions = "GET /subscriptions?api-version=2019-11-01";
constexpr const char* kCa = "GET /_isthmus/ca.pem";

void write(const std::string& file, const std::string& text) { std::ofstream(file) << text; }
std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// What a test sets in the environment goes with it.
class Env : public ::testing::Test {
 protected:
  Env() {
    for (const char* name : {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NO_PROXY", "no_proxy", "PATH",
                             "HOME", "XDG_STATE_HOME", "AZURE_CONFIG_DIR", "ISTHMUS_TOKEN"}) {
      const char* value = std::getenv(name);
      before_[name] = value == nullptr ? "" : value;
      if (name != std::string("PATH")) ::unsetenv(name);
    }
    server.answer(kSubscriptions, 200, R"({"value":[{"subscriptionId":"s-1","tenantId":"t-1"}]})");
    server.answer(kCa, 200, "-----OURS-----\n");
  }
  ~Env() override {
    for (const auto& [name, value] : before_)
      value.empty() ? ::unsetenv(name.c_str()) : ::setenv(name.c_str(), value.c_str(), 1);
  }
  Outcome env(const std::string& more = "") {
    return run_against(server, "env --folder " + folder.file("az") + more);
  }

  FakeServer server;
  TemporaryFolder folder;

 private:
  std::map<std::string, std::string> before_;
};

TEST_F(Env, PrintsLinesForAShell) {
  const Outcome printed = env();
  ASSERT_EQ(printed.exit, 0) << printed.err;
  const std::string at = folder.file("az");
  EXPECT_EQ(printed.out, "export REQUESTS_CA_BUNDLE=" + at + "/isthmus-ca-bundle.pem\n" +
                             "export SSL_CERT_FILE=" + at + "/isthmus-ca-bundle.pem\n" +
                             "export NODE_EXTRA_CA_CERTS=" + at + "/isthmus-ca.pem\n" +
                             "export AZURE_CONFIG_DIR=" + at + "/az\n" +
                             "export AZURE_CORE_COLLECT_TELEMETRY=no\n"
                             "export ARM_METADATA_HOSTNAME=127.0.0.1:8181\n"
                             "export ARM_SUBSCRIPTION_ID=s-1\n"
                             "export ARM_TENANT_ID=t-1\n"
                             "export ARM_CLIENT_ID=isthmus\n"
                             "export ARM_CLIENT_SECRET=isthmus\n"
                             "export ARM_SKIP_PROVIDER_REGISTRATION=true\n"
                             "export NO_PROXY=127.0.0.1\n"
                             "export no_proxy=127.0.0.1\n");
  EXPECT_EQ(text_of(at + "/isthmus-ca.pem"), "-----OURS-----\n");
  EXPECT_TRUE(std::filesystem::is_directory(at + "/az"));
  EXPECT_THAT(run_against(server, "-o json env --folder " + at).out,
              HasSubstr(R"("ARM_TENANT_ID": "t-1")"));
}

TEST_F(Env, KeepsWhomTheUserTrustsAlready) {
  write(folder.file("corporate.pem"), "-----THEIRS-----");
  ::setenv("REQUESTS_CA_BUNDLE", folder.file("corporate.pem").c_str(), 1);
  ASSERT_EQ(env().exit, 0);
  const std::string bundle = folder.file("az") + "/isthmus-ca-bundle.pem";
  EXPECT_EQ(text_of(bundle), "-----THEIRS-----\n-----OURS-----\n");
  ::setenv("REQUESTS_CA_BUNDLE", bundle.c_str(), 1);
  ::setenv("SSL_CERT_FILE", folder.file("corporate.pem").c_str(), 1);
  ASSERT_EQ(env().exit, 0);
  EXPECT_EQ(text_of(bundle), "-----THEIRS-----\n-----OURS-----\n") << "it does not grow";
}

TEST_F(Env, IsTheTokensWhereThereIsOne) {
  ::setenv("ISTHMUS_TOKEN", "isthmus_abc", 1);
  EXPECT_THAT(env().out, HasSubstr("export ARM_CLIENT_SECRET=isthmus_abc\n"));
}

TEST_F(Env, LeavesOtherExceptionsOfProxiesAlone) {
  ::setenv("NO_PROXY", "a.example,b.example", 1);
  EXPECT_THAT(env().out, HasSubstr("export NO_PROXY=a.example,b.example,127.0.0.1\n"));
  ::setenv("NO_PROXY", "a.example,127.0.0.1", 1);
  ::setenv("no_proxy", "127.0.0.1", 1);
  EXPECT_THAT(env().out, HasSubstr("export NO_PROXY=a.example,127.0.0.1\n"));
  const Outcome unset = run_against(server, "env --unset");
  EXPECT_THAT(unset.out,
              AllOf(HasSubstr("unset REQUESTS_CA_BUNDLE\n"), HasSubstr("unset ARM_CLIENT_SECRET\n"),
                    HasSubstr("export NO_PROXY=a.example\n"), HasSubstr("unset no_proxy\n")));
}

TEST_F(Env, UnsetsWhatItSets) {
  const std::string set = env().out, unset = run_against(server, "env --unset").out;
  std::istringstream lines(set);
  for (std::string line; std::getline(lines, line);)
    EXPECT_THAT(unset, HasSubstr("unset " + line.substr(7, line.find('=') - 7) + "\n"));
}

TEST_F(Env, DoesWithoutACaWhereTheServerHasNone) {
  server.answers.erase(kCa);
  const Outcome printed = env();
  EXPECT_EQ(printed.exit, 0);
  EXPECT_THAT(printed.out, StartsWith("export AZURE_CONFIG_DIR="));
  EXPECT_THAT(printed.err, HasSubstr("no CA of its own"));
}

TEST_F(Env, WarnsOfACaThatOthersCouldHaveChanged) {
  EXPECT_EQ(env().err, "");
  const std::string rest = " env --folder " + folder.file("az");
  EXPECT_EQ(run_against(server, "--server http://localhost:8181" + rest).err, "");
  EXPECT_EQ(run_against(server, "--server https://lab.example" + rest).err, "");
  EXPECT_THAT(run_against(server, "--server http://lab.example" + rest).err,
              HasSubstr("came over plain HTTP"));
}

TEST_F(Env, HasAFolderForEachServer) {
  ::setenv("HOME", folder.file("me").c_str(), 1);
  const Outcome printed = run_against(server, "--server http://localhost env");
  EXPECT_THAT(printed.out,
              HasSubstr(folder.file("me") + "/.local/state/isthmus/azure/localhost_80/az\n"));
  EXPECT_THAT(printed.out, HasSubstr("ARM_METADATA_HOSTNAME=localhost:80\n"));
  ::setenv("XDG_STATE_HOME", folder.file("state").c_str(), 1);
  EXPECT_THAT(run_against(server, "--server http://[::1]:8181 env").out,
              HasSubstr("='" + folder.file("state") + "/isthmus/azure/[__1]_8181/az'\n"));
}

TEST_F(Env, SaysWhatStandsInItsWay) {
  const Outcome homeless = run_against(server, "env");
  EXPECT_EQ(homeless.exit, 2);
  EXPECT_THAT(homeless.err, HasSubstr("give --folder"));
  write(folder.file("az"), "a file");
  const Outcome full = env();
  EXPECT_EQ(full.exit, 1);
  EXPECT_THAT(full.err, HasSubstr("cannot write " + folder.file("az")));
  server.answer(kSubscriptions, 401,
                R"({"error":{"code":"AuthenticationFailed","message":"Who?","details":[]}})");
  EXPECT_THAT(env().err, HasSubstr("AuthenticationFailed: Who?"));
  server.reachable = false;
  EXPECT_EQ(env().exit, 5);
}

TEST_F(Env, QuotesForAShell) {
  EXPECT_EQ(shell_quoted("/a/b-c_d.pem"), "/a/b-c_d.pem");
  EXPECT_EQ(shell_quoted("a b"), "'a b'");
  EXPECT_EQ(shell_quoted("it's $HOME"), R"('it'\''s $HOME')");
  EXPECT_EQ(shell_quoted(""), "''");
}

class AzSetup : public Env {
 protected:
  // An az that does `body`, and writes down its words and settings first.
  void install_az(const std::string& body) {
    const std::string program = folder.file("az");
    write(program, "#!/bin/sh\necho \"$*\" >>" + folder.file("asked") +
                       "\necho $AZURE_CONFIG_DIR >" + folder.file("config") + "\n" + body + "\n");
    ::chmod(program.c_str(), 0700);
    ::setenv("PATH",
             (std::filesystem::path(program).parent_path().string() + ":/usr/bin:/bin").c_str(), 1);
  }
  Outcome set_up() { return run_against(server, "az setup --folder " + folder.file("files")); }
  std::string asked() { return text_of(folder.file("asked")); }
};

TEST_F(AzSetup, RegistersSetsAndSignsIn) {
  install_az(R"([ "$2" != show ])");
  const Outcome done = set_up();
  EXPECT_EQ(done.exit, 0) << done.err;
  EXPECT_EQ(done.out, "");
  EXPECT_EQ(asked(),
            "cloud show --name isthmus\n"
            "cloud register --name isthmus --endpoint-resource-manager https://127.0.0.1:8181\n"
            "cloud set --name isthmus\n"
            "login --service-principal --username isthmus --password isthmus --tenant t-1 --output "
            "none\n");
  EXPECT_EQ(text_of(folder.file("config")), folder.file("files") + "/az\n");
  EXPECT_THAT(done.err, AllOf(HasSubstr("az cloud set --name isthmus\n"),
                              HasSubstr("--password ... --tenant t-1"),
                              HasSubstr("eval \"$(isthmus --server http://127.0.0.1:8181 env)\"")));
}

TEST_F(AzSetup, ShowsNoToken) {
  ::setenv("ISTHMUS_TOKEN", "isthmus_abc", 1);
  install_az("");
  const Outcome done = set_up();
  EXPECT_THAT(asked(),
              AllOf(HasSubstr("--password isthmus_abc"), HasSubstr("cloud update --name isthmus")));
  EXPECT_THAT(done.err, Not(HasSubstr("isthmus_abc")));
}

TEST_F(AzSetup, SaysWhatHasFailed) {
  install_az(R"([ "$1" != login ] || exit 3)");
  const Outcome failed = set_up();
  EXPECT_EQ(failed.exit, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("az login"), HasSubstr("has failed, with status 3")));
  ::setenv("PATH", folder.file("nowhere").c_str(), 1);
  const Outcome missing = set_up();
  EXPECT_EQ(missing.exit, 1);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("there is no az on this machine"),
                                 HasSubstr("apt-get install azure-cli")));
  EXPECT_EQ(run_against(server, "az teardown").exit, 2);
}

}  // namespace
}  // namespace isthmus::cli
