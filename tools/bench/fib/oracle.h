// The addresses that every contender is asked before it is measured, with the right answers.
//
// Of each table: the edges of every prefix and their neighbours outside (first, first - 1, last,
// last + 1: every boundary and boundary - 1), addresses inside prefixes, and random ones. The
// answers come from elementary intervals and binary search (tests/support/fib_oracle.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/packets.h"
#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

struct Questions {
  Packets packets;
  std::vector<uint32_t> answers;  // of each packet
};

// `random` addresses inside prefixes and as many anywhere, over all tables; the edges of every
// `edge_step`-th prefix.
struct QuestionPlan {
  size_t random = 800'000;
  size_t edge_step = 1;
  uint64_t seed = 20260724;
};
Questions make_questions(const RouteSet& routes, const QuestionPlan& plan);

// How many of the answers are wrong: asked in bursts, and one by one.
struct Verdict {
  size_t wrong = 0;
  size_t first = 0;     // packet of the first wrong answer
  uint32_t answer = 0;  // what it said there
};
Verdict judge(Contender& contender, const Questions& questions, size_t burst);

}  // namespace isthmus::bench
