// The time that something takes.
#pragma once

#include <chrono>

namespace isthmus::bench::control_plane {

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace isthmus::bench::control_plane
