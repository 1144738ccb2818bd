#include "tools/isthmus/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tools/isthmus/fake_transport.h"

namespace isthmus::cli {
namespace {

using testing::HasSubstr;

// Sets PATH for one scope.
class PathIs {
 public:
  explicit PathIs(const char* path) : before_(std::getenv("PATH")) { setenv("PATH", path, 1); }
  ~PathIs() { setenv("PATH", before_.c_str(), 1); }
  PathIs(const PathIs&) = delete;
  PathIs& operator=(const PathIs&) = delete;

 private:
  std::string before_;
};

FakeServer with_networks() {
  FakeServer server;
  server.answer("GET /networking/v1/virtualNetworks", 200,
                R"({"value":[{"resourceId":"a","n":1},{"resourceId":"b","n":2}],"nextLink":""})");
  return server;
}

TEST(Query, SelectsFromTheJsonInEveryForm) {
  FakeServer server = with_networks();
  EXPECT_EQ(run_against(server, "vnet list --query [].resourceId -o tsv").out, "a\nb\n");
  EXPECT_EQ(run_against(server, "vnet list --query [?n==`2`].{Name:resourceId} -o table").out,
            "Name\n----\nb\n");
  EXPECT_EQ(run_against(server, "vnet list --query [0].resourceId").out, "\"a\"\n");
  EXPECT_EQ(run_against(server, "vnet list --query [].[resourceId,n] -o tsv").out, "a\t1\nb\t2\n");
}

TEST(Query, IsAUsageErrorWhenItIsNotUnderstood) {
  FakeServer server = with_networks();
  const Outcome outcome = run_against(server, "vnet list --query [");
  EXPECT_EQ(outcome.exit, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--query '[' is not understood: SyntaxError"));
}

TEST(Query, SaysWhatToInstallWhenJpIsMissing) {
  const PathIs nowhere("/nonexistent");
  FakeServer server = with_networks();
  const Outcome outcome = run_against(server, "vnet list --query @");
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr("apt-get install jp"));
}

TEST(Query, TakesInputLargerThanAPipeHolds) {
  std::string json = "[0";
  for (int i = 1; i < 200'000; ++i) json += "," + std::to_string(i);
  const Result<std::string> answer = run_query("length(@)", json + "]");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(*answer, "200000\n");
}

}  // namespace
}  // namespace isthmus::cli
