// Golden cases: stories that are played against the whole controller, and written down again with
// what really happened. A story holds when both texts are equal. The language: README.md here.
#pragma once

#include <string>
#include <string_view>

#include "tests/cases/stage.h"

namespace isthmus::testing {

struct Played {
  std::string text;  // the story with the answers that came
  Findings findings;
};

Played play(std::string_view story);

// The same for a document: each ```http block that begins with a method is a request, each one that
// begins with HTTP/1.1 is the answer to the request before it. "<!-- with OPTION NUMBER -->" goes
// on with a fresh controller that has the option, "<!-- later MILLISECONDS -->" lets time pass.
Played play_document(std::string_view markdown);

}  // namespace isthmus::testing
