// What is wrong with a lab document, and where.
#pragma once

#include <string>

namespace isthmus::api::lab {

struct LabProblem {
  int line = 0;         // from 1
  int column = 0;       // from 1
  std::string pointer;  // a JSON pointer into the document: "/networks/hub/prefixes/0"
  std::string message;  // one sentence
  friend bool operator==(const LabProblem&, const LabProblem&) = default;
};

}  // namespace isthmus::api::lab
