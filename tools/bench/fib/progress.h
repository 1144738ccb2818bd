// Says on standard error what is being done, so that nobody waits in the dark.
#pragma once

#include <string>

namespace isthmus::bench {

class Progress {
 public:
  Progress();
  // What begins now; replaces the line before on a terminal.
  void now(const std::string& what);
  // A line that stays.
  void note(const std::string& what);
  void done();

 private:
  bool terminal_;
  bool open_ = false;  // a line that the next one replaces
  double start_;
};

}  // namespace isthmus::bench
