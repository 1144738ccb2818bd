#include "tools/bench/fib/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace isthmus::bench {
namespace {

bool is_drawn(const Result& result) { return result.what == "lookup" && !result.rows.empty(); }

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

// Every contender, in the order of first appearance.
std::vector<std::string> contenders_of(std::span<const Result> results) {
  std::vector<std::string> names;
  for (const Result& result : results) {
    if (!is_drawn(result)) continue;
    for (const Row& row : result.rows)
      if (std::find(names.begin(), names.end(), row.contender) == names.end())
        names.push_back(row.contender);
  }
  return names;
}

std::string cell(const Result& result, const std::string& contender) {
  for (const Row& row : result.rows)
    if (row.contender == contender && row.wrong == 0)
      return fmt::format("{:.3f}", 1e3 / row.ns.median);
  return "?";
}

}  // namespace

std::string plot_script(std::span<const Result> results, const std::string& file) {
  const std::vector<std::string> names = contenders_of(results);
  std::string data = "$lookups << END\n";
  for (const Result& result : results) {
    if (!is_drawn(result)) continue;
    data += "\"" + result.name + "\"";
    for (const std::string& name : names) data += " " + cell(result, name);
    data += "\n";
  }
  data += "END\n";
  const auto workloads =
      static_cast<size_t>(std::count_if(results.begin(), results.end(), is_drawn));
  std::string script =
      data + fmt::format(
                 "set terminal svg size {},560 noenhanced background 'white' font 'sans-serif,12'\n"
                 "set output {}\n"
                 "set style data histograms\nset style histogram clustered gap 1\n"
                 "set style fill solid 0.9 noborder\nset boxwidth 0.9\n"
                 "set ylabel 'million lookups a second (median; logarithmic)'\nset grid ytics lc "
                 "rgb '#dddddd'\n"
                 "set datafile missing '?'\nset logscale y\nset yrange [1:*]\nset xtics rotate by "
                 "30 right noenhanced\n"
                 "set key outside top center horizontal\nplot ",
                 std::max<size_t>(640, 130 * workloads), quoted(file));
  for (size_t i = 0; i < names.size(); ++i) {
    script += fmt::format("{}$lookups using {}{} title {}", i == 0 ? "" : ", ", i + 2,
                          i == 0 ? ":xtic(1)" : "", quoted(names[i]));
  }
  return script + "\n";
}

std::string plot(std::span<const Result> results, const std::string& file) {
  if (std::none_of(results.begin(), results.end(), is_drawn))
    return "no chart: none of the workloads is about lookups";
  if (std::system("command -v gnuplot >/dev/null 2>&1") != 0)
    return "no chart: gnuplot is not installed; tools/dev setup bench installs it";
  FILE* gnuplot = ::popen("gnuplot", "w");
  if (gnuplot == nullptr) return "no chart: gnuplot does not start";
  const std::string script = plot_script(results, file);
  std::fwrite(script.data(), 1, script.size(), gnuplot);
  if (::pclose(gnuplot) != 0) return "no chart: gnuplot could not write " + file;
  return {};
}

}  // namespace isthmus::bench
