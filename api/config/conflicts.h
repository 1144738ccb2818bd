// What no single option can judge: which of them do not go together. Private to api/config.
#pragma once

#include <string>

#include "api/config/config.h"

namespace isthmus::api::config {

// Why the daemon does not start with these settings, and what to do; empty: it does.
std::string conflict(const Loaded& loaded);

}  // namespace isthmus::api::config
