// The command line.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace isthmus::bench::control_plane {

struct Options {
  std::vector<size_t> spokes = {100, 1'000, 10'000};  // a hub with as many, one after the other
  size_t mesh = 100;      // networks that are each the peer of each; 0: no mesh
  size_t builds = 3;      // how often each of them is made from nothing
  size_t changes = 60;    // of each kind, in each build
  std::string daemon;     // isthmusd; empty for the one beside this program
  std::string json;       // a file, or "-"; empty for none
  std::string directory;  // where state files are made; empty for the folder of temporary files
};

// What to do instead of running: text for standard output (status 0), or a complaint for standard
// error (status 2).
struct Instead {
  int status = 0;
  std::string text;
};

// `words` without the program's name. Where Instead has a text, the options are of no use.
Instead parse_options(const std::vector<std::string>& words, Options& options);

}  // namespace isthmus::bench::control_plane
