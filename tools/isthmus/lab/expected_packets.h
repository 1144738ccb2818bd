// What lab documents expect, sent for real between the machines of the lab that is up.
#pragma once

#include <chrono>

#include "tools/isthmus/tasks.h"

namespace isthmus::cli {

// To each of the expectations, as the server tells them, a member "wire" with what became of its
// packet: "result" is reach, drop or not-sent, with "detail" why. Where the wire differs from what
// is expected, "holds" becomes false.
Result<void> send_expected(Session& session, Json& expectations,
                           std::chrono::milliseconds patience);

}  // namespace isthmus::cli
