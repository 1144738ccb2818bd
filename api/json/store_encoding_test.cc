#include "api/json/store_encoding.h"

#include <gtest/gtest.h>

#include "tests/support/random_resource.h"

namespace isthmus::api::json {
namespace {

using testing::Dump;
using testing::RandomResources;

TEST(StoreEncoding, DecodesWhatItEncoded) {
  const StoreEncoding encoding;
  for (const Realm realm : {Realm::Onprem, Realm::Azure}) {
    for (const KindInfo& row : kinds_in(realm)) {
      for (uint64_t seed = 0; seed < 500; ++seed) {
        SCOPED_TRACE(::testing::Message() << row.noun << ", seed " << seed);
        const Resource resource = RandomResources(seed, realm).next(row.kind);
        const auto decoded = encoding.decode(encoding.encode(resource));
        ASSERT_TRUE(decoded) << decoded.error().message;
        ASSERT_EQ(Dump::of(*decoded), Dump::of(resource));
      }
    }
  }
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
