// Faults as JSON: what a client may say of one, and what it is told.
#pragma once

#include <string_view>

#include "api/front/fault_table.h"
#include "api/json/json_text.h"

namespace isthmus::api::front {

struct WhenName {
  Fault::When when;
  std::string_view name;
};
inline constexpr WhenName kWhenNames[] = {{Fault::When::Before, "before"},
                                          {Fault::When::After, "after"},
                                          {Fault::When::Operation, "operation"}};

// Every member that there is no meaning for is refused, so that a misspelt "rate" never becomes a
// fault that always hits. `name` is that of the path; empty: the body may say one, or none.
Result<Fault> read_fault(std::string_view body, std::string_view name);

void write_fault(json::JsonText& out, const FaultState& state);

}  // namespace isthmus::api::front
