#include "tools/bench/fib/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "tools/bench/fib/machine.h"

namespace isthmus::bench {

Progress::Progress() : terminal_(::isatty(STDERR_FILENO) == 1), start_(wall_seconds()) {}

void Progress::now(const std::string& what) {
  const std::string line = fmt::format("{:5.0f} s  {}", wall_seconds() - start_, what);
  if (terminal_)
    fmt::print(stderr, "\r\033[K{}", line);
  else
    fmt::print(stderr, "{}\n", line);
  std::fflush(stderr);
  open_ = terminal_;
}

void Progress::note(const std::string& what) {
  done();
  fmt::print(stderr, "         {}\n", what);
}

void Progress::done() {
  if (open_) fmt::print(stderr, "\r\033[K");
  open_ = false;
}

}  // namespace isthmus::bench
