// Prints docs/errors.md from the one list of errors; `tools/dev golden` stores what it prints.
#include <iostream>

#include "controller/base/error.h"

namespace {

constexpr const char* kHead = R"(# Errors

Generated from `controller/base/error.h` by `tools/dev golden`. An error answer carries the code, the place in the
request that it is about, one sentence with the offending value and, where there is one, what to do about it.

| code | status | meaning |
|---|---|---|
)";

}  // namespace

int main() {
  std::cout << kHead;
  for (const isthmus::ErrorInfo& error : isthmus::all_errors())
    std::cout << "| `" << error.name << "` | " << error.status << " | " << error.meaning << " |\n";
}
