// The regions of the cloud: names of Azure's, so that scripts written for it find theirs. A
// location is a label here; two different ones make a peering a global one.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "controller/base/error.h"
#include "controller/model/kind.h"

namespace isthmus::api::arm {

struct Region {
  std::string_view name;       // "westeurope", as resources have it
  std::string_view title;      // "West Europe", as providers list it
  std::string_view continent;  // as "(Europe) West Europe" has it
  std::string_view geography;
  std::string_view pair;  // the name of another region
};

std::span<const Region> regions();

// The error for what is to be created in a location that is none of them. `location` is written as
// a region's name; the target of the error is the caller's.
Result<void> check_region(Kind kind, std::string_view location, std::string target);

}  // namespace isthmus::api::arm
