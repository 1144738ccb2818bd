// What Azure calls an operation in its messages: "PutSubnetOperation". Pure.
#pragma once

#include <string>

#include "api/http/message.h"
#include "controller/model/kind.h"

namespace isthmus::api::arm {

std::string operation_name(http::Method method, Kind kind);

}  // namespace isthmus::api::arm
