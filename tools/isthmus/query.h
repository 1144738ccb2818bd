// JMESPath by the program `jp` of the Debian package of that name, run as a child process.
#pragma once

#include <string>

#include "tools/isthmus/api.h"

namespace isthmus::cli {

// The JSON that the expression makes of the input.
Result<std::string> run_query(const std::string& expression, const std::string& json);

}  // namespace isthmus::cli
