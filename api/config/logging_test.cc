#include "api/config/logging.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <spdlog/formatter.h>
#include <spdlog/spdlog.h>

#include "api/json/parse.h"

namespace isthmus::api::config {
namespace {

std::string line_of(LogFormat format, const std::string& logger, const std::string& message) {
  const spdlog::log_clock::time_point time{std::chrono::milliseconds(951782400'007)};
  const spdlog::details::log_msg event(time, {}, logger, spdlog::level::warn, message);
  spdlog::memory_buf_t out;
  make_log_formatter(format)->clone()->format(event, out);
  return {out.data(), out.size()};
}

TEST(LogFormat, TextIsTimeLevelMessage) {
  EXPECT_EQ(line_of(LogFormat::Text, "isthmus", "said \"yes\""),
            "2000-02-29T00:00:00.007Z warning said \"yes\"\n");
}

TEST(LogFormat, JsonIsOneObjectALine) {
  EXPECT_EQ(line_of(LogFormat::Json, "isthmus", "a\"b"),
            "{\"time\":\"2000-02-29T00:00:00.007Z\",\"level\":\"warning\",\"logger\":\"isthmus\","
            "\"message\":\"a\\\"b\"}\n");
  EXPECT_EQ(line_of(LogFormat::Json, "access", "\"status\":200"),
            "{\"time\":\"2000-02-29T00:00:00.007Z\",\"level\":\"warning\",\"logger\":\"access\","
            "\"status\":200}\n");
}

TEST(LogFormat, NoMessageStartsASecondLine) {
  EXPECT_EQ(line_of(LogFormat::Text, "isthmus", "a\r\nb\x7f"),
            "2000-02-29T00:00:00.007Z warning a\\u000d\\u000ab\\u007f\n");
  const std::string line = line_of(LogFormat::Json, "isthmus", std::string("a\nb\0c\xff", 6));
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_TRUE(json::parse_json(line)) << line;
}

TEST(Logging, SetsLevelsOfBothLoggers) {
  const auto before = spdlog::default_logger();
  set_up_logging(LogFormat::Json, "warn");
  EXPECT_FALSE(spdlog::default_logger()->should_log(spdlog::level::info));
  EXPECT_TRUE(spdlog::get("access")->should_log(spdlog::level::warn));
  set_up_logging(LogFormat::Text, "debug");  // a second time replaces the first
  EXPECT_TRUE(spdlog::get("access")->should_log(spdlog::level::debug));
  spdlog::drop("access");
  spdlog::set_default_logger(before);
}

}  // namespace
}  // namespace isthmus::api::config
