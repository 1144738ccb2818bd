// Reports in JUnit's XML, in the part of it that Jenkins, GitLab and GitHub's actions all read:
// testsuites, testsuite, testcase, failure, error, skipped. There is no standard; the common ground
// is Jenkins' junit-10.xsd (xunit-plugin) with the attributes `file` and `line` of a testcase.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace isthmus::cli {

struct JunitCase {
  // Broken: it could not be asked. Skipped: not all of it could be asked, and what was held.
  enum class End { Passed, Failed, Broken, Skipped };
  std::string name;
  std::string line;  // of the suite's file; may be empty
  End end = End::Passed;
  std::string message;  // of those that did not pass: one sentence
  std::string text;     // the rest; may be empty
};

struct JunitSuite {
  std::string file;
  std::chrono::duration<double> took{0};  // shared evenly by its cases: they are asked at once
  std::vector<JunitCase> cases;
};

std::string to_junit(const std::vector<JunitSuite>& suites);

// For text and for attributes in double quotes (XML 1.0, sections 2.2 and 2.4). What XML cannot
// hold, control characters and bytes that are not UTF-8, becomes U+FFFD.
std::string escaped_xml(std::string_view text);

}  // namespace isthmus::cli
