// What stories show of reading is in tests/cases (tolerant_input, wrong_values, ...); here: laws.
#include "api/json/draft.h"

#include <gtest/gtest.h>

#include <random>

#include "api/json/render.h"
#include "controller/model/references.h"
#include "tests/support/random_resource.h"

namespace isthmus::api::json {
namespace {

using testing::model_with;
using testing::RandomResources;

TEST(Draft, ReadsWhatWasRendered) {
  for (const KindInfo& row : kinds_in(Realm::Onprem)) {
    for (uint64_t seed = 0; seed < 300; ++seed) {
      SCOPED_TRACE(::testing::Message() << row.noun << ", seed " << seed);
      RandomResources random(seed);
      const Resource resource = random.next(row.kind);
      const std::string body = render(model_with(resource, random), resource);
      const auto draft = read_draft(body, resource.id);
      ASSERT_TRUE(draft) << draft.error().text() << "\n" << body;
      EXPECT_TRUE(same_writable_members(Realm::Onprem, draft->body, resource.body)) << body;
      EXPECT_EQ(draft->instance_id, resource.instance_id);
      ASSERT_EQ(draft->annotations != nullptr, resource.annotations != nullptr);
      if (draft->annotations) {
        EXPECT_EQ(*draft->annotations, *resource.annotations);
      }
    }
  }
}

// Damaged text is a draft or an error that says where; nothing else happens.
TEST(Draft, SurvivesDamagedBodies) {
  size_t refused = 0;
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomResources resources(seed);
    std::mt19937_64 random(seed);
    const Resource resource =
        resources.next(kinds_in(Realm::Onprem)[random() % kinds_in(Realm::Onprem).size()].kind);
    std::string body = render(model_with(resource, resources), resource);
    for (uint64_t i = 1 + random() % 3; i > 0; --i) {
      constexpr std::string_view kBytes = "{}[]\",:0-/n\\ ";
      body[random() % body.size()] = kBytes[random() % kBytes.size()];
    }
    const auto draft = read_draft(body, resource.id);
    if (draft) continue;
    ++refused;
    EXPECT_FALSE(draft.error().message.empty());
    const bool has_place = draft.error().code == ErrorCode::InvalidRequestContent ||
                           draft.error().target.starts_with('/');
    EXPECT_TRUE(has_place) << draft.error().message;
  }
  EXPECT_GT(refused, 1000u);
}

TEST(Draft, TakesHundredsOfChildrenAndKeepsTheirPlaces) {
  std::string body = R"({"properties":{"routes":[null)";
  for (int i = 0; i < 500; ++i) {
    body += R"(,{"resourceId":"r)" + std::to_string(i) +
            R"(","properties":{"addressPrefix":"10.0.0.0/8","nextHopType":"None"}})";
  }
  body += "]}}";
  const auto draft = read_draft(body, *ResourceId::make(Kind::RouteTable, "rt"));
  ASSERT_TRUE(draft);
  ASSERT_EQ(draft->children.size(), 1u);
  ASSERT_EQ(draft->children[0].items.size(), 500u);
  EXPECT_EQ(draft->children[0].items[499].pointer, "/properties/routes/500");
  EXPECT_EQ(draft->children[0].items[499].id.path(), "/routeTables/rt/routes/r499");
}

}  // namespace
}  // namespace isthmus::api::json
