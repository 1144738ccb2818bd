#include "api/json/parse.h"

#include <array>
#include <fstream>

#include <gtest/gtest.h>

namespace isthmus::api::json {
namespace {

JsonProblem problem_of(std::string_view text, const Limits& limits = {}) {
  const auto parsed = parse_json(text, limits);
  return parsed ? JsonProblem{"", 0} : parsed.error();
}

TEST(ParseJson, GivesTheValue) {
  const auto document = parse_json("\xef\xbb\xbf {\"a\": [1, \"\\u00e9\", null, true]}");
  ASSERT_TRUE(document) << document.error().message;
  EXPECT_EQ((*document)["a"][0].GetInt(), 1);
  EXPECT_STREQ((*document)["a"][1].GetString(), "é");
}

TEST(ParseJson, KeepsTheFullValueOfNumbers) {
  const auto document =
      parse_json("[9223372036854775807, 18446744073709551615, -9223372036854775808, 1e300, 0.1]");
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)[0].GetInt64(), INT64_MAX);
  EXPECT_EQ((*document)[1].GetUint64(), UINT64_MAX);
  EXPECT_EQ((*document)[2].GetInt64(), INT64_MIN);
  EXPECT_EQ((*document)[3].GetDouble(), 1e300);
  EXPECT_EQ((*document)[4].GetDouble(), 0.1);
  EXPECT_NE(problem_of("1e400").message, "") << "no double can hold it";
}

TEST(ParseJson, SaysWhatAndWhere) {
  struct Row {
    std::string_view text;
    JsonProblem problem;
  };
  const Row rows[] = {
      {"", {"The document is empty at line 1, column 1 (byte 0).", 0}},
      {"{\n  \"a\": tru\n}", {"Invalid value at line 2, column 11 (byte 12).", 12}},
      {"{\"a\":1,\n\"A\":2}",
       {"A second member 'A' in one object at line 2, column 4 (byte 11).", 11}},
      {"\xef\xbb\xbf[1,]", {"Invalid value at line 1, column 7 (byte 6).", 6}},
      {{"[1]\0x", 5}, {"A NUL byte at line 1, column 4 (byte 3).", 3}},
  };
  for (const Row& row : rows) {
    const JsonProblem problem = problem_of(row.text);
    EXPECT_EQ(problem.message, row.problem.message) << row.text;
    EXPECT_EQ(problem.offset, row.problem.offset) << row.text;
  }
}

TEST(ParseJson, NamesOfOneObjectDifferByMoreThanCase) {
  EXPECT_NE(problem_of("{\"tags\":{},\"Tags\":{}}").message, "");
  EXPECT_NE(problem_of("{\"a\\u0062\":1,\"ab\":2}").message, "") << "compared after unescaping";
  EXPECT_EQ(problem_of("{\"a\":{\"a\":1},\"b\":{\"a\":1},\"c\":[{\"a\":1},{\"a\":1}]}").message,
            "");
  EXPECT_EQ(problem_of("{\"é\":1,\"É\":2}").message, "") << "only ASCII has case here";
}

TEST(ParseJson, TextIsUtf8AfterUnescapingToo) {
  for (const char* text :
       {"\"\\udfaa\"", "\"\\ud800\"", "{\"\\uDFAA\":0}", "\"\xed\xa0\x80\"", "\"\xff\""}) {
    EXPECT_NE(problem_of(text).message, "") << text;
  }
  EXPECT_EQ(problem_of("[\"\\ud83d\\ude00\", \"\xed\x9f\xbf\"]").message, "");
}

TEST(ParseJson, EachLimitHoldsExactly) {
  const Limits limits{.depth = 3, .members = 4, .string_bytes = 5};
  const auto fits = [&](std::string_view text) { return problem_of(text, limits).message.empty(); };
  EXPECT_TRUE(fits("[[[1]]]"));
  EXPECT_FALSE(fits("[[[[]]]]"));
  EXPECT_FALSE(fits("{\"a\":{\"a\":{\"a\":{}}}}"));
  EXPECT_TRUE(fits("[1,2,3,4]"));
  EXPECT_FALSE(fits("[1,2,3,4,5]"));
  EXPECT_TRUE(fits("{\"a\":1,\"b\":[2,3]}"));
  EXPECT_FALSE(fits("{\"a\":1,\"b\":[2,3,4]}"));
  EXPECT_TRUE(fits("\"12345\""));
  EXPECT_FALSE(fits("\"123456\""));
  EXPECT_FALSE(fits("{\"123456\":1}"));
  EXPECT_TRUE(fits("\"\\u0061\\u0061\\u0061\\u0061\\u0061\"")) << "five bytes once unescaped";
}

TEST(ParseJson, ManyMembersOfOneObjectAreQuickToCompare) {
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::to_string(i * 7919 % 20'011) + "\":0";
  EXPECT_EQ(problem_of(text + "}").message, "");
  EXPECT_NE(problem_of(text + ",\"x\":0}").message, "") << "one more than allowed";
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(kAlphabet.find(c));
    count += 6;
    if (count >= 8) out += static_cast<char>(bits >> (count -= 8) & 0xff);
  }
  return out;
}

// github.com/nst/JSONTestSuite: y_ must parse, n_ must not, i_ only must not harm.
TEST(ParseJson, JudgesTheJsonTestSuite) {
  std::ifstream file(ISTHMUS_SOURCE_DIR "/tests/data/JSONTestSuite/test_parsing.jsonl");
  ASSERT_TRUE(file);
  // Valid JSON that we refuse: names that occur twice.
  const std::array<std::string_view, 2> stricter = {"y_object_duplicated_key",
                                                    "y_object_duplicated_key_and_value"};
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto row = parse_json(line, {.string_bytes = 1 << 20});
    ASSERT_TRUE(row) << line.substr(0, 200);
    const std::string name = (*row)["name"].GetString();
    const std::string unit = from_base64((*row)["base64"].GetString());
    const int repeat = row->HasMember("repeat") ? (*row)["repeat"].GetInt() : 1;
    std::string text;
    for (int i = 0; i < repeat; ++i) text += unit;
    const bool parses = parse_json(text).has_value();
    const bool refused_by_choice =
        std::find(stricter.begin(), stricter.end(), name) != stricter.end();
    const bool should_parse = name[0] == 'y' && !refused_by_choice;
    EXPECT_TRUE(name[0] == 'i' || parses == should_parse) << name;
  }
  EXPECT_EQ(count, 318);
}

}  // namespace
}  // namespace isthmus::api::json
