// So many packets with so many bytes of frames.
#pragma once

#include <cstdint>

namespace isthmus::dataplane {

struct Traffic {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

}  // namespace isthmus::dataplane
