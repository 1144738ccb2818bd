#include "api/json/store_encoding.h"

#include <gtest/gtest.h>

#include "tests/support/random_resource.h"

namespace isthmus::api::json {
namespace {

using testing::Dump;
using testing::RandomResources;

TEST(StoreEncoding, DecodesWhatItEncoded) {
  const StoreEncoding encoding;
  for (const KindInfo& row : kKinds) {
    for (uint64_t seed = 0; seed < 500; ++seed) {
      SCOPED_TRACE(::testing::Message() << row.noun << ", seed " << seed);
      const Resource resource = RandomResources(seed).next(row.kind);
      const auto decoded = encoding.decode(encoding.encode(resource));
      ASSERT_TRUE(decoded) << decoded.error().message;
      ASSERT_EQ(Dump::of(*decoded), Dump::of(resource));
    }
  }
}

TEST(StoreEncoding, KeepsTheRealm) {
  const StoreEncoding encoding;
  Resource resource;
  resource.id = *ResourceId::make(Kind::RouteTable, "rt", Realm::Azure);
  resource.body = RouteTable{};
  const auto decoded = encoding.decode(encoding.encode(resource));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->id.realm(), Realm::Azure);
}

TEST(StoreEncoding, RefusesWhatItDidNotEncode) {
  const StoreEncoding encoding;
  const std::string good = encoding.encode(RandomResources(1).next(Kind::Subnet));
  const auto with = [&good](std::string_view what, std::string_view replacement) {
    std::string text = good;
    text.replace(text.find(what), what.size(), replacement);
    return text;
  };
  for (const std::string& bad : {
           std::string(),
           std::string("{}"),
           good.substr(0, good.size() - 1),
           with(R"("version":1)", R"("version":2)"),
           with(R"("path":"/virtualNetworks)", R"("path":"/realNetworks)"),
           with("instanceId", "instance"),
           with("properties", "property"),
           with("addressPrefix", "prefix"),
       }) {
    const auto decoded = encoding.decode(bad);
    ASSERT_FALSE(decoded) << bad;
    EXPECT_EQ(decoded.error().code, ErrorCode::StorageUnavailable);
  }
}

}  // namespace
}  // namespace isthmus::api::json
