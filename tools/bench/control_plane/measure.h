// The measurements.
#pragma once

#include <functional>
#include <string>

#include "tools/bench/control_plane/figures.h"
#include "tools/bench/control_plane/options.h"

namespace isthmus::bench::control_plane {

using Tell = std::function<void(const std::string&)>;  // what begins now

// A hub with so many spokes, each network with a subnet and two interfaces: from nothing until all
// is Connected; then reading, memory, a start after kill -9, and one change more. Throws
// std::runtime_error where something is not as it should be, a lost change above all.
Sized measure_hub(size_t spokes, const Options& options, const Tell& tell);

// So many networks, each the peer of each.
Sized measure_mesh(size_t networks, const Options& options, const Tell& tell);

}  // namespace isthmus::bench::control_plane
