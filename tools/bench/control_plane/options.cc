#include "tools/bench/control_plane/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "tools/bench/control_plane/topology.h"

namespace isthmus::bench::control_plane {
namespace {

constexpr const char* kAbout =
    R"(Measures the controller: how long a hub and its spokes take from nothing until every peering is
Connected, what one change more costs then, reading, memory, and a start after kill -9. It starts an
isthmusd of its own and speaks HTTP to it; every change is durable (synchronous=FULL).)";

constexpr const char* kExamples = R"(
Examples:
  isthmus-control-plane-bench --quick               100 and 1,000 spokes, once each
  isthmus-control-plane-bench --json sizes.json     100, 1,000 and 10,000 spokes, three times each
  isthmus-control-plane-bench --spokes 500 --mesh 0 one size, no mesh
)";

Instead complaint(const std::string& why) {
  return {2, fmt::format("isthmus-control-plane-bench: {}\n  --help tells what is known\n", why)};
}

}  // namespace

Instead parse_options(const std::vector<std::string>& words, Options& options) {
  CLI::App app{kAbout, "isthmus-control-plane-bench"};
  app.footer(kExamples);
  bool quick = false;
  app.add_option("--spokes", options.spokes, "spokes of the hub, a size after the other")
      ->type_name("N...")
      ->check(CLI::Range(size_t{2}, kSpokesMax))
      ->default_str("100 1000 10000");
  app.add_option("--mesh", options.mesh, "networks that are each the peer of each; 0 for no mesh")
      ->type_name("N")
      ->check(CLI::Range(size_t{0}, kMeshMax))
      ->capture_default_str();
  app.add_option("--builds", options.builds, "how often each size is made from nothing")
      ->type_name("N")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  app.add_option("--changes", options.changes, "changes of each kind, in each build")
      ->type_name("N")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  app.add_flag("--quick", quick, "100 and 1,000 spokes and a mesh of 30, once each");
  app.add_option("--daemon", options.daemon, "isthmusd; the one beside this program otherwise")
      ->type_name("FILE");
  app.add_option("--directory", options.directory,
                 "where state files are made for the run: the disk that is measured")
      ->type_name("FOLDER")
      ->check(CLI::ExistingDirectory);
  app.add_option("--json", options.json, "results as JSON; - is the standard output")
      ->type_name("FILE");
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // as CLI11 wants them
  } catch (const CLI::CallForHelp&) {
    return {0, app.help()};
  } catch (const CLI::ParseError& error) {
    return complaint(error.what());
  }
  if (quick && app.count("--spokes") == 0) options.spokes = {100, 1'000};
  if (quick && app.count("--mesh") == 0) options.mesh = 30;
  if (quick && app.count("--builds") == 0) options.builds = 1;
  if (options.daemon.empty()) {
    std::error_code ignored;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
    options.daemon = (self.parent_path() / "isthmusd").string();
  }
  if (!std::filesystem::is_regular_file(options.daemon))
    return complaint(fmt::format("there is no {}: build it, or give --daemon", options.daemon));
  return {};
}

}  // namespace isthmus::bench::control_plane
