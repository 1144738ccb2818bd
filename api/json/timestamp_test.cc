#include "api/json/timestamp.h"

#include <gtest/gtest.h>

namespace isthmus::api::json {
namespace {

TEST(Timestamp, HasSevenDigitsOfASecondAndTheOffset) {
  const struct {
    int64_t time_ms;
    const char* text;
  } kRows[] = {
      {0, "1970-01-01T00:00:00.0000000+00:00"},
      {1, "1970-01-01T00:00:00.0010000+00:00"},
      {999, "1970-01-01T00:00:00.9990000+00:00"},
      {-1, "1969-12-31T23:59:59.9990000+00:00"},
      {1'710'514'800'123, "2024-03-15T15:00:00.1230000+00:00"},
      {1'709'164'800'000, "2024-02-29T00:00:00.0000000+00:00"},  // of a leap year
      {4'102'444'799'050, "2099-12-31T23:59:59.0500000+00:00"},
  };
  for (const auto& row : kRows) EXPECT_EQ(timestamp(row.time_ms), row.text) << row.time_ms;
}

TEST(Timestamp, IsReadAsPeopleWriteIt) {
  for (const int64_t time_ms : {int64_t{0}, int64_t{-1}, int64_t{1'709'164'800'000}})
    EXPECT_EQ(parse_timestamp(timestamp(time_ms)), time_ms);
  EXPECT_EQ(parse_timestamp("2024-03-15T15:00:00Z"), 1'710'514'800'000);
  EXPECT_EQ(parse_timestamp("2024-03-15t15:00:00.5z"), 1'710'514'800'500);
  for (const char* wrong : {"", "Z", "2024-03-15", "2024-03-15T15:00:00", "2024-02-30T00:00:00Z",
                            "2024-03-15T24:00:00Z", "2024-03-15T15:60:00Z", "2024-03-15T15:00:00.Z",
                            "2024-03-15T15:00:00.1xZ", "2024-03-15T15:00:00+01:00",
                            "+024-03-15T15:00:00Z", "2024-13-01T00:00:00Z"})
    EXPECT_EQ(parse_timestamp(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace isthmus::api::json
