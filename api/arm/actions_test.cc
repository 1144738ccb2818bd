// The reference names what there is.
#include "api/arm/actions.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "controller/model/resource_id.h"

namespace isthmus::api::arm {
namespace {

std::string document(const std::string& name) {
  std::ifstream file(ISTHMUS_SOURCE_DIR "/docs/api/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ArmReference, HasEveryTypeOfAGroup) {
  const std::string page = document("arm-coverage.md");
  for (const KindInfo& row : kinds_in(Realm::Azure)) {
    if (row.kind == Kind::Subscription || row.kind == Kind::ResourceGroup) continue;
    EXPECT_NE(page.find(fmt::format("| `{}` |", azure_type(row.kind))), std::string::npos);
  }
}

TEST(ArmReference, HasEveryAction) {
  const std::string page = document("arm.md");
  for (const Action& action : actions())
    EXPECT_NE(page.find(fmt::format("/{}`", action.name)), std::string::npos) << action.name;
}

TEST(ArmActions, AreFoundInAnyCaseByTheTypeThatHasThem) {
  ASSERT_NE(find_action(Kind::NetworkInterface, "EFFECTIVEROUTETABLE"), nullptr);
  EXPECT_EQ(find_action(Kind::NetworkInterface, "EFFECTIVEROUTETABLE")->name,
            "effectiveRouteTable");
  EXPECT_EQ(find_action(Kind::NetworkWatcher, "effectiveRouteTable"), nullptr);
  EXPECT_EQ(find_action(Kind::NetworkInterface, "effectiveRoute"), nullptr);
}

}  // namespace
}  // namespace isthmus::api::arm
