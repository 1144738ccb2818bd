// The program: parses, calls, prints, and says how it went.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tools/isthmus/client_tls.h"
#include "tools/isthmus/http_client.h"

namespace isthmus::cli {

struct Environment {
  std::ostream& out;  // data
  std::ostream& err;  // everything else
  bool terminal;      // whether `out` is one
  // The error is one sentence on a setting that cannot be used.
  std::function<tl::expected<std::unique_ptr<Transport>, std::string>(const ServerAddress&,
                                                                      const TlsSettings&)>
      connect;
};

// The exit status; `words` without the program's name.
int run(const std::vector<std::string>& words, const Environment& environment);

}  // namespace isthmus::cli
