// Plays every case and every document with examples, and holds the cases complete: each rule, each
// row of the peering state table and each error code is in one.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "controller/rules/peering_state.h"
#include "tests/cases/golden_file.h"
#include "tests/cases/story.h"

namespace isthmus::testing {
namespace {

class GoldenCase : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(GoldenCase, HappensAsWritten) {
  const Played played = play(read_file(GetParam()));
  for (const std::string& broken : played.findings.broken)
    ADD_FAILURE() << GetParam() << ": " << broken;
  expect_golden(GetParam(), played.text);
}

INSTANTIATE_TEST_SUITE_P(Cases, GoldenCase, ::testing::ValuesIn(case_files()),
                         [](const auto& case_) { return case_.param.stem().string(); });

TEST(GoldenDocument, NetworkingExamplesHappenAsWritten) {
  for (const auto& path : networking_documents()) {
    const Played played = play_document(read_file(path));
    for (const std::string& broken : played.findings.broken)
      ADD_FAILURE() << path << ": " << broken;
    expect_golden(path, played.text);
  }
}

// What all cases show together.
const Findings& all_findings() {
  static const Findings all = [] {
    Findings sum;
    for (const auto& file : case_files()) {
      const Findings one = play(read_file(file)).findings;
      sum.rules.insert(one.rules.begin(), one.rules.end());
      sum.codes.insert(one.codes.begin(), one.codes.end());
      sum.transitions.insert(one.transitions.begin(), one.transitions.end());
    }
    return sum;
  }();
  return all;
}

TEST(GoldenCoverage, EveryRuleHasACase) {
  for (const KindInfo& row : kKinds) {
    for (const auto rules : {rules_of(row.kind, Realm::Onprem), rules_of(row.kind, Realm::Azure),
                             deletion_rules_of(row.kind)}) {
      for (const Rule& rule : rules) {
        EXPECT_TRUE(all_findings().rules.contains(std::string(rule.name)))
            << "no case has the line: rule    " << rule.name;
      }
    }
  }
}

TEST(GoldenCoverage, EveryPeeringTransitionHasACase) {
  for (const Realm realm : {Realm::Onprem, Realm::Azure}) {
    for (size_t i = 0; i < peering_transitions(realm).size(); ++i) {
      EXPECT_TRUE(all_findings().transitions.contains({realm, i}))
          << "row " << i << " of peering_transitions() of realm " << static_cast<int>(realm)
          << " happens in no case";
    }
  }
}

// "CODE file": where a test shows the code that no case can, for want of a failing store.
std::map<std::string, std::string> covered_elsewhere() {
  std::map<std::string, std::string> files;
  std::istringstream lines(read_file(source_folder() / "tests/cases/covered_elsewhere.txt"));
  for (std::string code, file; lines >> code >> file;) files[code] = file;
  return files;
}

TEST(GoldenCoverage, EveryErrorCodeHasACase) {
  const auto elsewhere = covered_elsewhere();
  for (const ErrorInfo& row : all_errors()) {
    const std::string code(row.name);
    const bool in_case = all_findings().codes.contains(code);
    if (const auto other = elsewhere.find(code); other != elsewhere.end()) {
      EXPECT_FALSE(in_case) << code << " has a case: take it out of covered_elsewhere.txt";
      EXPECT_NE(read_file(source_folder() / other->second).find(code), std::string::npos)
          << other->second << " does not speak of " << code;
    } else {
      EXPECT_TRUE(in_case) << "no case is answered with " << code;
    }
  }
}

}  // namespace
}  // namespace isthmus::testing
