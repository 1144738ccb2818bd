// What the verbs on a noun do.
#pragma once

#include "tools/isthmus/command_line.h"

namespace isthmus::cli {

Result<void> run_verb(Session& session, const NounCommand& command, const Arguments& arguments);

}  // namespace isthmus::cli
