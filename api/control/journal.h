// Entries of the journal as JSON.
#pragma once

#include <string>

#include "controller/store/store.h"

namespace isthmus::api::control {

// {"revision":7,"time":"...","who":"127.0.0.1","changes":[{"change":"created","resource":"/..."}]}
std::string entry_json(const JournalEntry& entry);

}  // namespace isthmus::api::control
