// From the routes of a region to the nodes that decide it (vrf_format.h), and from changed routes
// to changed nodes.
//
// The shape depends on the content of the region only, so that equal content gives equal nodes
// wherever and in whatever order it came about:
//
//   1. what one node's keys can tell apart is that node: Leaf, else Branch, else Span;
//   2. where all differences lie in one much smaller part, a Span leads there at once;
//   3. otherwise the region is cut into 256 parts. Neighbours are packed into one node while it
//      can tell them apart; a part too rich for that is built by these rules as a region of its
//      own. A Branch leads to the nodes where there are at most eleven of them, else a Table.
//
// Threads: the writer.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/fib/rib.h"
#include "dataplane/fib/vrf_nodes.h"

namespace isthmus::dataplane {

class VrfBuilder {
 public:
  using Ranges = std::span<const ValueRange>;

  VrfBuilder(VrfNodes& nodes, const Rib& routes) : nodes_(nodes), routes_(routes) {}

  // Regions are prefixes of a multiple of eight bits, here the whole of a family.
  VrfEntry build(const net::Prefix& region);
  // What build() gives, at the cost of what changed: `old` is what it gave before the routes for
  // `changed` did; all of them lie in the region.
  VrfEntry rebuild(const net::Prefix& region, vrf::Entry old, std::span<const net::Prefix> changed);

 private:
  enum class Form { None, Value, Leaf, Branch, Span };
  struct Parts;
  struct Piece;
  struct Within;

  VrfEntry build(const net::Prefix& region, Ranges ranges);
  static Form form_of(const net::Prefix& region, Ranges ranges);
  VrfEntry terminal(Form form, const net::Prefix& region, Ranges ranges);
  VrfEntry value(uint32_t value);
  VrfEntry leaf(const net::Prefix& region, Ranges ranges);
  VrfEntry branch(const net::Prefix& region, std::span<const net::Bits128> firsts,
                  std::span<VrfEntry> entries);
  VrfEntry span(const net::Prefix& region, std::span<const net::Bits128> firsts,
                std::span<VrfEntry> entries);
  VrfEntry span_around(const Within& within, const net::Prefix& region, VrfEntry inside);

  VrfEntry join(const net::Prefix& region, Parts& parts);
  std::vector<Piece> pack(const net::Prefix& region, Parts& parts);
  VrfEntry table(const net::Prefix& region, const Parts& parts, const std::vector<Piece>& pieces);

  bool is_small(net::Family family, vrf::Entry entry) const;
  VrfEntry rebuild_span(const net::Prefix& region, vrf::Entry old,
                        std::span<const net::Prefix> changed);
  VrfEntry rebuild_parts(const net::Prefix& region, vrf::Entry old,
                         std::span<const net::Prefix> changed);
  void rebuild_part(const net::Prefix& part, vrf::Entry old, std::span<const net::Prefix> changed,
                    unsigned index, Parts& parts);

  VrfNodes& nodes_;
  const Rib& routes_;
};

}  // namespace isthmus::dataplane
