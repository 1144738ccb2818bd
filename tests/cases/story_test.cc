// That a story can fail: what the golden cases rest on.
#include "tests/cases/story.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace isthmus::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Story, WritesWhatHappenedOverWhatWasExpected) {
  const Played played = play(
      "PUT     routeTables/rt {}\n"
      "=>      404 Nonsense\n"
      "        /resourceId  \"other\"\n"
      "        /properties/nothing  1\n"
      "        @Content-Language  en\n");
  EXPECT_EQ(played.text,
            "PUT     routeTables/rt {}\n"
            "=>      201\n"
            "        /resourceId  \"rt\"\n"
            "        /properties/nothing  absent\n"
            "        @Content-Language  absent\n");
  EXPECT_THAT(played.findings.broken, IsEmpty());
}

TEST(Story, TellsOfARequestThatWasExpectedToSucceedAndDidNot) {
  for (const std::string_view rest : {"", "\nGET     macPools\n"}) {
    const Played played = play("GET     routeTables/rt\n" + std::string(rest));
    EXPECT_THAT(played.text, HasSubstr("=>      404 ResourceNotFound\n"));
  }
}

TEST(Story, KnowsItsWords) {
  EXPECT_THAT(play("look    around\n").findings.broken,
              ElementsAre("'look' is not a word of stories"));
  EXPECT_THAT(play("with    wings 1\n").findings.broken, ElementsAre("there is no option 'wings'"));
  EXPECT_THAT(play("rule    be kind\n").findings.broken, ElementsAre("there is no rule 'be kind'"));
}

TEST(Story, HoldsAnAnnouncedRuleAgainstTheAnswer) {
  const Played played = play(
      "rule    a network does not peer with itself\n"
      "GET     routeTables/rt\n"
      "=>\n");
  EXPECT_THAT(played.findings.rules, IsEmpty());
  EXPECT_THAT(played.findings.broken, ElementsAre(HasSubstr("refuses as PeeringToSelf")));
}

TEST(Story, KeepsValuesAndJoinsBodies) {
  const Played played = play(
      "PUT     routeTables/rt\n"
      "        {\"tags\": {\"a\": \"b\"},\n"
      "         \"properties\": {}}\n"
      "keep    name /resourceId\n"
      "keep    tag @ETag\n"
      "header  If-Match: ${tag}\n"
      "DELETE  routeTables/${name}\n"
      "=>\n");
  EXPECT_THAT(played.text, HasSubstr("=>      202\n"));
  EXPECT_THAT(played.findings.broken, IsEmpty());
}

TEST(Document, PlaysItsBlocksAndLeavesTheRest) {
  const Played played = play_document(
      "# Title\n```http\nPUT /networking/v1/routeTables/rt\nContent-Type: "
      "application/json\n\n{}\n```\n"
      "text\n```http\nHTTP/1.1 500 Oops\nETag: old\n\nold\n```\n```sh\nGET /\n```\n");
  EXPECT_THAT(played.text, HasSubstr("text\n```http\nHTTP/1.1 201 Created\nETag: W/\""));
  EXPECT_THAT(played.text, HasSubstr("\"resourceId\": \"rt\""));
  EXPECT_THAT(played.text, HasSubstr("```sh\nGET /\n```\n"));
  EXPECT_THAT(played.findings.broken, IsEmpty());
  EXPECT_EQ(play_document("```http\nnonsense\n```\n").findings.broken.size(), 1u);
}

}  // namespace
}  // namespace isthmus::testing
