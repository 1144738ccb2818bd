#include "dataplane/net/ip.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <unordered_set>
#include <vector>

namespace isthmus::net {
namespace {

IpAddress address(const char* text) { return IpAddress::parse(text).value(); }
Prefix prefix(const char* text) { return Prefix::parse(text).value(); }

TEST(IpAddress, PrintsTheCanonicalForm) {
  struct Case {
    const char* text;
    const char* printed;
  };
  // The IPv6 ones are the examples and rules of RFC 5952 section 4.
  constexpr Case kCases[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"10.1.2.3", "10.1.2.3"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:0DB8:0000:0000:0000:0000:0002:0001", "2001:db8::2:1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"0:0:1::", "0:0:1::"},
      {"1:0:0:2:0:0:0:0", "1:0:0:2::"},
      {"::ffff:10.0.0.1", "::ffff:a00:1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
  };
  for (const Case& c : kCases) {
    const auto parsed = IpAddress::parse(c.text);
    ASSERT_TRUE(parsed.has_value()) << c.text;
    EXPECT_EQ(parsed->to_string(), c.printed) << c.text;
  }
}

TEST(IpAddress, PrintedFormParsesBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    // Zero groups are frequent, so that "::" stands in every place.
    Bits128 bits{random() & random() & random(), random() & random() & random()};
    for (int group = 0; group < 4; ++group) {
      if (random() % 2 == 0) bits.hi &= ~(uint64_t{0xFFFF} << 16 * group);
      if (random() % 2 == 0) bits.lo &= ~(uint64_t{0xFFFF} << 16 * group);
    }
    for (const Family family : {Family::V4, Family::V6}) {
      const IpAddress any = IpAddress::from_bits(family, bits);
      ASSERT_EQ(IpAddress::parse(any.to_string()), any) << any.to_string();
    }
  }
}

TEST(IpAddress, FamiliesAreNeverEqual) {
  EXPECT_NE(address("0.0.0.0"), address("::"));
  EXPECT_NE(address("10.0.0.1"), address("::ffff:10.0.0.1"));
  EXPECT_LT(address("255.255.255.255"), address("::"));
}

TEST(IpAddress, BytesAreInNetworkOrder) {
  EXPECT_EQ(address("1.2.3.4").bytes()[0], 1);
  EXPECT_EQ(address("1.2.3.4").bytes()[3], 4);
  EXPECT_EQ(address("102:304::f").bytes()[3], 4);
  EXPECT_EQ(address("102:304::f").bytes()[15], 15);
}

TEST(IpAddress, PlusAndDistance) {
  struct Case {
    const char* first;
    uint64_t offset;
    const char* sum;
  };
  constexpr Case kCases[] = {
      {"10.0.0.255", 1, "10.0.1.0"},
      {"255.255.255.255", 1, "0.0.0.0"},
      {"::", 5, "::5"},
      {"::ffff:ffff:ffff:ffff", 1, "0:0:0:1::"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, "::"},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(address(c.first).plus(c.offset), address(c.sum)) << c.first;
    if (address(c.sum) > address(c.first)) {
      EXPECT_EQ(address(c.sum).distance_from(address(c.first)), c.offset) << c.first;
    }
  }
  EXPECT_EQ(address("10.0.0.0").distance_from(address("10.0.0.1")), 0u);
  EXPECT_EQ(address("2::").distance_from(address("1::")), ~uint64_t{0});
  EXPECT_EQ(address("0:0:0:1::").distance_from(address("::1")), ~uint64_t{0});
}

TEST(IpAddress, HashesDiffer) {
  std::unordered_set<size_t> hashes;
  for (uint64_t i = 0; i < 10'000; ++i) {
    hashes.insert(std::hash<IpAddress>()(address("10.0.0.0").plus(i)));
    hashes.insert(std::hash<IpAddress>()(address("2001:db8::").plus(i)));
  }
  EXPECT_GT(hashes.size(), 19'990u);
}

TEST(Prefix, RejectsHostBitsAndIllegalLengths) {
  EXPECT_FALSE(Prefix::make(address("10.0.0.1"), 31).has_value());
  EXPECT_TRUE(Prefix::make(address("10.0.0.1"), 32).has_value());
  EXPECT_FALSE(Prefix::make(address("10.0.0.0"), 33).has_value());
  EXPECT_FALSE(Prefix::make(address("10.0.0.0"), -1).has_value());
  EXPECT_FALSE(Prefix::make(address("::1"), 127).has_value());
  EXPECT_TRUE(Prefix::make(address("::"), 0).has_value());
  EXPECT_FALSE(Prefix::make(address("::"), 129).has_value());
}

TEST(Prefix, OverlapIsContainmentOneWayOrTheOther) {
  struct Case {
    const char* a;
    const char* b;
    bool a_contains_b;
    bool b_contains_a;
  };
  constexpr Case kCases[] = {
      {"10.0.0.0/8", "10.1.0.0/16", true, false},
      {"10.0.0.0/8", "10.0.0.0/8", true, true},
      {"10.0.0.0/8", "10.0.0.0/16", true, false},
      {"10.0.0.0/9", "10.128.0.0/9", false, false},
      {"0.0.0.0/0", "255.255.255.255/32", true, false},
      {"0.0.0.0/0", "::/0", false, false},
      {"2001:db8::/32", "2001:db8:ffff:ffff::/64", true, false},
      {"2001:db8::/65", "2001:db8:0:0:8000::/65", false, false},
  };
  for (const Case& c : kCases) {
    EXPECT_EQ(prefix(c.a).contains(prefix(c.b)), c.a_contains_b) << c.a << " " << c.b;
    EXPECT_EQ(prefix(c.b).contains(prefix(c.a)), c.b_contains_a) << c.a << " " << c.b;
    EXPECT_EQ(prefix(c.a).overlaps(prefix(c.b)), c.a_contains_b || c.b_contains_a) << c.a;
    EXPECT_EQ(prefix(c.b).overlaps(prefix(c.a)), c.a_contains_b || c.b_contains_a) << c.a;
  }
}

TEST(Prefix, HoldsItsFirstAndLastAddressAndNoNeighbour) {
  for (const char* text : {"10.0.0.0/8", "10.1.2.0/23", "10.1.2.3/32", "2001:db8::/32",
                           "2001:db8::/64", "2001:db8::/65", "2001:db8::1/128"}) {
    const Prefix any = prefix(text);
    EXPECT_TRUE(any.contains(any.address())) << text;
    EXPECT_TRUE(any.contains(any.last())) << text;
    EXPECT_FALSE(any.contains(any.last().plus(1))) << text;
    EXPECT_EQ(any, Prefix::containing(any.last(), any.length())) << text;
    EXPECT_EQ(any.to_string(), text);
  }
  EXPECT_EQ(prefix("10.1.2.0/23").last(), address("10.1.3.255"));
  EXPECT_EQ(prefix("2001:db8::/65").last(), address("2001:db8::7fff:ffff:ffff:ffff"));
}

TEST(Prefix, SortsBeforeWhatItContains) {
  const std::vector<Prefix> sorted = {prefix("0.0.0.0/0"),   prefix("10.0.0.0/8"),
                                      prefix("10.0.0.0/16"), prefix("10.0.1.0/24"),
                                      prefix("11.0.0.0/8"),  prefix("::/0")};
  EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
}

// testdata/README.md says what the columns are.
struct Row {
  std::string verdict;
  std::string canonical;
  std::string text;
};

std::string unescape(const std::string& field) {
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\') {
      text += static_cast<char>(std::stoi(field.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else if (field[i] == '{') {
      const size_t star = field.find('*', i);
      const size_t end = field.find('}', i);
      const std::string unit = field.substr(star + 1, end - star - 1);
      for (int n = std::stoi(field.substr(i + 1, star - i - 1)); n > 0; --n) text += unit;
      i = end;
    } else {
      text += field[i];
    }
  }
  return text;
}

std::vector<Row> corpus() {
  std::ifstream file(ISTHMUS_SOURCE_DIR "/dataplane/net/testdata/cidr.tsv");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Row row;
    std::string source;
    std::string text;
    std::getline(fields, row.verdict, '\t');
    std::getline(fields, row.canonical, '\t');
    std::getline(fields, source, '\t');
    std::getline(fields, text, '\t');
    row.text = unescape(text);
    rows.push_back(row);
  }
  return rows;
}

// What this code says about a text, in the corpus's words.
Row judged(const std::string& text) {
  if (const auto found = Prefix::parse(text)) return {"prefix", found->to_string(), text};
  if (const auto found = parse_cidr(text)) {
    return {"host-bits", Prefix::containing(found->address, found->length).to_string(), text};
  }
  if (const auto found = IpAddress::parse(text)) return {"address", found->to_string(), text};
  return {"reject", "-", text};
}

TEST(Prefix, AgreesWithEveryRowOfTheCorpus) {
  const std::vector<Row> rows = corpus();
  ASSERT_EQ(rows.size(), 566u);
  for (const Row& row : rows) {
    const Row verdict = judged(row.text);
    EXPECT_EQ(verdict.verdict, row.verdict) << testing::PrintToString(row.text);
    EXPECT_EQ(verdict.canonical, row.canonical) << testing::PrintToString(row.text);
  }
}

}  // namespace
}  // namespace isthmus::net
