#include "tools/isthmus/output.h"

#include <algorithm>
#include <ostream>

#include "tools/isthmus/query.h"

namespace isthmus::cli {
namespace {

// Letters as a terminal counts them: UTF-8 bytes that continue one are not counted.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<size_t> widths_of(const Grid& grid) {
  std::vector<size_t> widths(grid.titles.size(), 0);
  for (const auto& row : grid.rows)
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  for (size_t i = 0; i < widths.size(); ++i)
    if (widths[i] > 0 || grid.rows.empty())
      widths[i] = std::max(widths[i], width_of(grid.titles[i]));
  return widths;
}

std::string to_line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) {
  constexpr size_t kGap = 2;
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i)
    if (widths[i] > 0) line += cells[i] + std::string(widths[i] + kGap - width_of(cells[i]), ' ');
  line.resize(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

void add_object(const Value& object, Grid& grid) {
  std::vector<std::string> row(grid.titles.size());
  for (const auto& member : object.GetObject()) {
    const std::string title = as_cell(member.name);
    const auto found = std::find(grid.titles.begin(), grid.titles.end(), title);
    if (found != grid.titles.end())
      row[static_cast<size_t>(found - grid.titles.begin())] = as_cell(member.value);
  }
  grid.rows.push_back(std::move(row));
}

// The members of all the objects, in the order in which they first appear.
std::vector<std::string> titles_of(const Value& objects) {
  std::vector<std::string> titles;
  for (const Value& object : objects.GetArray())
    for (const auto& member : object.GetObject())
      if (std::string title = as_cell(member.name);
          std::find(titles.begin(), titles.end(), title) == titles.end())
        titles.push_back(std::move(title));
  return titles;
}

template <class Predicate>
bool every(const Value& array, Predicate predicate) {
  return !array.Empty() && std::all_of(array.Begin(), array.End(), predicate);
}

void add_array(const Value& array, Grid& grid) {
  std::vector<std::string> row;
  for (const Value& element : array.GetArray()) row.push_back(as_cell(element));
  while (grid.titles.size() < row.size())
    grid.titles.push_back("Column" + std::to_string(grid.titles.size() + 1));
  grid.rows.push_back(std::move(row));
}

}  // namespace

Grid grid_of(std::span<const Column> columns, const Value& resources) {
  Grid grid;
  for (const Column& column : columns) grid.titles.emplace_back(column.title);
  const auto add = [&](const Value& resource) {
    std::vector<std::string>& row = grid.rows.emplace_back();
    for (const Column& column : columns) row.push_back(cell(column, resource));
  };
  if (!resources.IsArray())
    add(resources);
  else
    for (const Value& resource : resources.GetArray()) add(resource);
  return grid;
}

Grid grid_of(const Value& value) {
  Grid grid;
  if (value.IsObject()) {
    for (const auto& member : value.GetObject()) grid.titles.push_back(as_cell(member.name));
    add_object(value, grid);
  } else if (!value.IsArray()) {
    grid = {{"Result"}, {{as_cell(value)}}};
  } else if (every(value, [](const Value& element) { return element.IsObject(); })) {
    grid.titles = titles_of(value);
    for (const Value& object : value.GetArray()) add_object(object, grid);
  } else if (every(value, [](const Value& element) { return element.IsArray(); })) {
    for (const Value& array : value.GetArray()) add_array(array, grid);
    for (auto& row : grid.rows) row.resize(grid.titles.size());
  } else {
    grid.titles = {"Result"};
    for (const Value& element : value.GetArray()) grid.rows.push_back({as_cell(element)});
  }
  return grid;
}

std::string to_table(const Grid& grid) {
  const std::vector<size_t> widths = widths_of(grid);
  std::vector<std::string> rule;
  rule.reserve(widths.size());
  for (size_t width : widths) rule.emplace_back(width, '-');
  std::string out = to_line(grid.titles, widths) + to_line(rule, widths);
  for (const auto& row : grid.rows) out += to_line(row, widths);
  return out;
}

std::string to_tsv(const Grid& grid) {
  std::string out;
  for (const auto& row : grid.rows)
    for (size_t i = 0; i < row.size(); ++i) out += row[i] + (i + 1 < row.size() ? '\t' : '\n');
  return out;
}

void Output::print_text(std::string_view text) { out_ << text; }
void Output::flush() { out_.flush(); }
bool Output::works() const { return out_.good(); }

Result<void> Output::print_query(const Value& data) {
  const Result<std::string> answer = run_query(settings_.query, to_text(data));
  if (!answer) return tl::unexpected(answer.error());
  const std::optional<Json> result = parse_json(*answer);
  if (!result)
    out_ << *answer;
  else if (settings_.form == Form::Table || settings_.form == Form::Tsv)
    print_grid(grid_of(*result));
  else
    print_tree(*result);
  return {};
}

void Output::print_grid(const Grid& grid) {
  out_ << (settings_.form == Form::Tsv ? to_tsv(grid) : to_table(grid));
}

void Output::print_tree(const Value& data) {
  out_ << (settings_.form == Form::YamlText ? to_yaml(data) : to_pretty(data));
}

}  // namespace isthmus::cli
