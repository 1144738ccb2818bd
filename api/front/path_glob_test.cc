#include "api/front/path_glob.h"

#include <gtest/gtest.h>

#include <string>

namespace isthmus::api::front {
namespace {

TEST(PathGlob, MatchesAsItsHeaderSays) {
  struct Row {
    std::string_view pattern;
    std::string_view path;
    bool matches;
  };
  constexpr Row kRows[] = {
      {"/livez", "/livez", true},
      {"/livez", "/LiveZ", true},
      {"/livez", "/livez/x", false},
      {"/a/*", "/a/b", true},
      {"/a/*", "/a/b/c", false},
      {"/a/*", "/a/", true},
      {"/a/*/c", "/a/b/c", true},
      {"/a/*/c", "/a/b/b/c", false},
      {"/a/**", "/a", true},
      {"/a/**", "/a/b/c", true},
      {"/a/**", "/ab", false},
      {"/a/**/c", "/a/b/b/c", true},
      {"/a/**/c", "/a/c", false},
      {"**", "/anything/at/all", true},
      {"/**", "/", true},
      {"**/peerings/*", "/v1/networks/red/peerings/to-blue", true},
      {"**/peerings/*", "/v1/networks/red/peerings/to-blue/x", false},
      {"/*red*", "/a-red-b", true},
      {"/*red*", "/a-rad-b", false},
      {"/**/a*b/**", "/x/aab/y", true},
      {"", "", true},
      {"", "/", false},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(matches_path(row.pattern, row.path), row.matches) << row.pattern << " " << row.path;
}

TEST(PathGlob, EndsOnTheWorstPatterns) {
  std::string pattern;
  while (pattern.size() + 4 < kPatternBytesMax) pattern += "**a*";
  EXPECT_FALSE(matches_path(pattern + "!", std::string(8192, 'a')));
}

}  // namespace
}  // namespace isthmus::api::front
