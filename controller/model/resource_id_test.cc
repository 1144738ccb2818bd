#include "controller/model/resource_id.h"

#include <gtest/gtest.h>

namespace isthmus {
namespace {

TEST(ResourceId, KeepsItsSpellingAndComparesWithoutCase) {
  const auto first = ResourceId::parse("/VirtualNetworks/Contoso_VNet1/SUBNETS/Web/");
  const auto second = ResourceId::parse("/virtualnetworks/CONTOSO_VNET1/subnets/web");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->path(), "/virtualNetworks/Contoso_VNet1/subnets/Web");
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(first->key(), second->key());
  EXPECT_EQ(first->name(), "Web");
  EXPECT_EQ(first->kind(), Kind::Subnet);
}

TEST(ResourceId, KnowsItsAncestors) {
  const auto pool = ResourceId::parse("/logicalNetworks/HNVPA/subnets/s1/ipPools/p");
  ASSERT_TRUE(pool);
  EXPECT_EQ(pool->parent().path(), "/logicalNetworks/HNVPA/subnets/s1");
  EXPECT_EQ(pool->ancestor(Kind::LogicalNetwork).path(), "/logicalNetworks/HNVPA");
  EXPECT_TRUE(pool->ancestor(Kind::VirtualNetwork).empty());
  EXPECT_TRUE(pool->parent().parent().parent().empty());
  EXPECT_EQ(pool->reference(), "/logicalnetworks/HNVPA/subnets/s1/ipPools/p");
}

TEST(ResourceId, RefusesWhatNamesNothing) {
  struct Case {
    std::string path;
    ErrorCode code;
  };
  const Case cases[] = {
      {"", ErrorCode::ResourceNotFound},
      {"/", ErrorCode::ResourceNotFound},
      {"/virtualNetworks", ErrorCode::ResourceNotFound},
      {"/virtualNetworks/a/subnets", ErrorCode::ResourceNotFound},
      {"/toasters/a", ErrorCode::ResourceNotFound},
      {"/subnets/a", ErrorCode::ResourceNotFound},
      {"/virtualNetworks//subnets/a", ErrorCode::InvalidResourceId},
      {"/virtualNetworks/-a", ErrorCode::InvalidResourceId},
      {"/virtualNetworks/a b", ErrorCode::InvalidResourceId},
      {"/virtualNetworks/..", ErrorCode::InvalidResourceId},
      {"/virtualNetworks/" + std::string(129, 'a'), ErrorCode::InvalidResourceId},
  };
  for (const Case& c : cases) {
    const auto id = ResourceId::parse(c.path);
    ASSERT_FALSE(id) << c.path;
    EXPECT_EQ(id.error().code, c.code) << c.path;
  }
  EXPECT_TRUE(ResourceId::parse("/virtualNetworks/" + std::string(128, 'a')));
}

// What a range of a sorted collection relies on: nothing sorts between a resource and what is below
// it.
TEST(ResourceId, SortsAResourceDirectlyBeforeWhatIsBelowIt) {
  const auto id = [](std::string_view path) { return *ResourceId::parse(path); };
  EXPECT_LT(id("/virtualNetworks/a/subnets/s"), id("/virtualNetworks/a-b"));
  EXPECT_LT(id("/virtualNetworks/a/subnets/s"), id("/virtualNetworks/a.b"));
  EXPECT_LT(id("/virtualNetworks/a"), id("/virtualNetworks/A/subnets/s"));
  EXPECT_TRUE(id("/virtualNetworks/a").contains(id("/virtualNetworks/A/subnets/s")));
  EXPECT_FALSE(id("/virtualNetworks/a").contains(id("/virtualNetworks/ab")));
}

}  // namespace
}  // namespace isthmus
