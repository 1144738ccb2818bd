#include "dataplane/fib/vrf.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "dataplane/fib/vrf_build.h"
#include "dataplane/fib/vrf_scalar_cpu.h"

namespace isthmus::dataplane {
namespace {

using net::Family;
using net::Prefix;

const Prefix kAll4;
const Prefix kAll6 = Prefix::containing(net::IpAddress::v6({}), 0);

std::vector<Prefix> of_family(std::span<const Prefix> prefixes, Family family) {
  std::vector<Prefix> out;
  std::copy_if(prefixes.begin(), prefixes.end(), std::back_inserter(out),
               [&](const Prefix& prefix) { return prefix.family() == family; });
  return out;
}

const vrf::Kernel& kernel_of(CpuPath path) {
#if defined(__x86_64__)
  if (path == CpuPath::Avx512) return vrf::kKernelAvx512;
  if (path == CpuPath::Avx2) return vrf::kKernelAvx2;
#endif
  return vrf::kKernelScalar;
}

// One packet at a time: which kind of node comes next is mostly what it was the last time, so that
// a branch for it costs less than doing the work of all kinds.
template <class Family>
uint32_t lookup_one(const vrf::Line* lines, vrf::Entry entry,
                    const typename Family::Address& address) {
  using Cpu = vrf::ScalarCpu;
  using vrf::Kind;
  for (;;) {
    while (vrf::head_of(entry) == vrf::head_of(Kind::Table)) {
      entry = vrf::next_of_table<Family>(lines, entry, address);
    }
    if (vrf::is_value(entry)) return (entry & ~vrf::kValueFlag) - 1;
    const Kind kind = vrf::kind_of(entry);
    if (kind == Kind::Branch) {
      entry = vrf::next_of_branch<Family, Cpu>(lines, entry, address);
    } else if (kind == Kind::Leaf) {
      const auto& leaf = vrf::node<vrf::Leaf>(lines, entry);
      const uint16_t key = Family::window(address, vrf::place_of(entry));
      return leaf.values[Cpu::find(leaf, key)] - uint32_t{1};
    } else if (kind == Kind::Span) {
      entry = vrf::next_of_span<Cpu>(lines, entry, address);
    } else {
      return vrf::node<vrf::Line>(lines, entry).words[0];
    }
  }
}

}  // namespace

VrfTable::VrfTable(VrfNodes& nodes, const Rib& routes) : nodes_(&nodes) {
  VrfBuilder builder(nodes, routes);
  v4_ = builder.build(kAll4);
  v6_ = builder.build(kAll6);
}

VrfTable VrfTable::updated(const Rib& after, std::span<const Prefix> changed) const {
  VrfTable next = *this;
  VrfBuilder builder(*nodes_, after);
  if (const auto v4 = of_family(changed, Family::V4); !v4.empty()) {
    next.v4_ = builder.rebuild(kAll4, v4_.get(), v4);
  }
  if (const auto v6 = of_family(changed, Family::V6); !v6.empty()) {
    next.v6_ = builder.rebuild(kAll6, v6_.get(), v6);
  }
  return next;
}

void lookup4(VrfView view, const vrf::Entry* roots, const uint32_t* addresses, uint32_t* values,
             size_t n, CpuPath path) {
  kernel_of(path).lookup4(view.lines, roots, addresses, values, n);
}

void lookup6(VrfView view, const vrf::Entry* roots, const uint8_t (*addresses)[16],
             uint32_t* values, size_t n, CpuPath path) {
  kernel_of(path).lookup6(view.lines, roots, addresses, values, n);
}

void lookup4(VrfView view, const vrf::Entry* directory, const uint32_t* tables,
             const uint32_t* addresses, uint32_t* values, size_t n, CpuPath path) {
  kernel_of(path).mixed4(view.lines, directory, tables, addresses, values, n);
}

void lookup6(VrfView view, const vrf::Entry* directory, const uint32_t* tables,
             const uint8_t (*addresses)[16], uint32_t* values, size_t n, CpuPath path) {
  kernel_of(path).mixed6(view.lines, directory, tables, addresses, values, n);
}

uint32_t lookup4_one(VrfView view, vrf::Entry root, uint32_t address) {
  return lookup_one<vrf::IPv4>(view.lines, root, address);
}

uint32_t lookup6_one(VrfView view, vrf::Entry root, const uint8_t (&address)[16]) {
  return lookup_one<vrf::IPv6>(view.lines, root,
                               reinterpret_cast<const vrf::IPv6::Address&>(address));
}

}  // namespace isthmus::dataplane
