// The plainest structure that answers: a binary trie, one bit a node. What everything else must
// beat.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

// Tries of several tables, in one array of nodes.
class NaiveTrie {
 public:
  explicit NaiveTrie(const RouteSet& routes);

  uint32_t lookup4(uint32_t table, uint32_t address) const {
    const Node* nodes = nodes_.data();  // whose bounds are not checked
    uint32_t node = table;
    uint32_t value = nodes[node].value;
    while ((node = nodes[node].child[address >> 31]) != 0) {
      if (nodes[node].value != kNoRoute) value = nodes[node].value;
      address <<= 1;
    }
    return value;
  }
  uint32_t lookup6(uint32_t table, const uint8_t address[16]) const {
    const Node* nodes = nodes_.data();  // whose bounds are not checked
    uint32_t node = table;
    uint32_t value = nodes[node].value;
    for (unsigned bit = 0; bit < 128; ++bit) {
      node = nodes[node].child[address[bit / 8] >> (7 - bit % 8) & 1];
      if (node == 0) break;
      if (nodes[node].value != kNoRoute) value = nodes[node].value;
    }
    return value;
  }
  void set(uint32_t table, const net::Prefix& prefix, uint32_t value);  // kNoRoute: none
  size_t bytes() const { return nodes_.size() * sizeof(Node); }

 private:
  struct Node {
    std::array<uint32_t, 2> child{};  // 0: none; the roots, which are no children, come first
    uint32_t value = kNoRoute;
  };
  std::vector<Node> nodes_;
};

}  // namespace isthmus::bench
