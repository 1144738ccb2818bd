#include "tools/bench/fib/mtrie.h"

#include <algorithm>

namespace isthmus::bench {

Mtrie::Mtrie(const RouteSet& routes) : roots_(routes.tables.size()) {
  for (size_t table = 0; table < routes.tables.size(); ++table) {
    roots_[table].fill(kEmpty);
    for (const Route& route : routes.tables[table]) set(roots_[table], route);
  }
  plies_.shrink_to_fit();
}

uint32_t Mtrie::ply_below(Leaf& leaf) {
  if (is_terminal(leaf)) {
    const Leaf covering = leaf;
    leaf = static_cast<Leaf>(plies_.size()) << 1;
    plies_.emplace_back().leaves.fill(covering);
  }
  return leaf >> 1;
}

// Routes come in the order of prefixes, so that a prefix is set before all that it contains, and
// fills leaves that nothing longer has.
void Mtrie::set(Root& root, const Route& route) {
  const uint32_t address = route.prefix.address().v4_host_order();
  const int length = route.prefix.length();
  const Leaf leaf = terminal(route.value);
  if (length <= 16) {
    std::fill_n(&root[address >> 16], size_t{1} << (16 - length), leaf);
    return;
  }
  uint32_t ply = ply_below(root[address >> 16]);
  if (length <= 24) {
    std::fill_n(&plies_[ply].leaves[address >> 8 & 0xFF], size_t{1} << (24 - length), leaf);
    return;
  }
  Leaf below = plies_[ply].leaves[address >> 8 & 0xFF];
  const uint32_t last = ply_below(below);  // may move the plies
  plies_[ply].leaves[address >> 8 & 0xFF] = below;
  std::fill_n(&plies_[last].leaves[address & 0xFF], size_t{1} << (32 - length), leaf);
}

void Mtrie::lookup(const uint32_t* tables, const uint32_t* addresses, uint32_t* values,
                   size_t n) const {
  const Root* roots = roots_.data();
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const uint32_t a0 = addresses[i], a1 = addresses[i + 1];
    const uint32_t a2 = addresses[i + 2], a3 = addresses[i + 3];
    Leaf l0 = roots[tables[i]][a0 >> 16];
    Leaf l1 = roots[tables[i + 1]][a1 >> 16];
    Leaf l2 = roots[tables[i + 2]][a2 >> 16];
    Leaf l3 = roots[tables[i + 3]][a3 >> 16];
    l0 = step(l0, a0 >> 8 & 0xFF);
    l1 = step(l1, a1 >> 8 & 0xFF);
    l2 = step(l2, a2 >> 8 & 0xFF);
    l3 = step(l3, a3 >> 8 & 0xFF);
    values[i] = result(step(l0, a0 & 0xFF));
    values[i + 1] = result(step(l1, a1 & 0xFF));
    values[i + 2] = result(step(l2, a2 & 0xFF));
    values[i + 3] = result(step(l3, a3 & 0xFF));
  }
  for (; i < n; ++i) values[i] = lookup(tables[i], addresses[i]);
}

}  // namespace isthmus::bench
