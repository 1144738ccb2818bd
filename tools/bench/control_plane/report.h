// What a run came to, for people and for programs.
#pragma once

#include <span>
#include <string>

#include "tools/bench/control_plane/figures.h"

namespace isthmus::bench::control_plane {

// A table for each topology: a row for each figure, a column for each size, and what a size takes
// over the one before it.
std::string report(std::span<const Sized> results);
// An array with an object for each size.
std::string to_json(std::span<const Sized> results);

}  // namespace isthmus::bench::control_plane
