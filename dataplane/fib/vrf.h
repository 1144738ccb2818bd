// The forwarding tables of virtual networks: thousands of small tables, each a few routes to a few
// thousand, that packets of one burst go to in any mixture.
//
// A VrfTable is made from the routes of a table (rib.h). It is a value like a Rib: copies share
// everything, and `updated` makes the next version at the cost of what changed. All tables keep
// their nodes in one VrfNodes, where equal parts of different tables are one node; values that
// are the same for all tables (global action ids) therefore make tables small. What the nodes look
// like is in vrf_format.h, how they are chosen in vrf_build.h.
//
//                         8 bits          ranges            ranges
//   directory[table] --> Table of 256 --> Branch of 11 --> Leaf of 16 --> value      IPv4, usual
//   directory[table] --> Leaf or Span --> value                                      a few routes
//   directory[table] --> Span --> Table --> Leaf --> value                           IPv6, usual
//
// Threads: lookups from any thread as long as the tables live whose roots are looked up in
// (dataplane/rcu.h); a burst that found its roots at once sees one version of each table.
// Everything else: the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/fib/cpu_path.h"
#include "dataplane/fib/rib.h"
#include "dataplane/fib/vrf_nodes.h"

namespace isthmus::dataplane {

// What lookups in a table start at: one for each family.
struct VrfRoots {
  vrf::Entry v4 = vrf::kNoRouteEntry;  // of a table without routes
  vrf::Entry v6 = vrf::kNoRouteEntry;
};

// A counted handle. Its nodes go with the last handle that needs them: the owner destroys it when
// no reader can hold its roots.
class VrfTable {
 public:
  explicit VrfTable(VrfNodes& nodes) noexcept : nodes_(&nodes) {}  // no routes
  VrfTable(VrfNodes& nodes, const Rib& routes);                    // strong guarantee
  // The table of `after`, which differs from this table's routes by `changed` at most.
  VrfTable updated(const Rib& after, std::span<const net::Prefix> changed) const;

  VrfRoots roots() const noexcept { return {v4_.get(), v6_.get()}; }

 private:
  VrfNodes* nodes_;
  VrfEntry v4_;
  VrfEntry v6_;
};

// What lookups need of a VrfNodes; good as long as it lives.
struct VrfView {
  explicit VrfView(const VrfNodes& nodes) noexcept : lines(nodes.lines()) {}
  const vrf::Line* lines;
};

// values[i] = what the table with this root has for the address, or kNoRoute; any n. IPv4 in host
// order, IPv6 in network order. Bursts of 64 are fastest; never sorted by table.
void lookup4(VrfView view, const vrf::Entry* roots, const uint32_t* addresses, uint32_t* values,
             size_t n, CpuPath path = cpu_path());
void lookup6(VrfView view, const vrf::Entry* roots, const uint8_t (*addresses)[16],
             uint32_t* values, size_t n, CpuPath path = cpu_path());
// The same with directory[tables[i]] as roots.
void lookup4(VrfView view, const vrf::Entry* directory, const uint32_t* tables,
             const uint32_t* addresses, uint32_t* values, size_t n, CpuPath path = cpu_path());
void lookup6(VrfView view, const vrf::Entry* directory, const uint32_t* tables,
             const uint8_t (*addresses)[16], uint32_t* values, size_t n, CpuPath path = cpu_path());
uint32_t lookup4_one(VrfView view, vrf::Entry root, uint32_t address);
uint32_t lookup6_one(VrfView view, vrf::Entry root, const uint8_t (&address)[16]);

}  // namespace isthmus::dataplane
