// JSON as golden files write it.
#pragma once

#include <string>
#include <string_view>

namespace isthmus::testing {

// A body in the short form of README.md to the one that is sent; other text stays as it is.
std::string expand_body(std::string_view body, std::string_view resource_name);

// The value at a JSON pointer, compact; "absent" where there is none.
std::string value_at(std::string_view json, std::string_view pointer);
std::string text_at(std::string_view json, std::string_view pointer);  // a string without quotes

std::string pretty(std::string_view json);

// Does the answer have every member of the example, with an equal value? Lists must be equally
// long. Values that each controller chooses (etag, instanceId, virtualSubnetId) are not compared.
bool is_like(std::string_view answer, std::string_view example);

}  // namespace isthmus::testing
