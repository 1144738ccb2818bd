// Asks questions (question.h) in a process of its own, since there is no way back from the machines
// to where the server is.
#pragma once

#include "tools/isthmus/lab/question.h"

namespace isthmus::cli {

// Waits until it is done; it does not outlive the caller.
Result<void> ask_apart(Helper& helper, std::span<Question> questions,
                       std::chrono::milliseconds patience);

}  // namespace isthmus::cli
