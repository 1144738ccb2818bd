// The mark of an answer that a fault made, or held up.
#pragma once

#include <string>
#include <string_view>

#include "api/http/message.h"

namespace isthmus::api::front {

constexpr std::string_view kFaultHeader = "x-isthmus-fault";  // its value is a fault's name

// The names of the faults, separated by commas; empty for an answer that is as it came.
inline std::string injected_into(const http::Response& response) {
  std::string names;
  for (const http::Header& field : response.headers) {
    if (field.name != kFaultHeader) continue;
    names.append(names.empty() ? "" : ",").append(field.value);
  }
  return names;
}

}  // namespace isthmus::api::front
