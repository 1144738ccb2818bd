// Every contender of this build against the oracle, on tables small enough for a unit test; and
// against plain linear search, so that the oracle's own addresses are judged too.

#include <gtest/gtest.h>

#include <random>

#include "tests/support/fib_oracle.h"
#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/networks.h"
#include "tools/bench/fib/oracle.h"
#include "tools/bench/fib/patterns.h"
#include "tools/bench/fib/table_file.h"

namespace isthmus::bench {
namespace {

constexpr uint64_t kSeed = 42;

std::vector<Route> random_routes(net::Family family, size_t count, std::mt19937_64& random) {
  std::vector<Route> routes;
  for (size_t i = 0; i < count; ++i) {
    // A few first bytes, so that prefixes nest.
    net::Bits128 bits{random(), random()};
    bits.hi = (bits.hi >> 8) | (0x20 + random() % 3) << 56;
    const int longest = net::address_bits(family);
    const int length = 1 + static_cast<int>(random() % static_cast<uint64_t>(longest));
    const auto address = net::IpAddress::from_bits(family, bits);
    const auto prefix = net::Prefix::containing(address, length);
    routes.push_back({prefix, next_hop_of(prefix, 64)});
  }
  sort_routes(routes);
  return routes;
}

// Null for those that cannot run here, and for those that need more than a unit test should take:
// the program itself checks them.
std::unique_ptr<Contender> built(const ContenderRow& row, const RouteSet& routes) {
  if (row.name.starts_with("rte_")) return nullptr;
  try {
    return row.build(routes);
  } catch (const Unavailable&) {
    return nullptr;
  }
}

void expect_right(Shape shape, const RouteSet& routes) {
  const Questions questions = make_questions(routes, {.random = 20'000, .seed = kSeed});
  ASSERT_GT(questions.answers.size(), 20'000u);
  for (const ContenderRow& row : contenders(shape)) {
    const auto contender = built(row, routes);
    if (contender == nullptr) continue;
    for (const size_t burst : {2, 64, 65, 1024}) {
      const Verdict verdict = judge(*contender, questions, burst);
      EXPECT_EQ(verdict.wrong, 0u) << row.name << ", burst of " << burst << ", seed " << kSeed;
    }
    EXPECT_GE(contender->bytes(), routes.routes());
    EXPECT_EQ(contender->refused(), 0u);
  }
}

RouteSet one_table(net::Family family, size_t count) {
  std::mt19937_64 random(kSeed);
  RouteSet set;
  set.name = "random";
  set.family = family;
  set.tables = {random_routes(family, count, random)};
  return set;
}

TEST(Contenders, Ipv4AnswersEqualTheOracle) {
  expect_right(Shape::OneIpv4, one_table(net::Family::V4, 5000));
}

TEST(Contenders, Ipv6AnswersEqualTheOracle) {
  expect_right(Shape::OneIpv6, one_table(net::Family::V6, 5000));
}

TEST(Contenders, TheEmptyTableAndTheDefaultRouteAlone) {
  RouteSet set;
  set.tables = {{}};
  expect_right(Shape::OneIpv4, set);
  set.tables = {{{*net::Prefix::parse("0.0.0.0/0"), 5}}};
  expect_right(Shape::OneIpv4, set);
}

TEST(Contenders, NetworksAnswersEqualTheOracle) {
  expect_right(Shape::ManyIpv4, make_networks(mix_plan(24), kSeed).routes);
  expect_right(Shape::ManyIpv4, make_networks(mesh_plan(24), kSeed).routes);
}

TEST(Contenders, ChangesTakeEffectAndCanBeTakenBack) {
  const RouteSet routes = one_table(net::Family::V4, 2000);
  const Questions before = make_questions(routes, {.random = 5000, .seed = kSeed});
  RouteSet fewer = routes;
  fewer.tables[0].resize(1000);
  const Questions without = make_questions(fewer, {.random = 5000, .seed = kSeed});
  for (const ContenderRow& row : contenders(Shape::OneIpv4)) {
    const auto contender = built(row, routes);
    if (contender == nullptr || contender->changes() == Changes::None) continue;
    for (size_t i = 1000; i < routes.tables[0].size(); ++i)
      EXPECT_TRUE(contender->withdraw(routes.tables[0][i].prefix));
    EXPECT_EQ(judge(*contender, without, 64).wrong, 0u) << row.name;
    for (size_t i = 1000; i < routes.tables[0].size(); ++i) {
      const Route& route = routes.tables[0][i];
      EXPECT_TRUE(contender->announce(route.prefix, route.value));
    }
    EXPECT_EQ(judge(*contender, before, 64).wrong, 0u) << row.name;
  }
}

TEST(Oracle, QuestionsHaveEveryEdgeAndTheAnswersOfLinearSearch) {
  const RouteSet routes = one_table(net::Family::V4, 300);
  test::LinearFib linear;
  for (const Route& route : routes.tables[0]) linear.set(route.prefix, route.value);
  const Questions questions = make_questions(routes, {.random = 1000, .seed = kSeed});
  EXPECT_GE(questions.answers.size(), routes.routes() * 4 + 2000);
  for (size_t i = 0; i < questions.answers.size(); ++i)
    ASSERT_EQ(questions.answers[i], linear.lookup(questions.packets.view().address(i)));
}

TEST(Oracle, CountsWrongAnswers) {
  RouteSet routes = one_table(net::Family::V4, 300);
  const Questions questions = make_questions(routes, {.random = 1000, .seed = kSeed});
  for (Route& route : routes.tables[0]) route.value += 1;
  const auto contender = contenders(Shape::OneIpv4).back().build(routes);
  const Verdict verdict = judge(*contender, questions, 64);
  EXPECT_GT(verdict.wrong, 0u);
  EXPECT_LT(verdict.wrong, questions.answers.size());  // where no route is, nothing changed
  EXPECT_NE(verdict.answer, questions.answers[verdict.first]);
}

}  // namespace
}  // namespace isthmus::bench
