// Answers of this dialect that are no resources. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/arm/arm_error.h"
#include "api/http/message.h"
#include "controller/base/error.h"

namespace isthmus::api::arm {

http::Response json_answer(int status, std::string body);

// This server as the client reached it: "https://127.0.0.1:8181".
std::string origin(const http::Request& request);

// {"error":{"code","message","details":[]}}, with "target" where there is one.
http::Response error_answer(int status, std::string_view code, std::string_view message,
                            std::string_view target = {},
                            const std::vector<ErrorDetail>& details = {});
http::Response error_answer(ArmErrorCode code, std::string_view message);

}  // namespace isthmus::api::arm
