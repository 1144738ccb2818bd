// What a path is answered that names a type of resource which is not here: a typo, or one of the
// many that Azure has beside these. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "api/http/message.h"

namespace isthmus::api::arm {

// NoRegisteredProviderFound or InvalidResourceType; nothing where the path names no type, or one
// that is here. `segments` are those of the path, without empty ones.
std::optional<http::Response> unknown_type(const http::Request& request,
                                           std::span<const std::string> segments);

}  // namespace isthmus::api::arm
