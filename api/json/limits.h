// The bounds of a JSON document, each with its own answer.
#pragma once

#include <cstddef>

namespace isthmus::api::json {

struct Limits {
  size_t depth = 64;                // nested arrays and objects
  size_t members = 20'000;          // object members and array elements of the whole document
  size_t string_bytes = 64 * 1024;  // of one string or member name, after unescaping
};

}  // namespace isthmus::api::json
