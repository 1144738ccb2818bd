#include "tools/bench/fib/naive_trie.h"

namespace isthmus::bench {

NaiveTrie::NaiveTrie(const RouteSet& routes) : nodes_(routes.tables.size()) {
  for (uint32_t table = 0; table < routes.tables.size(); ++table)
    for (const Route& route : routes.tables[table]) set(table, route.prefix, route.value);
  nodes_.shrink_to_fit();
}

void NaiveTrie::set(uint32_t table, const net::Prefix& prefix, uint32_t value) {
  const net::Bits128 bits = prefix.address().bits();
  uint32_t node = table;
  for (int depth = 0; depth < prefix.length(); ++depth) {
    const uint64_t word = depth < 64 ? bits.hi : bits.lo;
    const size_t side = word >> (63 - depth % 64) & 1;
    if (nodes_[node].child[side] == 0) {
      nodes_[node].child[side] = static_cast<uint32_t>(nodes_.size());
      nodes_.emplace_back();
    }
    node = nodes_[node].child[side];
  }
  nodes_[node].value = value;
}

}  // namespace isthmus::bench
