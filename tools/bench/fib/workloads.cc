#include "tools/bench/fib/workloads.h"

#include <fnmatch.h>

#include <algorithm>

namespace isthmus::bench {
namespace {

constexpr auto kBursts = Calls::Bursts;
constexpr auto kSingle = Calls::Single;

// In the order in which they run; those of one table stand together.
constexpr Workload kWorkloads[] = {
    {"ipv4/uniform", TableKind::Ipv4, Kind::Lookups, Pattern::Uniform, kBursts,
     "any address of 2^32"},
    {"ipv4/routed", TableKind::Ipv4, Kind::Lookups, Pattern::Routed, kBursts,
     "any route, any address in it"},
    {"ipv4/zipf", TableKind::Ipv4, Kind::Lookups, Pattern::Zipf, kBursts,
     "a million routed flows after Zipf's law"},
    {"ipv4/sequential", TableKind::Ipv4, Kind::Lookups, Pattern::Sequential, kBursts,
     "each address 3571 after the one before"},
    {"ipv4/deep", TableKind::Ipv4, Kind::Lookups, Pattern::Deep, kBursts,
     "only /24s that hold longer prefixes"},
    {"ipv4/single/uniform", TableKind::Ipv4, Kind::Lookups, Pattern::Uniform, kSingle,
     "uniform, a call for each address"},
    {"ipv4/single/routed", TableKind::Ipv4, Kind::Lookups, Pattern::Routed, kSingle,
     "routed, a call for each address"},
    {"ipv4/single/zipf", TableKind::Ipv4, Kind::Lookups, Pattern::Zipf, kSingle,
     "Zipf, a call for each address"},
    {"ipv4/build", TableKind::Ipv4, Kind::Builds, Pattern::Zipf, kBursts,
     "the table from its sorted routes"},
    {"ipv4/changes", TableKind::Ipv4, Kind::Changes, Pattern::Zipf, kBursts,
     "random routes withdrawn and announced"},
    {"ipv4/reader", TableKind::Ipv4, Kind::Reader, Pattern::Zipf, kBursts,
     "Zipf lookups alone, with 10k changes/s, with a writer flat out"},
    {"ipv4/half-updated", TableKind::Ipv4, Kind::HalfUpdates, Pattern::Zipf, kBursts,
     "changes of which a reader sees a part"},
    {"ipv4/memory", TableKind::Ipv4, Kind::Memory, Pattern::Zipf, kBursts,
     "size and answers after 10 million changes"},

    {"ipv6/uniform", TableKind::Ipv6, Kind::Lookups, Pattern::Uniform, kBursts,
     "any address of 2000::/3"},
    {"ipv6/routed", TableKind::Ipv6, Kind::Lookups, Pattern::Routed, kBursts,
     "any route, any address in it"},
    {"ipv6/zipf", TableKind::Ipv6, Kind::Lookups, Pattern::Zipf, kBursts,
     "a million routed flows after Zipf's law"},
    {"ipv6/single/routed", TableKind::Ipv6, Kind::Lookups, Pattern::Routed, kSingle,
     "routed, a call for each address"},
    {"ipv6/single/zipf", TableKind::Ipv6, Kind::Lookups, Pattern::Zipf, kSingle,
     "Zipf, a call for each address"},
    {"ipv6/build", TableKind::Ipv6, Kind::Builds, Pattern::Zipf, kBursts,
     "the table from its sorted routes"},
    {"ipv6/changes", TableKind::Ipv6, Kind::Changes, Pattern::Zipf, kBursts,
     "random routes withdrawn and announced"},
    {"ipv6/memory", TableKind::Ipv6, Kind::Memory, Pattern::Zipf, kBursts,
     "size and answers after 10 million changes"},

    {"networks/mix", TableKind::Mix, Kind::Lookups, Pattern::Zipf, kBursts,
     "1,000 networks, 500 peers each, user routes; mixed bursts"},
    {"networks/mix/single", TableKind::Mix, Kind::Lookups, Pattern::Zipf, kSingle,
     "the mix, a call for each packet"},
    {"networks/mix/build", TableKind::Mix, Kind::Builds, Pattern::Zipf, kBursts,
     "all tables from their sorted routes"},
    {"networks/mix/half-updated", TableKind::Mix, Kind::HalfUpdates, Pattern::Zipf, kBursts,
     "transactions over all tables of which a reader sees a part"},
    {"networks/mesh", TableKind::Mesh, Kind::Lookups, Pattern::Zipf, kBursts,
     "1,000 networks, each the peer of each; mixed bursts"},
    {"networks/mesh/single", TableKind::Mesh, Kind::Lookups, Pattern::Zipf, kSingle,
     "the mesh, a call for each packet"},
    {"networks/mesh/build", TableKind::Mesh, Kind::Builds, Pattern::Zipf, kBursts,
     "all tables from their sorted routes"},
};

bool names(const std::string& pattern, std::string_view name) {
  if (pattern.find_first_of("*?[") == std::string::npos)
    return name.find(pattern) != std::string_view::npos;
  return ::fnmatch(pattern.c_str(), std::string(name).c_str(), 0) == 0;
}

}  // namespace

std::span<const Workload> workloads() { return kWorkloads; }

std::vector<Workload> chosen(const std::vector<std::string>& patterns) {
  std::vector<Workload> found;
  for (const Workload& workload : kWorkloads) {
    const auto fits = [&](const std::string& pattern) { return names(pattern, workload.name); };
    if (patterns.empty() || std::any_of(patterns.begin(), patterns.end(), fits))
      found.push_back(workload);
  }
  return found;
}

}  // namespace isthmus::bench
