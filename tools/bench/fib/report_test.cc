// What is made of results: ratios, the table, the JSON, the chart; and the words of the command
// line.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include "tools/bench/fib/json.h"
#include "tools/bench/fib/options.h"
#include "tools/bench/fib/plot.h"
#include "tools/bench/fib/report.h"

namespace isthmus::bench {
namespace {

using testing::HasSubstr;
using testing::Not;

Row row(const char* name, Role role, double ns) {
  Row made;
  made.contender = name;
  made.role = role;
  made.ns = {ns, ns * 0.9, ns * 1.1, 25};
  made.bytes = 10'000'000;
  made.routes = 1'000'000;
  return made;
}

Result lookups() {
  Result result;
  result.name = "ipv4/zipf";
  result.table = "IPv4 full table: 1,000,000 routes, 64 next hops";
  result.what = "lookup";
  result.rows = {row("wide4", Role::Ours, 1),   row("rib", Role::Ours, 50),
                 row("liar", Role::Peer, 0.5),  row("picky", Role::Peer, 0.7),
                 row("good", Role::Peer, 2),    row("slow", Role::Peer, 4),
                 row("plain", Role::Naive, 0.9)};
  result.rows[2].wrong = 3;
  result.rows[3].refused = 426;
  return result;
}

TEST(Results, TheRatioIsToTheFastestPeerWhoseAnswersAreRight) {
  const Result result = lookups();
  EXPECT_EQ(result.ours()->contender, "wide4");
  EXPECT_EQ(result.best_peer()->contender, "good");
  EXPECT_DOUBLE_EQ(result.ratio().value(), 2);
}

TEST(Results, WithoutAPeerThereIsNoRatio) {
  Result result = lookups();
  result.rows.resize(2);
  EXPECT_FALSE(result.ratio().has_value());
}

TEST(Report, SaysWhichPeersDoNotCountAndWhy) {
  const Result results[] = {lookups()};
  const std::string text = report(results);
  EXPECT_THAT(text, HasSubstr("IPv4 full table: 1,000,000 routes"));
  EXPECT_THAT(text, HasSubstr("3 wrong answers"));
  EXPECT_THAT(text, HasSubstr("refused 426 routes"));
  EXPECT_THAT(text, HasSubstr("best peer"));
  EXPECT_THAT(text, HasSubstr("2.00x"));
}

TEST(Json, HasOneObjectPerWorkload) {
  const Result results[] = {lookups()};
  rapidjson::Document json;
  json.Parse(to_json(results, Machine{}, Options{}).c_str());
  ASSERT_TRUE(json.IsArray());
  ASSERT_EQ(json.Size(), 1u);
  const auto& workload = json[0];
  EXPECT_STREQ(workload["name"].GetString(), "ipv4/zipf");
  EXPECT_DOUBLE_EQ(workload["ours"]["median_ns"].GetDouble(), 1);
  EXPECT_EQ(workload["ours"]["bytes"].GetUint64(), 10'000'000u);
  EXPECT_EQ(workload["ours"]["routes"].GetUint64(), 1'000'000u);
  EXPECT_DOUBLE_EQ(workload["peers"]["good"]["p90_ns"].GetDouble(), 2.2);
  EXPECT_EQ(workload["peers"]["liar"]["wrong_answers"].GetUint64(), 3u);
  EXPECT_TRUE(workload["also"].HasMember("rib"));
  EXPECT_TRUE(workload["baselines"].HasMember("plain"));
  EXPECT_DOUBLE_EQ(workload["ratio"].GetDouble(), 2);
  EXPECT_STREQ(workload["best_peer"].GetString(), "good");
}

TEST(Plot, DrawsABarForEveryContenderWithoutThoseThatAnswerWrong) {
  const Result results[] = {lookups()};
  const std::string script = plot_script(results, "it's.svg");
  EXPECT_THAT(script, HasSubstr("\"ipv4/zipf\" 1000.000 20.000 ? "));
  EXPECT_THAT(script, HasSubstr("set output 'it''s.svg'"));
  EXPECT_THAT(script, HasSubstr("title 'good'"));
}

TEST(Workloads, AreChosenByAPartOfTheNameOrAGlob) {
  EXPECT_EQ(chosen({}).size(), workloads().size());
  EXPECT_EQ(chosen({"ipv4/zipf"}).size(), 1u);
  EXPECT_EQ(chosen({"zipf"}).size(), 4u);
  EXPECT_EQ(chosen({"ipv6/single/*"}).size(), 2u);
  EXPECT_EQ(chosen({"ipv4/deep", "ipv6/zipf"}).size(), 2u);
  EXPECT_TRUE(chosen({"ipv5"}).empty());
}

TEST(CommandLine, WhatIsWrongIsSaidWithWhatIsKnown) {
  const struct {
    std::vector<std::string> words;
    const char* why;
    const char* known;
  } rows[] = {
      {{"--only", "ipv5"}, "no workload is named by --only ipv5", "ipv4/zipf"},
      {{"--fast"}, "no option --fast", "--quick"},
      {{"--burst", "0"}, "--burst", "--help"},
      {{"--networks", "many"}, "--networks", "--help"},
      {{"--cpu", "mmx"}, "does not run --cpu mmx", "scalar"},
      {{"--table"}, "--table", "--help"},
  };
  for (const auto& each : rows) {
    Options options;
    const Instead instead = parse_options(each.words, options);
    EXPECT_EQ(instead.status, 2);
    EXPECT_THAT(instead.text, HasSubstr(each.why));
    EXPECT_THAT(instead.text, HasSubstr(each.known));
  }
}

TEST(CommandLine, TakesWhatHelpTells) {
  Options options;
  const Instead instead = parse_options(
      {"--quick", "--only", "ipv4/zipf", "ipv6/zipf", "--json", "-", "--burst=256"}, options);
  EXPECT_EQ(instead.text, "");
  EXPECT_TRUE(options.quick);
  EXPECT_EQ(options.chosen.size(), 2u);
  EXPECT_EQ(options.json, "-");
  EXPECT_EQ(options.burst, 256u);
  const Instead help = parse_options({"--help"}, options);
  EXPECT_EQ(help.status, 0);
  for (const char* word : {"--table", "--next-hops", "--only", "--plot", "Examples:"})
    EXPECT_THAT(help.text, HasSubstr(word));
}

}  // namespace
}  // namespace isthmus::bench
