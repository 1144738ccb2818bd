// A 16-8-8 expanded trie per table: the layout of ip4_mtrie_16_t in VPP (fd.io), as far as lookups
// read it, written for this benchmark.
//
//   root: 65,536 leaves by the first 16 bits -> ply: 256 leaves by the next 8 -> ply: 256, last 8
//
// A leaf is 32 bits: terminal (bit 0 set) with its result, or the index of the next ply. Prefixes
// are expanded: every leaf that a prefix covers holds it. VPP's plies also keep the length of the
// prefix in each leaf, for changes in place; that part, a third of a ply, is left out here, which
// favours this baseline in memory. Lookups take data() of the vectors: the build checks bounds of
// operator[], which VPP does not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

class Mtrie {
 public:
  explicit Mtrie(const RouteSet& routes);  // IPv4

  uint32_t lookup(uint32_t table, uint32_t address) const {
    Leaf leaf = roots_.data()[table][address >> 16];
    leaf = step(leaf, address >> 8 & 0xFF);
    leaf = step(leaf, address & 0xFF);
    return result(leaf);
  }
  // Four packets at a time, a step of each, as VPP's ip4-lookup node does.
  void lookup(const uint32_t* tables, const uint32_t* addresses, uint32_t* values, size_t n) const;

  size_t bytes() const { return roots_.size() * sizeof(Root) + plies_.size() * sizeof(Ply); }

 private:
  using Leaf = uint32_t;
  using Root = std::array<Leaf, 65536>;
  struct alignas(64) Ply {
    std::array<Leaf, 256> leaves;
  };
  static constexpr Leaf kEmpty = 1;  // terminal, without a result

  static bool is_terminal(Leaf leaf) { return (leaf & 1) != 0; }
  static Leaf terminal(uint32_t value) { return (value + 1) << 1 | 1; }
  static uint32_t result(Leaf leaf) { return (leaf >> 1) - 1; }  // kNoRoute for kEmpty
  Leaf step(Leaf leaf, uint32_t byte) const {
    return is_terminal(leaf) ? leaf : plies_.data()[leaf >> 1].leaves[byte];
  }
  void set(Root& root, const Route& route);
  uint32_t ply_below(Leaf& leaf);

  std::vector<Root> roots_;
  std::vector<Ply> plies_;
};

}  // namespace isthmus::bench
