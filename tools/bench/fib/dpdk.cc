// DPDK's tables as peers. Only compiled where libdpdk is found; the product never needs it.

#include "tools/bench/fib/dpdk.h"

#include <rte_config.h>  // first: the other headers rely on it

#include <rte_version.h>

namespace isthmus::bench {
namespace {

constexpr ContenderRow kRows[] = {
    {"rte_fib 2B AVX-512", Shape::OneIpv4, Role::Peer, Use::All, &dpdk::build_fib_avx512},
    {"rte_fib 2B scalar", Shape::OneIpv4, Role::Peer, Use::All, &dpdk::build_fib_scalar},
    {"rte_lpm", Shape::OneIpv4, Role::Peer, Use::NotQuick, &dpdk::build_lpm},
    {"rte_fib6 4B AVX-512", Shape::OneIpv6, Role::Peer, Use::All, &dpdk::build_fib6_avx512},
    {"rte_fib6 4B scalar", Shape::OneIpv6, Role::Peer, Use::All, &dpdk::build_fib6_scalar},
    {"rte_lpm6", Shape::OneIpv6, Role::Peer, Use::All, &dpdk::build_lpm6},
};

}  // namespace

std::span<const ContenderRow> dpdk_contenders() { return kRows; }
std::string_view dpdk_version() { return rte_version(); }

}  // namespace isthmus::bench
