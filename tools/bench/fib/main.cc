// isthmus-bench: what `isthmus bench fib` runs.

#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>

#include "tools/bench/fib/json.h"
#include "tools/bench/fib/machine.h"
#include "tools/bench/fib/options.h"
#include "tools/bench/fib/plot.h"
#include "tools/bench/fib/progress.h"
#include "tools/bench/fib/report.h"
#include "tools/bench/fib/session.h"
#include "tools/bench/fib/soak.h"

namespace {

using namespace isthmus::bench;

void print_list() {
  fmt::print("Workloads:\n");
  for (const Workload& workload : workloads())
    fmt::print("  {:<22} {}\n", workload.name, workload.help);
  constexpr std::pair<const char*, Shape> kShapes[] = {
      {"ipv4", Shape::OneIpv4}, {"ipv6", Shape::OneIpv6}, {"networks", Shape::ManyIpv4}};
  for (const auto& [name, shape] : kShapes) {
    fmt::print("Contenders of {}:\n", name);
    for (const ContenderRow& row : contenders(shape))
      fmt::print("  {:<22} {}\n", row.name,
                 row.role == Role::Ours   ? "ours"
                 : row.role == Role::Peer ? "peer"
                                          : "naive");
  }
  if (dpdk_version().empty())
    fmt::print(
        "DPDK's tables are not there: install libdpdk-dev (tools/dev setup bench) and build "
        "again.\n");
}

// Before anything is measured for minutes.
bool writable(const std::string& file) {
  if (file.empty() || file == "-" || std::ofstream(file, std::ios::app)) return true;
  fmt::print(stderr, "isthmus-bench: cannot write {}\n", file);
  return false;
}

int run_and_tell(const Options& options) {
  if (!writable(options.json) || !writable(options.plot)) return 2;
  Progress progress;
  progress.now("getting to know the machine");
  const Machine machine = describe_machine();
  const std::vector<Result> results = run(options, progress);
  progress.done();
  // With --json -, standard output is for programs.
  std::FILE* people = options.json == "-" ? stderr : stdout;
  fmt::print(people, "{}{}", describe(machine, options), report(results));
  if (options.json == "-")
    fmt::print("{}", to_json(results, machine, options));
  else if (!options.json.empty())
    std::ofstream(options.json) << to_json(results, machine, options);
  if (options.plot.empty()) return 0;
  const std::string why = plot(results, options.plot);
  if (!why.empty()) fmt::print(stderr, "isthmus-bench: {}\n", why);
  return why.empty() ? 0 : 1;
}

int soak_and_tell(const Options& options) {
  Progress progress;
  const SoakPlan plan{options.soak, options.soak_ipv6 / 100, options.soak_seed};
  const TableText tables = read_tables(options, progress);
  progress.done();
  fmt::print("{}", soak_heading(plan));
  const bool passed = soak(plan, tables, progress, [&](const SoakRow& row) {
    progress.done();
    fmt::print("{}", soak_line(row));
    std::fflush(stdout);
  });
  return passed ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  const Instead instead = parse_options({words + 1, words + count}, options);
  if (!instead.text.empty()) {
    fmt::print(instead.status == 0 ? stdout : stderr, "{}", instead.text);
    return instead.status;
  }
  if (options.list) {
    print_list();
    return 0;
  }
  try {
    return options.soak > 0 ? soak_and_tell(options) : run_and_tell(options);
  } catch (const std::exception& error) {  // a file that cannot be read, or a wrong answer
    fmt::print(stderr, "\nisthmus-bench: {}\n", error.what());
    return 1;
  }
}
