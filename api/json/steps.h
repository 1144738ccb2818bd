// The steps of an explanation as JSON: the same wherever one is told.
#pragma once

#include <string_view>
#include <vector>

#include "api/json/json_text.h"
#include "controller/explain/explain.h"

namespace isthmus::api::json {

// A member `name`: the list of steps.
inline void write_steps(JsonText& out, std::string_view name,
                        const std::vector<ExplainStep>& steps) {
  out.key(name).array();
  for (const ExplainStep& step : steps) {
    out.object()
        .text("stage", step.stage)
        .text("verdict", step.verdict)
        .text_unless_empty("resource", step.resource)
        .text_unless_empty("rule", step.rule)
        .text_unless_empty("detail", step.detail)
        .end_object();
  }
  out.end_array();
}

}  // namespace isthmus::api::json
