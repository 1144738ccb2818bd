// Errors of our own API: problem documents (RFC 9457) with our members `code`, `pointer` and
// `remedy`.
#pragma once

#include <string>
#include <vector>

#include "api/control/lab/problem.h"
#include "api/http/message.h"
#include "controller/base/error.h"

namespace isthmus::api::control {

struct Problem {
  int status = 400;
  std::string code;     // a stable identifier; docs/errors.md lists those of the controller
  std::string title;    // what the code means in general; empty: the status in words
  std::string detail;   // what it is about here
  std::string pointer;  // JSON pointer into the request; may be empty
  std::string remedy;   // may be empty
  std::vector<ErrorDetail> details;       // such as who uses a resource
  std::vector<lab::LabProblem> problems;  // of a lab document
};

Problem problem_of(const Error& error);

http::Response answer(const Problem& problem);

// The server's own errors, for paths that are not another dialect's (http::ErrorBody).
http::Response problem_body(const http::ServerError& error);

}  // namespace isthmus::api::control
