// isthmus-control-plane-bench: what changes of the controller cost, and whether that grows.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>

#include "tools/bench/control_plane/interrupt.h"
#include "tools/bench/control_plane/measure.h"
#include "tools/bench/control_plane/options.h"
#include "tools/bench/control_plane/report.h"
#include "tools/bench/control_plane/seconds.h"

namespace {

using namespace isthmus::bench::control_plane;

// Before anything is measured for minutes.
bool writable(const std::string& file) {
  if (file.empty() || file == "-" || std::ofstream(file, std::ios::app)) return true;
  fmt::print(stderr, "isthmus-control-plane-bench: cannot write {}\n", file);
  return false;
}

void run_and_tell(const Options& options) {
  const Stopwatch watch;
  const Tell tell = [&watch](const std::string& what) {
    fmt::print(stderr, "{:5.0f} s  {}\n", watch.seconds(), what);
  };
  std::vector<Sized> results;
  for (const size_t spokes : options.spokes) results.push_back(measure_hub(spokes, options, tell));
  if (options.mesh > 0) results.push_back(measure_mesh(options.mesh, options, tell));
  // With --json -, standard output is for programs.
  fmt::print(options.json == "-" ? stderr : stdout, "{}", report(results));
  if (options.json == "-")
    fmt::print("{}", to_json(results));
  else if (!options.json.empty())
    std::ofstream(options.json) << to_json(results);
}

}  // namespace

int main(int count, char** words) {
  Options options;
  const Instead instead = parse_options({words + 1, words + count}, options);
  if (!instead.text.empty()) {
    fmt::print(instead.status == 0 ? stdout : stderr, "{}", instead.text);
    return instead.status;
  }
  if (!writable(options.json)) return 2;
  note_interrupts();
  try {
    run_and_tell(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "isthmus-control-plane-bench: {}\n", error.what());
    return 1;
  }
}
