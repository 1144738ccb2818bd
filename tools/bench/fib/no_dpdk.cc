// In the place of dpdk.cc where libdpdk was not found: its rows are not there.

#include "tools/bench/fib/contender.h"

namespace isthmus::bench {

std::span<const ContenderRow> dpdk_contenders() { return {}; }
std::string_view dpdk_version() { return {}; }

}  // namespace isthmus::bench
