// Text to a RapidJSON document, behind guards: what is refused here never becomes a tree.
//
// RapidJSON 1.1 with its default flags recurses per nesting level and dies on 100,000 '['; here the
// parser is iterative and the depth is bounded while parsing, so that everything which later walks
// the tree may recurse. Only codecs and .cc files include this header: RapidJSON is heavy.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <rapidjson/document.h>
#include <tl/expected.hpp>

#include "api/json/limits.h"

namespace isthmus::api::json {

struct JsonProblem {
  std::string message;  // one sentence that ends with "at line 3, column 7 (byte 41)"
  size_t offset = 0;    // in bytes from the start of the text, BOM included
  friend bool operator==(const JsonProblem&, const JsonProblem&) = default;
};

// One JSON value (RFC 8259), UTF-8, one leading byte order mark allowed. Refused as well: a NUL
// byte anywhere, names of one object that are equal without case (ASCII; the API ignores the case
// of names, so both would mean the same member), and numbers that no int64, uint64 or double can
// hold.
tl::expected<rapidjson::Document, JsonProblem> parse_json(std::string_view text,
                                                          const Limits& limits = {});

}  // namespace isthmus::api::json
