#include "api/access/principals.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "api/access/digest.h"

namespace isthmus::api::access {
namespace {

// FIPS 180-2, appendix B.1.
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Digest, IsSha256InHexadecimal) {
  EXPECT_EQ(to_hex(sha256("abc")), kAbc);
  EXPECT_EQ(digest_from_hex(kAbc), sha256("abc"));
  std::string upper(kAbc);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(digest_from_hex(upper), sha256("abc"));
  EXPECT_TRUE(equal_in_constant_time(sha256("abc"), sha256("abc")));
  EXPECT_FALSE(equal_in_constant_time(sha256("abc"), sha256("abd")));
  for (const std::string& text : {std::string(), std::string(kAbc).substr(1),
                                  kAbc + std::string("0"), "g" + std::string(kAbc).substr(1)})
    EXPECT_FALSE(digest_from_hex(text)) << text;
}

TEST(Token, IsNewEachTimeAndFitsTheHeader) {
  const std::string token = make_token();
  EXPECT_EQ(token.size(), 8u + 43u);
  EXPECT_TRUE(token.starts_with("isthmus_"));
  EXPECT_TRUE(is_token_text(token));
  EXPECT_NE(token, make_token());
  for (const char* text : {"a", "a.b.c", "AZ09-._~+/==", "x="}) EXPECT_TRUE(is_token_text(text));
  for (const char* text : {"", "=", "a b", "a=b", "a,b", "a\r\nX: y", "\xc3\xa4"})
    EXPECT_FALSE(is_token_text(text)) << text;
}

std::string line(std::string_view members) { return fmt::format("- {{{}}}\n", members); }
const std::string kDigest = fmt::format("token-sha256: {}", kAbc);

TEST(Principals, AreReadAsTheyAreWritten) {
  const Principals all = {
      {"ci", Role::Contributor, sha256("abc"), {}, 1798761600000},
      {"alice@example.org", Role::Owner, {}, sha256("certificate"), {}},
      {"both", Role::Reader, sha256("1"), sha256("2"), {}},
      {"true", Role::Reader, sha256("3"), {}, {}},
  };
  std::string text = "# who may do what\n";
  for (const Principal& principal : all) text += to_line(principal) + "\n";
  const auto read = parse_principals(text);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(*read, all);
  EXPECT_EQ(to_line(all[0]), fmt::format("- {{name: ci, role: contributor, token-sha256: {}, "
                                         "expires: 2027-01-01T00:00:00Z}}",
                                         kAbc));
}

TEST(Principals, MayBeNobody) {
  for (const char* text : {"", "# nobody\n", "[]"}) {
    const auto read = parse_principals(text);
    ASSERT_TRUE(read) << text;
    EXPECT_TRUE(read->empty());
  }
}

TEST(Principals, MistakesNameTheirLine) {
  const std::string good = line("name: ci, role: reader, " + kDigest);
  struct Row {
    std::string text, error;
  };
  const Row rows[] = {
      {"name: ci\n", "line 1: a list of principals is expected: lines that start with '- '"},
      {"- ci\n",
       "line 1: a principal is expected, as in {name: ci, role: reader, token-sha256: ...}"},
      {"\n" + line("role: reader, " + kDigest), "line 2: the name is missing"},
      {line("name: ci, " + kDigest), "line 1: the role is missing"},
      {line("name: ci, role: reader"), "line 1: 'ci' has neither token-sha256 nor certificate"},
      {line("name: ci, role: admin, " + kDigest),
       "line 1: role: 'admin' is not reader, contributor or owner"},
      {line("name: ci, role: anyone, " + kDigest),
       "line 1: role: 'anyone' is not reader, contributor or owner"},
      {line("name: \"a\\nb\", role: reader, " + kDigest),
       "line 1: name: 'a\nb' is not a name: letters, digits and . _ - @, at most 64 of them"},
      {line("name: ci, role: reader, token-sha256: abc"),
       "line 1: token-sha256: 'abc' is not 64 hexadecimal digits, the SHA-256 of it"},
      {line("name: ci, role: reader, token: abc"),
       "line 1: a principal has no 'token'; it has name, role, token-sha256, certificate, expires"},
      {line("name: ci, name: ci, role: reader, " + kDigest), "line 1: name is given twice"},
      {line("name: ci, role: reader, expires: soon, " + kDigest),
       "line 1: expires: 'soon' is not a time such as 2027-01-01T00:00:00Z"},
      {good + line(fmt::format("name: ci, role: owner, certificate: {}", kAbc)),
       "line 2: there is a principal 'ci' already"},
      {good + line("name: di, role: owner, " + kDigest),
       "line 2: 'di' has the token or certificate of 'ci'"},
      {good + "- {name: ci\n", "line 3: end of map flow not found"},
  };
  for (const Row& row : rows) {
    const auto read = parse_principals(row.text);
    ASSERT_FALSE(read) << row.text;
    EXPECT_EQ(read.error(), row.error);
  }
}

TEST(Principals, AreFoundByWhatTheyShow) {
  const Principals all = {{"a", Role::Reader, sha256("a"), {}, {}},
                          {"b", Role::Reader, {}, sha256("b"), {}}};
  EXPECT_EQ(with_token(all, sha256("a"))->name, "a");
  EXPECT_EQ(with_certificate(all, sha256("b"))->name, "b");
  EXPECT_EQ(with_token(all, sha256("b")), nullptr) << "a thumbprint is no token";
  EXPECT_EQ(with_certificate(all, sha256("a")), nullptr);
  EXPECT_EQ(with_token(all, Digest{}), nullptr) << "who has no token has not the empty one";
}

TEST(Principals, TimesAreWholeAndReal) {
  EXPECT_EQ(time_from_text("2027-01-01T00:00:00Z"), 1798761600000);
  EXPECT_EQ(time_from_text("2027-01-01"), 1798761600000);
  EXPECT_EQ(time_text(1798761600999), "2027-01-01T00:00:00Z");
  for (const char* text : {"", "2027", "2027-1-1", "2027-02-30", "2027-01-01T00:00:00",
                           "2027-01-01T00:00:00+01:00", "2027-01-01T25:00:00Z", " 2027-01-01"})
    EXPECT_FALSE(time_from_text(text)) << text;
}

}  // namespace
}  // namespace isthmus::api::access
