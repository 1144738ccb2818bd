// What was measured: figures by name, for each size of each topology.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tools/bench/fib/statistics.h"

namespace isthmus::bench::control_plane {

// Everything that was measured at one size; samples of several builds come together.
struct Sized {
  struct Figure {
    std::string name;
    std::string unit;
    std::vector<double> samples;
    Statistics statistics() const { return bench::statistics(samples); }
  };

  std::string topology;         // "hub" or "mesh"
  size_t size = 0;              // spokes of the hub, or networks of the mesh
  std::vector<Figure> figures;  // in the order in which they were first measured

  void add(const std::string& name, const std::string& unit, double sample);
  const Figure* find(const std::string& name) const;
};

}  // namespace isthmus::bench::control_plane
