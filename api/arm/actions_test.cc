// The reference names what there is.
#include "api/arm/actions.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "controller/model/resource_id.h"

namespace isthmus::api::arm {
namespace {

std::string reference_page() {
  std::ifstream file(ISTHMUS_SOURCE_DIR "/docs/api/arm.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ArmReference, HasEveryTypeOfAGroup) {
  const std::string page = reference_page();
  for (const KindInfo& row : kinds_in(Realm::Azure)) {
    const Kind parent = parent_of(row.kind, Realm::Azure);
    if (parent == Kind::None || row.kind == Kind::ResourceGroup) continue;
    const std::string name =
        parent == Kind::ResourceGroup ? azure_type(row.kind) : std::string(row.azure_segment);
    EXPECT_NE(page.find(fmt::format("`{}`", name)), std::string::npos) << name;
  }
}

TEST(ArmReference, HasEveryAction) {
  const std::string page = reference_page();
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
