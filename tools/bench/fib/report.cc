#include "tools/bench/fib/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace isthmus::bench {
namespace {

constexpr double kMegabyte = 1e6;

// Three digits that count, in the unit that suits.
std::string number(double value) {
  const int decimals = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return fmt::format("{:.{}f}", value, decimals);
}

// A time given in ns, in the unit of its column.
struct Unit {
  const char* name;
  double ns;
};
Unit unit_of(const Result& result) {
  return result.what == "build" ? Unit{"ms", 1e6} : Unit{"ns", 1};
}

std::string millions(const Row& row) { return number(1e3 / row.ns.median); }

std::string relation(const Result& result, const Row& row) {
  if (row.wrong > 0) return fmt::format("{} wrong answers", grouped(row.wrong));
  if (row.refused > 0) return fmt::format("refused {} routes", grouped(row.refused));
  if (!row.apart.empty()) return row.apart;
  const Row* best = result.best_peer();
  if (!result.compares || best == nullptr) return "";
  if (best == &row) return "best peer";
  return fmt::format("{:.2f}x", best->ns.median / row.ns.median);
}

// "p99_ns" -> "p99 1,234 ns"
std::string further(const std::string& name, double value) {
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  const bool whole = value >= 100 || value == std::floor(value);
  return fmt::format("{} {}", words,
                     whole ? grouped(static_cast<size_t>(value)) : fmt::format("{:.3f}", value));
}

std::string line(const Result& result, const Row& row) {
  const Unit unit = unit_of(result);
  const auto time = [&](double ns) { return number(ns / unit.ns); };
  std::string text = fmt::format(
      "  {:<22} {:>8} {:>8} {:>8} {:>8} {:>9.2f} {:>8}  {}", row.contender, time(row.ns.median),
      time(row.ns.min), time(row.ns.p90), result.what == "build" ? "" : millions(row),
      static_cast<double>(row.bytes) / kMegabyte,
      number(static_cast<double>(row.bytes) / static_cast<double>(std::max<size_t>(row.routes, 1))),
      relation(result, row));
  text.erase(text.find_last_not_of(' ') + 1);
  text += "\n";
  for (const auto& [name, value] : row.more)
    text += fmt::format("      {}\n", further(name, value));
  return text;
}

std::string block(const Result& result) {
  const Unit unit = unit_of(result);
  std::string text =
      fmt::format("\n  {:<22} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8}  {}\n", result.name,
                  fmt::format("{}/{}", unit.name, result.what), "min", "p90",
                  result.what == "build" ? "" : "M/s", "MB", "B/route", "against the best peer");
  for (const Row& row : result.rows) text += line(result, row);
  if (result.rows.empty()) text += "  nothing could be measured\n";
  for (const std::string& why : result.left_out)
    if (why.starts_with("all: ")) text += "  " + why.substr(5) + "\n";
  if (result.noisy) {
    text += fmt::format("  noisy: p90 is more than 1.15 times the minimum{}\n",
                        result.runs > 1 ? fmt::format(", in each of {} runs", result.runs) : "");
  }
  return text;
}

std::string summary(const Result& result) {
  const Row* mine = result.ours();
  const Row* best = result.best_peer();
  const auto ratio = result.ratio();
  if (mine == nullptr || best == nullptr || !ratio) return "";
  const Unit unit = unit_of(result);
  return fmt::format("  {:<22} {:>9} {} {:<12} {:>9} {} {:<22} {:>6.2f}x{}\n", result.name,
                     number(mine->ns.median / unit.ns), unit.name, mine->contender,
                     number(best->ns.median / unit.ns), unit.name, best->contender, *ratio,
                     result.noisy ? "  noisy" : "");
}

std::string cache(size_t bytes) {
  if (bytes == 0) return "?";
  return bytes >= 1 << 20 ? fmt::format("{} MB", bytes >> 20) : fmt::format("{} KB", bytes >> 10);
}

// What lookups are made of: "random loads of 64-byte lines, ns each, ..."
std::string loads(std::span<const LoadCost> costs) {
  std::string sizes, independent, dependent;
  for (const LoadCost& cost : costs) {
    sizes += fmt::format("{:>8}", cache(cost.bytes));
    independent += fmt::format("{:>8}", number(cost.independent_ns));
    dependent += fmt::format("{:>8}", number(cost.dependent_ns));
  }
  if (costs.empty()) return "";
  return fmt::format(
      "a random load, ns, in      {}\n  with others under way    {}\n  after the one before     "
      "{}\n",
      sizes, independent, dependent);
}

}  // namespace

std::string describe(const Machine& machine, const Options& options) {
  std::string text = fmt::format(
      "{}, {} CPUs, {:.2f} GHz measured, data caches {} / {} / {}\n{}, {}; our loops: {}; {}\n",
      machine.processor, machine.cpus, machine.clock_ghz, cache(machine.l1_bytes),
      cache(machine.l2_bytes), cache(machine.l3_bytes), machine.compiler, machine.flags,
      machine.cpu_path,
      machine.dpdk.empty() ? "built without DPDK (tools/dev setup bench)" : machine.dpdk);
  text += loads(machine.loads);
  text += fmt::format("bursts of {}, thread CPU time{}\n", options.burst,
                      options.quick ? "; quick: fewer packets and repetitions, figures to look at "
                                      "and not to quote"
                                    : "");
  return text;
}

std::string report(std::span<const Result> results) {
  std::string text;
  std::string summaries;
  const std::string* table = nullptr;
  for (const Result& result : results) {
    if (table == nullptr || *table != result.table) {
      table = &result.table;
      text += fmt::format("\n{}\n{}\n", result.table, std::string(result.table.size(), '='));
      for (const std::string& why : result.left_out)
        if (!why.starts_with("all: ")) text += "  left out: " + why + "\n";
    }
    text += block(result);
    summaries += summary(result);
  }
  if (!summaries.empty())
    text += "\nOurs against the best peer whose answers are right\n" + summaries;
  return text;
}

}  // namespace isthmus::bench
