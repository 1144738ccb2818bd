// The program: parses, calls, prints, and says how it went.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tools/isthmus/http_client.h"

namespace isthmus::cli {

struct Environment {
  std::ostream& out;  // data
  std::ostream& err;  // everything else
  bool terminal;      // whether `out` is one
  std::function<std::unique_ptr<Transport>(const ServerAddress&)> connect;
};

// The exit status; `words` without the program's name.
int run(const std::vector<std::string>& words, const Environment& environment);

}  // namespace isthmus::cli
