// Data on its way to stdout: as a table, JSON, YAML or tab-separated values, after an optional
// JMESPath query.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "tools/isthmus/api.h"
#include "tools/isthmus/nouns.h"

namespace isthmus::cli {

enum class Form { Table, JsonText, YamlText, Tsv };

// A table before it is laid out.
struct Grid {
  std::vector<std::string> titles;
  std::vector<std::vector<std::string>> rows;  // each as long as the titles
};

Grid grid_of(std::span<const Column> columns, const Value& resources);  // one or an array of them
// For any JSON: objects give a column per member, anything else one column.
Grid grid_of(const Value& value);

std::string to_table(const Grid& grid);  // aligned; columns without a word are left out
std::string to_tsv(const Grid& grid);    // without titles

struct OutputSettings {
  Form form = Form::JsonText;
  bool form_was_chosen = false;  // by -o; errors are JSON only then
  std::string query;             // JMESPath; empty for none
};

class Output {
 public:
  Output(OutputSettings settings, std::ostream& out) : settings_(std::move(settings)), out_(out) {}

  const OutputSettings& settings() const { return settings_; }
  // To the same place in another form; in this one where no other was asked for.
  Output in(const OutputSettings& settings) const {
    const bool asked = settings.form_was_chosen || !settings.query.empty();
    return {asked ? settings : settings_, out_};
  }
  // Whether a table of the data as it is will be printed: neither another form nor a query was
  // asked for.
  bool as_table() const { return settings_.form == Form::Table && settings_.query.empty(); }

  // Data that has a table of its own; `grid` is called only where a grid is printed.
  template <class MakeGrid>
  Result<void> print(const Value& data, MakeGrid make_grid) {
    if (!settings_.query.empty()) return print_query(data);
    if (settings_.form == Form::Table || settings_.form == Form::Tsv)
      print_grid(make_grid());
    else
      print_tree(data);
    return {};
  }
  Result<void> print(const Value& data) {
    return print(data, [&] { return grid_of(data); });
  }
  void print_text(std::string_view text);
  void flush();
  bool works() const;  // false: nobody reads any more

 private:
  Result<void> print_query(const Value& data);
  void print_grid(const Grid& grid);
  void print_tree(const Value& data);

  OutputSettings settings_;
  std::ostream& out_;
};

}  // namespace isthmus::cli
