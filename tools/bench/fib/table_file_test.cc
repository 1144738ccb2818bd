#include "tools/bench/fib/table_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdio>
#include <filesystem>
#include <sstream>

namespace isthmus::bench {
namespace {

using testing::HasSubstr;

TableText read(const std::string& text, uint32_t next_hops = 64) {
  std::istringstream lines(text);
  return read_table(lines, "routes.txt", next_hops);
}

std::string complaint_about(const std::string& text) {
  try {
    read(text);
  } catch (const TableFileError& error) {
    return error.what();
  }
  return "no complaint";
}

net::Prefix prefix(const char* text) { return net::Prefix::parse(text).value(); }

TEST(TableFile, PrefixesOfBothFamiliesAreSortedAndHashed) {
  const TableText table = read("# two families\n10.1.0.0/16\r\n\n2001:db8::/32\n10.0.0.0/8\n", 7);
  ASSERT_EQ(table.v4.size(), 2u);
  ASSERT_EQ(table.v6.size(), 1u);
  EXPECT_EQ(table.v4[0].prefix, prefix("10.0.0.0/8"));
  EXPECT_EQ(table.v4[1].prefix, prefix("10.1.0.0/16"));
  for (const Route& route : {table.v4[0], table.v4[1], table.v6[0]}) {
    EXPECT_LT(route.value, 7u);
    EXPECT_EQ(route.value, next_hop_of(route.prefix, 7));
  }
}

TEST(TableFile, NextHopsAreNumberedInTheOrderOfAppearance) {
  const TableText table =
      read("10.0.0.0/8 192.0.2.1\n10.1.0.0/16,192.0.2.2\n10.2.0.0/16|192.0.2.1|x\n");
  ASSERT_EQ(table.v4.size(), 3u);
  EXPECT_EQ(table.v4[0].value, 0u);
  EXPECT_EQ(table.v4[1].value, 1u);
  EXPECT_EQ(table.v4[2].value, 0u);
  EXPECT_EQ(table.next_hops, 2u);
}

TEST(TableFile, OfEqualPrefixesTheLastOneStays) {
  const TableText table = read("10.0.0.0/8 a\n10.0.0.0/8 b\n");
  ASSERT_EQ(table.v4.size(), 1u);
  EXPECT_EQ(table.v4[0].value, 1u);
}

TEST(TableFile, ComplaintsNameTheLineAndTheRemedy) {
  const struct {
    const char* text;
    const char* why;
  } rows[] = {
      {"10.0.0.0/8\nten/8\n", "routes.txt, line 2: 'ten/8' is no prefix; write ADDRESS/LENGTH"},
      {"10.0.0.0/33\n", "line 1: '10.0.0.0/33' is no prefix"},
      {"\n\n10.0.0.1/8\n", "line 3: '10.0.0.1/8' has bits set behind its length; write 10.0.0.0/8"},
      {"10.0.0.0/8 a\n11.0.0.0/8\n", "line 2: a next hop is missing"},
      {"10.0.0.0/8\n11.0.0.0/8 a\n", "line 2: a next hop, though earlier lines have none"},
      {"# nothing\n", "routes.txt: no prefix in it"},
  };
  for (const auto& row : rows) EXPECT_THAT(complaint_about(row.text), HasSubstr(row.why));
}

TEST(TableFile, PlainAndCompressedFilesAreTheSame) {
  const std::string text = "10.0.0.0/8\n10.1.0.0/16";  // no newline at the end
  const auto folder = std::filesystem::temp_directory_path();
  const std::string plain = folder / ("isthmus_routes_" + std::to_string(getpid()) + ".txt");
  const std::string compressed = plain + ".gz";
  std::FILE* file = std::fopen(plain.c_str(), "w");
  std::fputs(text.c_str(), file);
  std::fclose(file);
  const gzFile zipped = gzopen(compressed.c_str(), "wb");
  gzwrite(zipped, text.data(), static_cast<unsigned>(text.size()));
  gzclose(zipped);
  EXPECT_EQ(read_table_file(plain, 64).v4, read(text).v4);
  EXPECT_EQ(read_table_file(compressed, 64).v4, read(text).v4);
  std::filesystem::remove(plain);
  std::filesystem::remove(compressed);
  EXPECT_THROW(read_table_file(plain, 64), TableFileError);
}

}  // namespace
}  // namespace isthmus::bench
