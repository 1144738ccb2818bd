// The report as text. That a reader of XML understands it is held by tests/clients.
#include "tools/isthmus/junit.h"

#include <gtest/gtest.h>

namespace isthmus::cli {
namespace {

using End = JunitCase::End;

TEST(Junit, HasASuiteForEachDocumentAndTotalsOfAll) {
  EXPECT_EQ(to_junit({{"a.yaml",
                       std::chrono::milliseconds(30),
                       {{"one", "4", End::Passed, "", ""}, {"two", "5", End::Failed, "no", "why"}}},
                      {"b.yaml",
                       std::chrono::milliseconds(5),
                       {{"the document", "", End::Broken, "bad", "mend it"},
                        {"three", "6", End::Skipped, "not sent", ""}}}}),
            R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="isthmus test" tests="4" failures="1" errors="1" skipped="1" time="0.035000">
  <testsuite name="a.yaml" tests="2" failures="1" errors="0" skipped="0" time="0.030000">
    <testcase classname="a.yaml" name="one" file="a.yaml" line="4" time="0.015000"/>
    <testcase classname="a.yaml" name="two" file="a.yaml" line="5" time="0.015000">
      <failure message="no" type="expectation">why</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" tests="2" failures="0" errors="1" skipped="1" time="0.005000">
    <testcase classname="b.yaml" name="the document" file="b.yaml" time="0.002500">
      <error message="bad" type="document">mend it</error>
    </testcase>
    <testcase classname="b.yaml" name="three" file="b.yaml" line="6" time="0.002500">
      <skipped message="not sent"></skipped>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST(Junit, EscapesWhatXmlWouldReadAsItsOwn) {
  EXPECT_EQ(escaped_xml("a -> <b> & \"c\" 'd'"), "a -&gt; &lt;b&gt; &amp; &quot;c&quot; 'd'");
  EXPECT_EQ(escaped_xml("one\ntwo\tthree\r"), "one&#10;two&#9;three&#13;");
  EXPECT_EQ(escaped_xml("]]>"), "]]&gt;");
  EXPECT_EQ(escaped_xml("n\xC3\xB6rdlich"), "n\xC3\xB6rdlich");
}

TEST(Junit, ReplacesWhatXmlCannotHold) {
  EXPECT_EQ(escaped_xml(std::string_view("a\0b\x1B", 4)),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(escaped_xml("l\xF6sch"), "l\xEF\xBF\xBDsch");
}

}  // namespace
}  // namespace isthmus::cli
