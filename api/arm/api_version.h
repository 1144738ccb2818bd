// What the query parameter api-version may be. Clients of every age are served alike, so every
// date is taken; what is no date is a mistake of the client, and is told so.
#pragma once

#include <optional>
#include <string_view>

#include "api/http/message.h"

namespace isthmus::api::arm {

constexpr std::string_view kApiVersion = "api-version";

// "2022-01-01" or "2022-01-01-preview": a day that there is.
bool is_api_version(std::string_view text);

// The answer to a request without a good one; nothing where it has one.
std::optional<http::Response> without_version(const http::Request& request);

// The same where old clients send another version than a date, too.
std::optional<http::Response> without_version(const http::Request& request,
                                              std::string_view also_allowed);

}  // namespace isthmus::api::arm
