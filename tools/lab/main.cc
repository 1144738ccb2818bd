// isthmus-lab WIRES [READY]: the helper of a lab; `isthmus lab up` starts it.
#include <charconv>
#include <cstdio>
#include <exception>
#include <string_view>

#include "tools/lab/helper.h"

int main(int count, char** words) {
  isthmus::lab::HelperOptions options;
  if (count < 2 || count > 3 || std::string_view(words[1]).starts_with('-')) {
    std::fputs(
        "usage: isthmus-lab WIRES [READY]\n"
        "Holds the machines of a lab; isthmus lab up starts it. WIRES is the socket of\n"
        "isthmusd --wires, READY a descriptor that is told when the helper is there.\n",
        stderr);
    return 2;
  }
  options.wires = words[1];
  if (count == 3) {
    const std::string_view ready = words[2];
    std::from_chars(ready.data(), ready.data() + ready.size(), options.ready);
  }
  try {
    return isthmus::lab::run_helper(options);
  } catch (const std::exception& error) {  // out of memory
    std::fprintf(stderr, "isthmus-lab: %s\n", error.what());
    return 1;
  }
}
