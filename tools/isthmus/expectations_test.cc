// isthmus test against a server of this file: what is asked, what is shown, how it ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"
#include "tools/isthmus/fake_transport.h"

namespace isthmus::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kExpectations = "POST /_isthmus/v1/expectations";
constexpr const char* kApply = "POST /_isthmus/v1/apply";
constexpr const char* kApplied =
    R"({"changes":[{"change":"created","resource":"/networkInterfaces/v"}],"revision":2})";
constexpr const char* kHolding =
    R"({"line":7,"from":"v","to":"w","protocol":"tcp","port":443,"expected":{"result":"reach","via":"fw"},)"
    R"("actual":{"result":"reach","via":["fw"]},"holds":true})";
constexpr const char* kFailing =
    R"({"line":8,"from":"w","to":"v","protocol":"icmp","expected":{"result":"reach"},)"
    R"("actual":{"result":"drop","via":[],"reason":"acl-deny","detail":"acl-in drops it: <denied>",)"
    R"("remedy":"Change it."},"holds":false})";

class TestCommand : public ::testing::Test {
 protected:
  // Words behind a document, which the words may name as FILE.
  Outcome run_test(std::string words, bool terminal = false) {
    for (size_t at = 0; (at = words.find("FILE", at)) != std::string::npos; at += lab_.size())
      words.replace(at, 4, lab_);
    return run_against(server_, "test " + words, terminal);
  }
  void answer(std::initializer_list<const char*> told) {
    std::string all;
    for (const char* one : told) all += (all.empty() ? "" : ",") + std::string(one);
    server_.answer(kExpectations, 200, R"({"revision":2,"expectations":[)" + all + "]}");
  }
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_.file(name);
    std::ofstream(path) << text;
    return path;
  }
  std::string text_of(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::vector<std::string> questions() {
    std::vector<std::string> all;
    for (const HttpRequest& request : server_.asked)
      all.push_back(request.method + " " + request.target);
    return all;
  }

  FakeServer server_;
  TemporaryFolder folder_;
  const std::string text_ = "version: 1\nexpect:\n- {from: v, to: w, result: reach}\n";
  const std::string lab_ = write("lab.yaml", text_);
};

TEST_F(TestCommand, ShowsALineForEachExpectation) {
  answer({kHolding, kFailing});
  const Outcome outcome = run_test("FILE", true);
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.out, HasSubstr("\nok      " + lab_ +
                                     ":7  v     w   tcp/443  reach via fw  reach via fw\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nFAIL    " + lab_ +
                                     ":8  w     v   icmp     reach         drop (acl-deny)\n"));
  EXPECT_EQ(outcome.err, lab_ +
                             ":8: w -> v icmp is drop (acl-deny), not reach\n"
                             "  acl-in drops it: <denied>\n  Change it.\nisthmus: 1 of 2 hold\n");
  EXPECT_EQ(server_.asked.back().body, text_);
  EXPECT_EQ(questions(), (std::vector<std::string>{kExpectations})) << "nothing is changed";
}

TEST_F(TestCommand, EndsWellWhereAllHold) {
  answer({kHolding});
  const Outcome outcome = run_test("FILE");
  EXPECT_EQ(outcome.exit, 0);
  EXPECT_EQ(outcome.err, "1 of 1 hold\n");
  EXPECT_THAT(outcome.out, StartsWith("[\n  {\n    \"file\": \"" + lab_ + "\",\n    \"line\": 7,"));
}

TEST_F(TestCommand, AppliesEachDocumentBeforeItsExpectations) {
  server_.answer(kApply, 200, kApplied);
  answer({kHolding});
  const Outcome outcome = run_test("--apply FILE FILE -o tsv");
  EXPECT_EQ(outcome.exit, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "1 created; revision 2\n1 created; revision 2\n2 of 2 hold\n");
  EXPECT_EQ(questions(), (std::vector<std::string>{kApply, kExpectations, kApply, kExpectations}));
}

TEST_F(TestCommand, TellsNothingOfALabThatIsRefused) {
  server_.answer(kApply, 400,
                 R"({"code":"SubnetOverlap","status":400,"detail":"Line 3: it overlaps."})");
  answer({kHolding});
  const std::string report = folder_.file("junit.xml");
  const Outcome outcome = run_test("--apply FILE --junit " + report);
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "isthmus: SubnetOverlap: " + lab_ + ": Line 3: it overlaps.\n");
  EXPECT_EQ(questions(), (std::vector<std::string>{kApply}));
  EXPECT_THAT(text_of(report),
              HasSubstr(R"(<error message="SubnetOverlap: Line 3: it overlaps." )"));
}

TEST_F(TestCommand, ShowsTheDocumentsBeforeTheOneThatIsRefused) {
  answer({kHolding});
  const std::string other = write("other.yaml", "no lab");
  server_.calls_max = 1;
  const Outcome outcome = run_test("FILE " + other + " -o tsv");
  EXPECT_EQ(outcome.exit, 5);
  EXPECT_EQ(outcome.out, "ok\t" + lab_ + ":7\tv\tw\ttcp/443\treach via fw\treach via fw\n");
  EXPECT_THAT(outcome.err, StartsWith("1 of 1 hold\nisthmus: cannot reach"));
}

TEST_F(TestCommand, WritesAReport) {
  answer({kHolding, kFailing});
  const std::string report = folder_.file("junit.xml");
  EXPECT_EQ(run_test("FILE --junit " + report).exit, 1);
  const std::string xml = text_of(report);
  EXPECT_THAT(xml, HasSubstr(R"(tests="2" failures="1" errors="0")"));
  EXPECT_THAT(xml, HasSubstr(R"(name="v -&gt; w tcp/443: reach via fw" file=")" + lab_ +
                             R"(" line="7" time=")"));
  EXPECT_THAT(xml,
              HasSubstr(R"(<failure message="is drop (acl-deny), not reach" type="expectation">)"
                        "acl-in drops it: &lt;denied&gt;&#10;Change it.</failure>"));
  const Outcome nowhere = run_test("FILE --junit /nowhere/at/all");
  EXPECT_EQ(nowhere.exit, 1);
  EXPECT_THAT(nowhere.err, HasSubstr("cannot write /nowhere/at/all: No such file"));
}

TEST_F(TestCommand, NeedsExpectations) {
  server_.answer(kApply, 200, kApplied);
  answer({});
  for (const char* text : {"version: 1\n", "version: 1\nexpect: []\n"}) {
    const std::string silent = write("silent.yaml", text);
    const Outcome outcome = run_test("--apply FILE " + silent);
    EXPECT_EQ(outcome.exit, 2);
    EXPECT_THAT(outcome.err, StartsWith("isthmus: " + silent + " has no expectations to test"));
  }
  EXPECT_TRUE(server_.asked.empty()) << "nothing of the first document is applied either";
}

TEST_F(TestCommand, SendsPacketsOnlyWhereALabIsUp) {
  constexpr const char* kInterfaces = "GET /_isthmus/v1/interfaces";
  answer({kHolding});
  server_.answer(kInterfaces, 200, R"({"interfaces":[]})");
  const std::string report = folder_.file("junit.xml");
  const Outcome nothing = run_test("FILE --packets --junit " + report);
  EXPECT_EQ(nothing.exit, 1);
  EXPECT_EQ(nothing.out, "");
  EXPECT_THAT(nothing.err, HasSubstr("the daemon forwards no packets"));
  EXPECT_THAT(text_of(report), HasSubstr(R"(<error message="the daemon forwards no packets")"));
  const std::string wires = write("wires", "");
  server_.answer(kInterfaces, 200, R"({"wires":")" + wires + R"(","interfaces":[]})");
  const Outcome not_up = run_test("FILE --packets");
  EXPECT_EQ(not_up.exit, 1);
  EXPECT_THAT(not_up.err, HasSubstr("no lab is up"));
}

TEST_F(TestCommand, WaitsOnlyForPackets) {
  answer({kHolding});
  for (const char* line : {"FILE --timeout 1s", "FILE --packets --timeout soon"}) {
    const Outcome outcome = run_test(line);
    EXPECT_EQ(outcome.exit, 2) << line;
    EXPECT_THAT(outcome.err, ::testing::AnyOf(HasSubstr("--timeout is for --packets"),
                                              HasSubstr("'soon' is not a time")));
  }
  EXPECT_TRUE(server_.asked.empty());
}

TEST_F(TestCommand, SaysThatAServerOfAnotherKindAnswered) {
  server_.answer(kExpectations, 200, "{}");
  const Outcome outcome = run_test("FILE");
  EXPECT_EQ(outcome.exit, 1);
  EXPECT_THAT(outcome.err, HasSubstr("the server's answer has no expectations"));
}

TEST_F(TestCommand, LeavesItToTheServerToSayWhatIsNoLab) {
  answer({});
  for (const char* text : {"", "- a\n", "{", "expect: {from: a}\n"})
    EXPECT_NE(run_test(write("odd.yaml", text)).exit, 2) << text;
}

}  // namespace
}  // namespace isthmus::cli
