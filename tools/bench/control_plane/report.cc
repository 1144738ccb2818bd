#include "tools/bench/control_plane/report.h"

#include <fmt/format.h>
#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <vector>

namespace isthmus::bench::control_plane {
namespace {

using Column = std::span<const Sized>;

// Three digits or more: 0.123, 1.23, 12.3, 12345.
std::string number(double value) {
  if (value == static_cast<double>(static_cast<long long>(value)))
    return fmt::format("{}", static_cast<long long>(value));
  const int decimals = value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

// "1.23 (1.20-1.40)": the median, the least, and what nine in ten are below.
std::string cell(const Sized::Figure* figure) {
  if (figure == nullptr) return "";
  const Statistics s = figure->statistics();
  if (s.min == s.p90) return number(s.median);
  return fmt::format("{} ({}-{})", number(s.median), number(s.min), number(s.p90));
}

std::string ratio(const Sized::Figure* more, const Sized::Figure* less) {
  if (more == nullptr || less == nullptr || less->statistics().median == 0) return "";
  return fmt::format("{:.2f}", more->statistics().median / less->statistics().median);
}

constexpr size_t kNameWidth = 52;
constexpr size_t kCellWidth = 22;

std::string line(const std::string& name, const std::vector<std::string>& cells) {
  std::string text = fmt::format("{:<{}}", name, kNameWidth);
  for (const std::string& each : cells) text += fmt::format("{:>{}}", each, kCellWidth);
  return text + "\n";
}

std::string heading(const std::string& topology) {
  return topology == "mesh" ? "a mesh of so many networks" : "a hub and so many spokes";
}

std::string table(Column sizes) {
  std::vector<std::string> head;
  for (const Sized& size : sizes) head.push_back(fmt::format("{}", size.size));
  for (size_t i = 1; i < sizes.size(); ++i)
    head.push_back(fmt::format("{} over {}", sizes[i].size, sizes[i - 1].size));
  std::string text = line(heading(sizes.front().topology), head);
  for (const Sized::Figure& row : sizes.front().figures) {
    std::vector<std::string> cells;
    for (const Sized& size : sizes) cells.push_back(cell(size.find(row.name)));
    for (size_t i = 1; i < sizes.size(); ++i)
      cells.push_back(ratio(sizes[i].find(row.name), sizes[i - 1].find(row.name)));
    text += line(row.unit.empty() ? row.name : fmt::format("{}, {}", row.name, row.unit), cells);
  }
  return text;
}

// Results of one topology stand together.
std::vector<Column> by_topology(std::span<const Sized> results) {
  std::vector<Column> groups;
  for (size_t first = 0, end = 0; first < results.size(); first = end) {
    for (end = first + 1; end < results.size(); ++end)
      if (results[end].topology != results[first].topology) break;
    groups.push_back(results.subspan(first, end - first));
  }
  return groups;
}

class Writer {
 public:
  Writer() : json_(text_) { json_.SetIndent(' ', 2); }

  std::string write(std::span<const Sized> results) {
    json_.StartArray();
    for (const Column sizes : by_topology(results)) {
      for (size_t i = 0; i < sizes.size(); ++i) size(sizes[i], i == 0 ? nullptr : &sizes[i - 1]);
    }
    json_.EndArray();
    return std::string(text_.GetString(), text_.GetSize()) + "\n";
  }

 private:
  void size(const Sized& size, const Sized* before) {
    json_.StartObject();
    json_.Key("topology");
    json_.String(size.topology.c_str());
    json_.Key("size");
    json_.Uint64(size.size);
    json_.Key("figures");
    json_.StartArray();
    for (const Sized::Figure& each : size.figures)
      figure(each, before == nullptr ? nullptr : before->find(each.name));
    json_.EndArray();
    json_.EndObject();
  }

  void figure(const Sized::Figure& figure, const Sized::Figure* before) {
    const Statistics s = figure.statistics();
    json_.StartObject();
    json_.Key("name");
    json_.String(figure.name.c_str());
    json_.Key("unit");
    json_.String(figure.unit.c_str());
    member("median", s.median);
    member("min", s.min);
    member("p90", s.p90);
    json_.Key("samples");
    json_.Uint64(s.count);
    const double divisor = before == nullptr ? 0 : before->statistics().median;
    if (divisor != 0) member("over_the_size_before", s.median / divisor);
    json_.EndObject();
  }

  void member(const char* key, double value) {
    json_.Key(key);
    json_.Double(value);
  }

  rapidjson::StringBuffer text_;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> json_;
};

}  // namespace

std::string report(std::span<const Sized> results) {
  std::string text;
  for (const Column sizes : by_topology(results)) text += (text.empty() ? "" : "\n") + table(sizes);
  return text;
}

std::string to_json(std::span<const Sized> results) { return Writer().write(results); }

}  // namespace isthmus::bench::control_plane
