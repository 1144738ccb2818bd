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

TEST(Conditions, ReadsIfNoneMatchAlike) {
  http::Headers none;
  EXPECT_TRUE(read_conditions(none).if_none_match.empty());
  EXPECT_TRUE(read_conditions(none).if_match.empty());
  http::Headers star;
  star.add("If-None-Match", " * ");
  EXPECT_EQ(read_conditions(star).if_none_match, (Tags{"*"}));
  http::Headers tags;
  tags.add("if-none-match", R"(W/"a", "b")");
  tags.add("If-None-Match", R"("*")");
  EXPECT_EQ(read_conditions(tags).if_none_match, (Tags{"a", "b", R"("*")"}));
  EXPECT_TRUE(read_conditions(tags).if_match.empty());
}

}  // namespace
}  // namespace isthmus::api::dialect
