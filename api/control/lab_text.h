// A lab document as the body of a request, and what is wrong with one in the words of its lines.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "api/control/lab/document.h"
#include "api/control/problem.h"
#include "api/http/message.h"
#include "controller/rules/change.h"

namespace isthmus::api::control {

constexpr std::string_view kYaml = "application/yaml";  // RFC 9512

// YAML or JSON, as the request says.
tl::expected<lab::LabDocument, Problem> read_document(const http::Request& request,
                                                      const std::string& subscription);

// An error whose target is a place of the document, or below one: the problem names its line.
Problem problem_in(const lab::LabDocument& document, const Error& error);

// What a document would make of a model. Nothing is deleted that the document does not have.
tl::expected<Applied, Problem> rehearse_document(const http::Request& request,
                                                 const std::string& subscription,
                                                 const Model& model, const Limits& limits,
                                                 int64_t now_ms);

}  // namespace isthmus::api::control
