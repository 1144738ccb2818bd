#include <gtest/gtest.h>

#include "api/config/clock_text.h"
#include "tests/support/control_world.h"

namespace isthmus::testing {
namespace {

using Method = ControlWorld::Method;
using Mode = SettableClock::Mode;

ControlWorld::Response put(ControlWorld& world, std::string clock) {
  return world.call(Method::Put, "/_isthmus/v1/clock", std::move(clock), "application/json");
}

TEST(ClockCalls, StopSetAndMoveTheTime) {
  ControlWorld world;
  const auto frozen = put(world, R"({"mode":"frozen","time":"2026-01-01T00:00:00Z"})");
  ASSERT_EQ(frozen.status, 200) << frozen.body;
  EXPECT_EQ(frozen.body, R"({"mode":"frozen","time":"2026-01-01T00:00:00.0000000+00:00"})");
  EXPECT_EQ(world.controller().clock().now_ms(), 1'767'225'600'000);
  ASSERT_EQ(put(world, R"({"advance":"90s"})").status, 200);
  EXPECT_EQ(at(world.get("/_isthmus/v1/clock").body, "/time"), "2026-01-01T00:01:30.0000000+00:00");
  const auto scaled = put(world, R"({"mode":"scaled","rate":60})");
  EXPECT_EQ(at(scaled.body, "/mode"), "scaled");
  EXPECT_GE(world.controller().clock().now_ms(), 1'767'225'690'000);
  const auto real = put(world, R"({"mode":"real"})");
  EXPECT_EQ(at(real.body, "/mode"), "real");
  EXPECT_GT(world.controller().clock().now_ms(), 1'767'225'690'000);
}

TEST(ClockCalls, RefuseWhatIsNoClock) {
  ControlWorld world;
  const std::string before = world.get("/_isthmus/v1/clock").body;
  const struct {
    const char* body;
    const char* code;
    const char* pointer;
  } kRows[] = {
      {"", "InvalidRequestContent", ""},
      {"[]", "InvalidRequestContent", ""},
      {R"({"mode":"fast"})", "InvalidParameterValue", "/mode"},
      {R"({"mode":"frozen","time":"noon"})", "InvalidParameterValue", "/time"},
      {R"({"mode":"real","time":"2026-01-01T00:00:00Z"})", "InvalidParameterValue", "/time"},
      {R"({"mode":"frozen","rate":2})", "InvalidParameterValue", "/rate"},
      {R"({"mode":"scaled","rate":0})", "InvalidParameterValue", "/rate"},
      {R"({"mode":"scaled","rate":1e300})", "InvalidParameterValue", "/rate"},
      {R"({"advance":"soon"})", "InvalidParameterValue", "/advance"},
      {R"({"mode":"real","advance":"1s"})", "InvalidParameterValue", "/advance"},
      {R"({"tiem":"2026-01-01T00:00:00Z"})", "InvalidParameterValue", "/tiem"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.body);
    const auto refused = put(world, row.body);
    expect_problem(refused, 400, row.code);
    EXPECT_EQ(at(refused.body, "/pointer"), row.pointer);
  }
  EXPECT_EQ(world.get("/_isthmus/v1/clock").body, before);
}

TEST(ClockText, IsWhatTheOptionSays) {
  using api::config::parse_clock;
  EXPECT_EQ(parse_clock("real")->mode, Mode::Real);
  EXPECT_EQ(parse_clock("frozen")->time_ms, api::config::kFrozenTimeMs);
  EXPECT_EQ(parse_clock("frozen=1970-01-01T00:00:01Z")->time_ms, 1000);
  const auto scaled = parse_clock("scaled=0.5@1970-01-01T00:00:02Z");
  ASSERT_TRUE(scaled);
  EXPECT_EQ(scaled->mode, Mode::Scaled);
  EXPECT_EQ(scaled->rate, 0.5);
  EXPECT_EQ(scaled->time_ms, 2000);
  EXPECT_GT(parse_clock("scaled=60")->time_ms, 0);
  for (const char* wrong : {"", "frozen=", "frozen=now", "scaled", "scaled=", "scaled=0",
                            "scaled=-1", "scaled=1@", "scaled=nan", "fast=1"})
    EXPECT_FALSE(parse_clock(wrong)) << wrong;
}

}  // namespace
}  // namespace isthmus::testing
