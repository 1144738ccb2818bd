#include "api/dialect/conditions.h"

#include <gtest/gtest.h>

namespace isthmus::api::dialect {
namespace {

using Tags = std::vector<std::string>;

TEST(Conditions, ReadsEveryFormOfIfMatch) {
  const struct {
    std::string_view field;
    Tags tags;
  } kRows[] = {
      {"*", {"*"}},
      {R"("a")", {"a"}},
      {R"(W/"a")", {"a"}},
      {R"(w/"a")", {"a"}},
      {"a", {"a"}},
      {R"("a", W/"b" ,"c")", {"a", "b", "c"}},
      {R"("a,b", "c")", {"a,b", "c"}},
      {R"(W/"")", {""}},
      {R"("*")", {R"("*")"}},  // a tag, and not every tag
      {"", {""}},
      {R"("open, "x")", {R"(open, "x)"}},  // malformed: a tag that nothing has
  };
  for (const auto& row : kRows) {
    http::Headers headers;
    headers.add("if-match", row.field);
    EXPECT_EQ(read_conditions(headers).if_match, row.tags) << row.field;
  }
}

TEST(Conditions, JoinsSeveralFields) {
  http::Headers headers;
  headers.add("If-Match", R"("a")");
  headers.add("Accept", "*/*");
  headers.add("If-Match", R"("b")");
  EXPECT_EQ(read_conditions(headers).if_match, (Tags{"a", "b"}));
}

TEST(Conditions, KnowsCreateOnly) {
  http::Headers none;
  EXPECT_FALSE(read_conditions(none).must_not_exist);
  EXPECT_TRUE(read_conditions(none).if_match.empty());
  http::Headers star;
  star.add("If-None-Match", " * ");
  EXPECT_TRUE(read_conditions(star).must_not_exist);
  http::Headers tag;
  tag.add("If-None-Match", R"("a")");
  EXPECT_FALSE(read_conditions(tag).must_not_exist);
}

}  // namespace
}  // namespace isthmus::api::dialect
