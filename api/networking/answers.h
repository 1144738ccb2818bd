// Answers of the dialect that are not resources: errors, discovery, operations. Pure.
#pragma once

#include <string>
#include <string_view>

#include "api/config/config.h"
#include "api/http/message.h"
#include "controller/base/error.h"

namespace isthmus::api::networking {

http::Response json_answer(int status, std::string body);

// {"error":{"code","message","target","details"}}, with the status of the code.
http::Response error_answer(const Error& error);

http::Response discovery_answer();

// For whoever asks for a result that is not kept, or never was.
Error no_result(std::string_view operation);

// 202, and where to ask what became of the operation. `origin` is the request's; without one
// the links are paths.
http::Response accepted(std::string_view origin, std::string_view version,
                        std::string_view operation);

// The header alone, for an answer that does not make the client wait.
http::Header operation_header(std::string_view origin, std::string_view version,
                              std::string_view operation);

// {"value":[],"nextLink":""}, or without the value.
http::Response empty_collection(config::EmptyCollection shape);

// A link to this server as the client reached it.
std::string link(std::string_view origin, std::string_view path);

}  // namespace isthmus::api::networking
