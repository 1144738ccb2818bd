#include "tools/bench/control_plane/report.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

namespace isthmus::bench::control_plane {
namespace {

std::vector<Sized> results() {
  std::vector<Sized> sizes = {{"hub", 100, {}}, {"hub", 1000, {}}, {"mesh", 30, {}}};
  for (const double ms : {2.0, 1.0, 3.0}) sizes[0].add("one change", "ms", ms);
  sizes[1].add("one change", "ms", 2.5);
  sizes[1].add("only here", "", 7);
  sizes[2].add("one change", "ms", 12.34);
  return sizes;
}

TEST(ControlPlaneReport, TellsMedianAndSpreadAndWhatGrows) {
  const std::string text = report(results());
  EXPECT_NE(text.find("2 (1-3)"), std::string::npos) << text;
  EXPECT_NE(text.find("1000 over 100"), std::string::npos) << text;
  EXPECT_NE(text.find("1.25\n"), std::string::npos) << text;  // 2.5 over 2
  EXPECT_NE(text.find("a mesh of so many networks"), std::string::npos) << text;
  EXPECT_NE(text.find("12.3\n"), std::string::npos) << text;
}

TEST(ControlPlaneReport, IsJsonWithAnObjectForEachSize) {
  rapidjson::Document json;
  json.Parse(to_json(results()).c_str());
  ASSERT_TRUE(json.IsArray());
  ASSERT_EQ(json.Size(), 3u);
  const auto number = [&](const char* pointer) {
    const auto* found = rapidjson::Pointer(pointer).Get(json);
    return found == nullptr ? -1 : found->GetDouble();
  };
  EXPECT_EQ(number("/0/size"), 100);
  EXPECT_EQ(number("/0/figures/0/median"), 2);
  EXPECT_EQ(number("/0/figures/0/samples"), 3);
  EXPECT_EQ(number("/0/figures/0/over_the_size_before"), -1);
  EXPECT_EQ(number("/1/figures/0/over_the_size_before"), 1.25);
  EXPECT_EQ(number("/1/figures/1/over_the_size_before"), -1);  // not measured before
  EXPECT_EQ(number("/2/figures/0/over_the_size_before"), -1);  // of another topology
}

}  // namespace
}  // namespace isthmus::bench::control_plane
