#include "tools/bench/fib/oracle.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/support/fib_oracle.h"
#include "tools/bench/fib/patterns.h"

namespace isthmus::bench {
namespace {

using net::IpAddress;

void add_edges(const std::vector<Route>& routes, size_t step, std::vector<IpAddress>& addresses) {
  for (size_t i = 0; i < routes.size(); i += step) {
    const IpAddress first = routes[i].prefix.address();
    const IpAddress last = routes[i].prefix.last();
    for (const IpAddress& edge : {first, test::address_before(first), last, last.plus(1)})
      addresses.push_back(edge);
  }
}

// Of one table, sorted, so that the oracle's binary search finds its path in the cache.
std::vector<IpAddress> addresses_of(const std::vector<Route>& routes, net::Family family,
                                    const QuestionPlan& plan, size_t random_each,
                                    std::mt19937_64& random) {
  std::vector<IpAddress> addresses;
  add_edges(routes, plan.edge_step, addresses);
  for (size_t i = 0; i < random_each; ++i) {
    addresses.push_back(random_address(family, random));
    if (routes.empty()) continue;
    addresses.push_back(random_address_in(routes[random() % routes.size()].prefix, random));
  }
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

}  // namespace

Questions make_questions(const RouteSet& set, const QuestionPlan& plan) {
  struct Question {
    uint32_t table;
    IpAddress address;
    uint32_t answer;
  };
  std::mt19937_64 random(plan.seed);
  const size_t random_each = plan.random / set.tables.size() + 1;
  std::vector<Question> asked;
  for (uint32_t table = 0; table < set.tables.size(); ++table) {
    const std::vector<Route>& routes = set.tables[table];
    const test::IntervalFib oracle(routes);
    for (const IpAddress& address : addresses_of(routes, set.family, plan, random_each, random))
      asked.push_back({table, address, oracle.lookup(address)});
  }
  std::shuffle(asked.begin(), asked.end(), random);  // tables and depths mixed within a burst
  Questions questions;
  for (const Question& question : asked) {
    questions.packets.add(question.table, question.address);
    questions.answers.push_back(question.answer);
  }
  return questions;
}

Verdict judge(Contender& contender, const Questions& questions, size_t burst) {
  std::vector<uint32_t> answers(questions.answers.size());
  Verdict verdict;
  for (const size_t at_once : {burst, size_t{1}}) {
    contender.answer(questions.packets.view(), at_once, answers.data());
    size_t wrong = 0;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (answers[i] == questions.answers[i]) continue;
      if (verdict.wrong + wrong == 0) verdict = {0, i, answers[i]};
      ++wrong;
    }
    verdict.wrong = std::max(verdict.wrong, wrong);
  }
  return verdict;
}

}  // namespace isthmus::bench
