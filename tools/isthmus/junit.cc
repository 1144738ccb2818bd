#include "tools/isthmus/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/http/target.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

size_t count_of(const JunitSuite& suite, JunitCase::End end) {
  return static_cast<size_t>(
      std::count_if(suite.cases.begin(), suite.cases.end(),
                    [end](const JunitCase& test) { return test.end == end; }));
}

// The attributes that a suite and all of them together have.
std::string totals(size_t tests, size_t failures, size_t errors,
                   std::chrono::duration<double> took) {
  return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="0" time="{:.6f}")", tests,
                     failures, errors, took.count());
}

std::string attribute(std::string_view name, std::string_view value) {
  return value.empty() ? "" : fmt::format(R"( {}="{}")", name, escaped_xml(value));
}

std::string case_element(const JunitSuite& suite, const JunitCase& test) {
  const double share = suite.took.count() / static_cast<double>(suite.cases.size());
  const std::string start =
      fmt::format(R"(    <testcase{}{}{}{} time="{:.6f}")", attribute("classname", suite.file),
                  attribute("name", test.name), attribute("file", suite.file),
                  attribute("line", test.line), share);
  if (test.end == JunitCase::End::Passed) return start + "/>\n";
  const bool has_failed = test.end == JunitCase::End::Failed;
  const char* const element = has_failed ? "failure" : "error";
  return fmt::format("{}>\n      <{}{} type=\"{}\">{}</{}>\n    </testcase>\n", start, element,
                     attribute("message", test.message), has_failed ? "expectation" : "document",
                     escaped_xml(test.text), element);
}

}  // namespace

std::string to_junit(const std::vector<JunitSuite>& suites) {
  std::string inner;
  size_t tests = 0, failures = 0, errors = 0;
  std::chrono::duration<double> took{0};
  for (const JunitSuite& suite : suites) {
    const size_t failed = count_of(suite, JunitCase::End::Failed);
    const size_t broken = count_of(suite, JunitCase::End::Broken);
    inner += fmt::format("  <testsuite{} {}>\n", attribute("name", suite.file),
                         totals(suite.cases.size(), failed, broken, suite.took));
    for (const JunitCase& test : suite.cases) inner += case_element(suite, test);
    inner += "  </testsuite>\n";
    tests += suite.cases.size();
    failures += failed;
    errors += broken;
    took += suite.took;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"isthmus test\" {}>\n"
      "{}</testsuites>\n",
      totals(tests, failures, errors, took), inner);
}

std::string escaped_xml(std::string_view text) {
  const bool is_text = api::http::is_utf8(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\n' || c == '\t' || c == '\r')
      out += fmt::format("&#{};", int{byte});  // as it is, an attribute would have a space
    else if (byte < ' ' || (byte >= 0x80 && !is_text))
      out += kReplacement;
    else
      out += c;
  }
  return out;
}

}  // namespace isthmus::cli
