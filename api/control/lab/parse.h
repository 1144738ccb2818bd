// The text of a lab document to its value, strictly: what is not understood is refused, with its
// line and what was probably meant.
#pragma once

#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "api/control/lab/document.h"
#include "api/control/lab/problem.h"

namespace isthmus::api::lab {

enum class LabFormat : uint8_t { Yaml, Json };

constexpr size_t kLabProblemsMax = 20;  // a document is rarely wrong in more than a few ways

// Every problem that was found, in the order of the text; the first ones of very many.
tl::expected<LabDocument, std::vector<LabProblem>> parse_lab(std::string_view text,
                                                             LabFormat format);

}  // namespace isthmus::api::lab
