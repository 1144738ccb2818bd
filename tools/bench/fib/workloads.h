// The workloads, as a table. Which contenders a workload has follows from its table's shape, and
// for changes from what they can do.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/bench/fib/contender.h"
#include "tools/bench/fib/patterns.h"

namespace isthmus::bench {

enum class TableKind { Ipv4, Ipv6, Mix, Mesh };
enum class Kind { Lookups, Builds, Changes, Reader, HalfUpdates, Memory };
enum class Calls { Bursts, Single };

struct Workload {
  std::string_view name;
  TableKind table;
  Kind kind;
  Pattern pattern = Pattern::Zipf;  // of one table; networks have a traffic of their own
  Calls calls = Calls::Bursts;
  std::string_view help;
};

std::span<const Workload> workloads();

// Those that one of the patterns names: a part of the name, or a glob that matches all of it. All
// of them where there is no pattern.
std::vector<Workload> chosen(const std::vector<std::string>& patterns);

constexpr Shape shape_of(TableKind table) {
  if (table == TableKind::Ipv4) return Shape::OneIpv4;
  return table == TableKind::Ipv6 ? Shape::OneIpv6 : Shape::ManyIpv4;
}

}  // namespace isthmus::bench
