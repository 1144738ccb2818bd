#include "tools/isthmus/junit.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/http/target.h"

namespace isthmus::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Totals {
  size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  std::chrono::duration<double> took{0};

  void add(const JunitSuite& suite) {
    for (const JunitCase& test : suite.cases) {
      ++tests;
      failures += test.end == JunitCase::End::Failed ? 1 : 0;
      errors += test.end == JunitCase::End::Broken ? 1 : 0;
      skipped += test.end == JunitCase::End::Skipped ? 1 : 0;
    }
    took += suite.took;
  }
  // The attributes that a suite and all of them together have.
  std::string attributes() const {
    return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{:.6f}")", tests,
                       failures, errors, skipped, took.count());
  }
};

std::string attribute(std::string_view name, std::string_view value) {
  return value.empty() ? "" : fmt::format(R"( {}="{}")", name, escaped_xml(value));
}

// How a case ended that did not pass.
struct Ending {
  JunitCase::End end;
  const char* element;
  const char* type;
};
constexpr Ending kEndings[] = {
    {JunitCase::End::Failed, "failure", "expectation"},
    {JunitCase::End::Broken, "error", "document"},
    {JunitCase::End::Skipped, "skipped", ""},
};

std::string case_element(const JunitSuite& suite, const JunitCase& test) {
  const double share = suite.took.count() / static_cast<double>(suite.cases.size());
  const std::string start =
      fmt::format(R"(    <testcase{}{}{}{} time="{:.6f}")", attribute("classname", suite.file),
                  attribute("name", test.name), attribute("file", suite.file),
                  attribute("line", test.line), share);
  const auto ending = std::find_if(std::begin(kEndings), std::end(kEndings),
                                   [&](const Ending& one) { return one.end == test.end; });
  if (ending == std::end(kEndings)) return start + "/>\n";
  return fmt::format("{0}>\n      <{1}{2}{3}>{4}</{1}>\n    </testcase>\n", start, ending->element,
                     attribute("message", test.message), attribute("type", ending->type),
                     escaped_xml(test.text));
}

}  // namespace

std::string to_junit(const std::vector<JunitSuite>& suites) {
  std::string inner;
  Totals all;
  for (const JunitSuite& suite : suites) {
    Totals totals;
    totals.add(suite);
    all.add(suite);
    inner +=
        fmt::format("  <testsuite{} {}>\n", attribute("name", suite.file), totals.attributes());
    for (const JunitCase& test : suite.cases) inner += case_element(suite, test);
    inner += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"isthmus test\" {}>\n"
      "{}</testsuites>\n",
      all.attributes(), inner);
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
