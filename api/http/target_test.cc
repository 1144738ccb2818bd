#include "api/http/target.h"

#include <gtest/gtest.h>

namespace isthmus::api::http {
namespace {

using Form = TargetParts::Form;

TEST(Target, IsTakenApart) {
  struct Row {
    std::string_view target;
    Form form;
    std::string_view authority, path, query;
  };
  const Row rows[] = {
      {"/", Form::Origin, "", "/", ""},
      {"/a/b?x=1?y", Form::Origin, "", "/a/b", "x=1?y"},
      {"/a?", Form::Origin, "", "/a", ""},
      {"//user@host/path", Form::Origin, "", "//user@host/path", ""},
      {"*", Form::Asterisk, "", "", ""},
      {"http://h:1/a?b", Form::Absolute, "h:1", "/a", "b"},
      {"HTTPS://user:pass@h/a", Form::Absolute, "h", "/a", ""},
      {"http://h", Form::Absolute, "h", "/", ""},
      {"http://h?q", Form::Absolute, "h", "/", "q"},
  };
  for (const Row& row : rows) {
    const auto parts = split_target(row.target);
    ASSERT_TRUE(parts) << row.target;
    EXPECT_EQ(parts->form, row.form) << row.target;
    EXPECT_EQ(parts->authority, row.authority) << row.target;
    EXPECT_EQ(parts->path, row.path) << row.target;
    EXPECT_EQ(parts->query, row.query) << row.target;
  }
}

TEST(Target, OtherFormsAndBytesAreRefused) {
  for (const char* target :
       {"", "a/b", "host:80", "ftp://h/", "/a b", "/a\\b", "/a#b", "/\x7f", "/\xc3\xa9", "**"}) {
    EXPECT_FALSE(split_target(target)) << target;
  }
}

TEST(Authority, IsHostAndPerhapsPort) {
  struct Row {
    std::string_view text, host;
    std::optional<uint16_t> port;
  };
  const Row rows[] = {
      {"localhost", "localhost", {}},
      {"localhost:8181", "localhost", 8181},
      {"h:", "h", {}},
      {"[::1]:80", "[::1]", 80},
      {"[::1]", "[::1]", {}},
      {"", "", {}},
      {"under_score.x:65535", "under_score.x", 65535},
  };
  for (const Row& row : rows) {
    const auto authority = parse_authority(row.text);
    ASSERT_TRUE(authority) << row.text;
    EXPECT_EQ(authority->host, row.host) << row.text;
    EXPECT_EQ(authority->port, row.port) << row.text;
  }
  for (const char* text :
       {"a b", "a/b", "h:65536", "h:8x", "h:-1", "[::1", "[]", "[::g]", "[::1]x", "a@b", "h:1:2"}) {
    EXPECT_FALSE(parse_authority(text)) << text;
  }
}

TEST(Path, IsDecodedExactlyOnce) {
  struct Row {
    std::string_view path;
    std::vector<std::string> segments;
    bool trailing_slash;
  };
  const Row rows[] = {
      {"/", {}, true},
      {"/a", {"a"}, false},
      {"/a/", {"a"}, true},
      {"/a%20b/%C3%A9", {"a b", "é"}, false},
      {"/a%2520b", {"a%20b"}, false},
      {"//a", {"", "a"}, false},
      {"/a//", {"a", ""}, true},
      {"/a+b", {"a+b"}, false},
      {"/...", {"..."}, false},
      {"", {}, false},
  };
  for (const Row& row : rows) {
    const auto decoded = decode_path(row.path);
    ASSERT_TRUE(decoded) << row.path;
    EXPECT_EQ(decoded->segments, row.segments) << row.path;
    EXPECT_EQ(decoded->trailing_slash, row.trailing_slash) << row.path;
  }
}

TEST(Path, ThatHidesSomethingIsRefused) {
  for (const char* path :
       {"/a/../b", "/..", "/.", "/%2e%2e/b", "/.%2E", "/a%2fb", "/a%5Cb", "/a%00", "/a%0d%0a",
        "/a%7f", "/%", "/%4", "/%zz", "/%4x", "/%ff", "/%C0%AF", "/%ED%A0%80"}) {
    EXPECT_FALSE(decode_path(path)) << path;
  }
}

TEST(Query, IsDecodedInOrder) {
  const auto query = decode_query("a=1&b=x%26y+z&&c&=v&a=2=3");
  ASSERT_TRUE(query);
  const std::vector<QueryParameter> expected = {
      {"a", "1"}, {"b", "x&y z"}, {"c", ""}, {"", "v"}, {"a", "2=3"}};
  EXPECT_EQ(*query, expected);
  EXPECT_TRUE(decode_query("")->empty());
  for (const char* text : {"a=%", "%zz=1", "a=%00", "%00"})
    EXPECT_FALSE(decode_query(text)) << text;
}

// The oracle decodes by the definition: a code point from its bits, then what may be encoded so.
bool is_utf8_by_definition(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80       ? 1
                          : lead >> 5 == 6  ? 2
                          : lead >> 4 == 14 ? 3
                          : lead >> 3 == 30 ? 4
                                            : 0;
    if (length == 0 || i + length > text.size()) return false;
    uint32_t code = length == 1 ? lead : lead & (0x7fu >> length);
    for (size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3fu);
    }
    constexpr uint32_t kShortest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kShortest[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
      return false;
    i += length;
  }
  return true;
}

TEST(Utf8, AgreesWithTheDefinition) {
  // Every pair of bytes; then every lead byte with the bytes at the edges of the ranges.
  for (unsigned a = 0; a < 256; ++a) {
    for (unsigned b = 0; b < 256; ++b) {
      const std::string text = {static_cast<char>(a), static_cast<char>(b)};
      ASSERT_EQ(is_utf8(text), is_utf8_by_definition(text)) << a << " " << b;
    }
  }
  const std::string edges = "\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0";
  for (unsigned a = 0xc0; a < 256; ++a) {
    for (const char b : edges) {
      for (const char c : edges) {
        for (const char d : edges) {
          for (size_t length = 1; length <= 4; ++length) {
            const std::string text = std::string({static_cast<char>(a), b, c, d}).substr(0, length);
            ASSERT_EQ(is_utf8(text), is_utf8_by_definition(text)) << a;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace isthmus::api::http
