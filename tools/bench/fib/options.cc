#include "tools/bench/fib/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "dataplane/fib/cpu_path.h"
#include "tools/bench/fib/contender.h"

namespace isthmus::bench {
namespace {

constexpr const char* kAbout =
    R"(Measures longest-prefix match: the product's forwarding tables beside others, in one run.
Every table is checked against an oracle before it is measured.)";

constexpr const char* kExamples = R"(
Examples:
  isthmus bench fib --quick                      everything, in under a minute
  isthmus bench fib --only ipv4/zipf --json -    one workload
  isthmus bench fib --only 'networks/*'          the tables of 1,000 virtual networks
  isthmus bench fib --table routes.txt           a table of yours: PREFIX [NEXT-HOP] a line, .gz or not
  isthmus bench fib --from-server branches       the route table "branches" of a running isthmusd
  isthmus bench fib --soak                       no measurement: answers and memory after 10,000,000 updates
)";

std::string known_workloads() {
  std::string text;
  for (const Workload& workload : workloads())
    text += fmt::format("  {:<22} {}\n", workload.name, workload.help);
  return text;
}

std::string known_paths() {
  std::string text;
  for (const dataplane::CpuPath path : dataplane::cpu_paths())
    text += (text.empty() ? "" : ", ") + std::string(to_string(path));
  return text;
}

std::string known_options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_lnames().empty()) text += " --" + option->get_lnames().front();
  return text;
}

Instead complaint(const std::string& why, const std::string& remedy) {
  return {2, fmt::format("isthmus-bench: {}\n  {}\n", why, remedy)};
}

// What the library of options cannot judge by itself.
Instead judge(const CLI::App& app, Options& options, const std::vector<std::string>& only,
              const std::string& path) {
  if (const auto unknown = app.remaining(); !unknown.empty()) {
    return complaint(fmt::format("no option {}", unknown.front()),
                     "it knows" + known_options(app) + "; --help tells more");
  }
  options.chosen = chosen(only);
  if (options.chosen.empty()) {
    return complaint(fmt::format("no workload is named by --only {}", fmt::join(only, " ")),
                     "there are:\n" + known_workloads());
  }
  if (!path.empty()) {
    const auto paths = dataplane::cpu_paths();
    const bool known = std::any_of(paths.begin(), paths.end(), [&](dataplane::CpuPath each) {
      return path == to_string(each);
    });
    if (!known)
      return complaint(fmt::format("this processor does not run --cpu {}", path),
                       "it runs: " + known_paths());
    ::setenv("ISTHMUS_CPU", path.c_str(), 1);  // read at the first lookup
  }
  return {};
}

}  // namespace

Instead parse_options(const std::vector<std::string>& words, Options& options) {
  CLI::App app{kAbout, "isthmus bench fib"};
  app.footer(kExamples);
  app.allow_extras();
  std::vector<std::string> only;
  std::string path;
  app.add_option("--table", options.table,
                 "a file of routes instead of the built-in full table; - is the standard input")
      ->type_name("FILE");
  app.add_option("--next-hops", options.next_hops, "distinct next hops, where a table has none")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 24))
      ->capture_default_str();
  app.add_option("--networks", options.networks, "virtual networks of networks/...")
      ->type_name("N")
      ->check(CLI::Range(2, 2500))
      ->capture_default_str();
  app.add_option("--burst", options.burst, "packets looked up by one call")
      ->type_name("N")
      ->check(CLI::Range(size_t{2}, kBurstMax))
      ->capture_default_str();
  app.add_option("--only", only, "workloads: a part of the name, or a pattern such as 'ipv4/*'")
      ->type_name("PATTERN...");
  app.add_flag("--quick", options.quick, "fewer packets and repetitions; under a minute in all");
  app.add_flag("--list", options.list, "say which workloads and contenders there are");
  app.add_option("--cpu", path, "which build of our lookup loops: scalar, avx2 or avx512")
      ->type_name("PATH");
  app.add_option("--pin", options.pin, "the CPU to measure on (the last one)")->type_name("CPU");
  app.add_option("--soak", options.soak,
                 "no measurement: N random updates of every layout of ours, then every boundary")
      ->type_name("N")
      ->expected(0, 1)
      ->default_str("10000000");
  app.add_option("--soak-ipv6", options.soak_ipv6, "share of those updates that are of IPv6")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  app.add_option("--soak-seed", options.soak_seed, "what those updates follow from")
      ->type_name("SEED")
      ->capture_default_str();
  app.add_option("--json", options.json, "results as JSON; - is the standard output")
      ->type_name("FILE");
  app.add_option("--plot", options.plot, "a chart of the lookups, drawn by gnuplot")
      ->type_name("FILE.svg");
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // as CLI11 wants them
  } catch (const CLI::CallForHelp&) {
    return {0, app.help()};
  } catch (const CLI::ParseError& error) {
    return complaint(error.what(), "isthmus bench fib --help tells what is known");
  }
  return judge(app, options, only, path);
}

}  // namespace isthmus::bench
