// The rows of DPDK's tables, each built in the file of its family. Headers of DPDK are included
// nowhere else.
#pragma once

#include <memory>

#include "tools/bench/fib/contender.h"

namespace isthmus::bench::dpdk {

std::unique_ptr<Contender> build_fib_scalar(const RouteSet& routes);  // dpdk4.cc
std::unique_ptr<Contender> build_fib_avx512(const RouteSet& routes);
std::unique_ptr<Contender> build_lpm(const RouteSet& routes);

std::unique_ptr<Contender> build_fib6_scalar(const RouteSet& routes);  // dpdk6.cc
std::unique_ptr<Contender> build_fib6_avx512(const RouteSet& routes);
std::unique_ptr<Contender> build_lpm6(const RouteSet& routes);

}  // namespace isthmus::bench::dpdk
