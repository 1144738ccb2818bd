// Which subnets reach which, before and after a change that has not happened: asked of the stages
// that forward real packets, with the tables that each of the two models gives.
//
// A subnet reaches another when a packet from an interface of the one comes to an interface of the
// other, and its reply comes back. The first interface of a subnet stands for it; where there is
// none, one that exists for this question alone. Access lists judge by protocol and port, so a pair
// is tried with every protocol and port that the rules of either model name, up to kProbesMax of
// them. Pure; builds the tables of both models.
#pragma once

#include <string>
#include <vector>

#include "controller/model/model.h"
#include "controller/rules/change.h"

namespace isthmus {

constexpr size_t kProbesMax = 12;
// Our choice: two seconds or so. With more pairs, only those with an end in a network whose routes,
// peerings, interfaces or access lists change are tried.
constexpr size_t kPairsMax = 2'000'000;

enum class Reach : uint8_t {
  Absent,  // one of the two subnets is not there
  No,
  Partly,  // for some of the protocols and ports
  Yes,
};

struct PairReach {
  Reach reach = Reach::Absent;
  std::vector<std::string> passing;  // of Partly: "tcp/443", "icmp"
  std::string reason;                // of No and Partly: why the first that fails is dropped
  friend bool operator==(const PairReach&, const PairReach&) = default;
};

struct PairChange {
  ResourceId from;
  ResourceId to;
  PairReach before;
  PairReach after;
};

struct ReachabilityChange {
  std::vector<PairChange> pairs;  // those that differ, in path order
  bool is_complete = true;        // false: not every pair was tried, see kPairsMax
};

// What each pair is tried with: "any", "icmp", "tcp/443".
std::vector<std::string> reachability_probes(const Model& before, const Model& after);

ReachabilityChange reachability_change(const Model& before, const Model& after,
                                       const std::vector<ResourceChange>& changes,
                                       const Limits& limits);

}  // namespace isthmus
