// Ctrl-C as something to wait for: a command that goes on until it is interrupted ends then as it
// would at its end.
#pragma once

#include <chrono>
#include <csignal>

#include "dataplane/io/file.h"

namespace isthmus::cli {

// While it lives, SIGINT and SIGTERM do not end the process. One at a time.
class Interrupt {
 public:
  Interrupt();  // throws std::system_error where the system has no descriptor left
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  int descriptor() const { return descriptor_.get(); }  // readable once it has come
  bool comes_within(std::chrono::milliseconds time) const;

 private:
  sigset_t before_;
  dataplane::io::File descriptor_;
};

}  // namespace isthmus::cli
