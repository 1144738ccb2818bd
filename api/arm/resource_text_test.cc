// What stories show of answers is in tests/cases (azure_*); here: the law that every type's answer
// can be put back.
#include "api/arm/resource_text.h"

#include <gtest/gtest.h>

#include "api/json/draft.h"
#include "controller/model/references.h"
#include "tests/support/random_resource.h"

namespace isthmus::api::arm {
namespace {

using testing::model_with;
using testing::RandomResources;

TEST(AzureResourceText, IsReadAsWhatWasWritten) {
  for (const KindInfo& row : kinds_in(Realm::Azure)) {
    if (row.kind == Kind::Subscription) continue;  // has calls of its own
    for (uint64_t seed = 0; seed < 200; ++seed) {
      SCOPED_TRACE(::testing::Message() << row.noun << ", seed " << seed);
      RandomResources random(seed, Realm::Azure);
      const Resource resource = random.next(row.kind);
      const std::string body = resource_text(model_with(resource, random), resource);
      const auto draft = json::read_draft(body, resource.id, {});
      ASSERT_TRUE(draft) << draft.error().text() << "\n" << body;
      ASSERT_TRUE(same_writable_members(Realm::Azure, draft->body, resource.body)) << body;
      if (!resource.annotations) continue;
      ASSERT_TRUE(draft->annotations);
      EXPECT_EQ(draft->annotations->tags, resource.annotations->tags);
      EXPECT_EQ(draft->annotations->location, resource.annotations->location);
      EXPECT_EQ(draft->annotations->zones, resource.annotations->zones);
      if (has_sku(row.kind)) {
        EXPECT_EQ(draft->annotations->sku, sku_of(resource));
      }
    }
  }
}

}  // namespace
}  // namespace isthmus::api::arm
