// Watches one change of a peering from outside, and names the row of its realm's
// peering_transitions() that it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/model/model.h"
#include "controller/rules/peering_state.h"

namespace isthmus::testing {

class PeeringWatch {
 public:
  // Before the change; `body` is the request's. Watches nothing when `id` is not a peering's.
  PeeringWatch(const Model& before, const ResourceId& id, std::string_view body);

  struct Verdict {
    std::optional<size_t> row;
    std::string broken;  // what the table does not say; empty when all is well
  };
  // After the change was made.
  Verdict judge(const Model& after, PeeringEvent event) const;

 private:
  ResourceId here_;
  ResourceId there_;  // empty: there is no other side
  Side here_before_ = Side::Absent;
  Side there_before_ = Side::Absent;
};

}  // namespace isthmus::testing
