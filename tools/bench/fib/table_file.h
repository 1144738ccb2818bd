// Tables from text: one prefix a line, or a prefix and its next hop.
//
// "10.0.0.0/8", "10.0.0.0/8 192.0.2.1", "2001:db8::/32,2001:db8::1"; fields are parted by spaces,
// tabs, commas, semicolons or bars; what follows '#' and further fields are ignored. Compressed
// with gzip or not. Both families may be mixed. Next hops are names: each distinct one becomes a
// value, in the order of appearance. A prefix without one gets hash(prefix) mod next_hops.
#pragma once

#include <cstdint>
#include <istream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tools/bench/fib/route_set.h"

namespace isthmus::bench {

struct TableText {
  std::vector<Route> v4;  // in the order of prefixes, each prefix once
  std::vector<Route> v6;
  uint32_t next_hops = 0;  // distinct values
};

// Says which line is wrong and what to do about it.
struct TableFileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `next_hops` of 1 or more. Throws TableFileError.
TableText read_table_file(const std::string& path, uint32_t next_hops);  // "-": standard input
TableText read_table(std::istream& lines, const std::string& name, uint32_t next_hops);

// What hash(prefix) mod next_hops is for every table of the benchmark.
uint32_t next_hop_of(const net::Prefix& prefix, uint32_t next_hops);

}  // namespace isthmus::bench
