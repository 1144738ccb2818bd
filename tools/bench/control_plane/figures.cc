#include "tools/bench/control_plane/figures.h"

#include <algorithm>

namespace isthmus::bench::control_plane {

void Sized::add(const std::string& name, const std::string& unit, double sample) {
  if (find(name) == nullptr) figures.push_back({name, unit, {}});
  std::find_if(figures.begin(), figures.end(), [&](const Figure& f) {
    return f.name == name;
  })->samples.push_back(sample);
}

const Sized::Figure* Sized::find(const std::string& name) const {
  const auto found = std::find_if(figures.begin(), figures.end(),
                                  [&](const Figure& figure) { return figure.name == name; });
  return found == figures.end() ? nullptr : &*found;
}

}  // namespace isthmus::bench::control_plane
