// How often a controller has changed.
#pragma once

#include <cstdint>

namespace isthmus {

using Revision = uint64_t;  // counts changes, from 1; 0 is a controller that never changed

}  // namespace isthmus
