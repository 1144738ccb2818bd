// The regions of the cloud: names of Azure's, so that scripts written for it find theirs. A
// location is a label here; two different ones make a peering a global one.
#pragma once

#include <span>
#include <string_view>

namespace isthmus::api::arm {

struct Region {
  std::string_view name;       // "westeurope", as resources have it
  std::string_view title;      // "West Europe", as providers list it
  std::string_view continent;  // as "(Europe) West Europe" has it
  std::string_view geography;
  std::string_view pair;  // the name of another region
};

std::span<const Region> regions();

}  // namespace isthmus::api::arm
