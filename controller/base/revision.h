// How often a controller has changed, and when.
#pragma once

#include <compare>
#include <cstdint>

namespace isthmus {

using Revision = uint64_t;  // counts changes, from 1; 0 is a controller that never changed

// When something happened: in which change, and what the controller's clock said. Of two stamps the
// one of the later change is the greater one, wherever the clock went meanwhile.
struct Stamp {
  Revision revision = 0;
  int64_t time_ms = 0;  // since the Unix epoch
  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

}  // namespace isthmus
