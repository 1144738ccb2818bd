// From what was typed to what is sent: paths and bodies of a noun's resources. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/isthmus/api.h"
#include "tools/isthmus/nouns.h"

namespace isthmus::cli {

constexpr std::string_view kControllerPrefix = "/networking/v1";

// The words given for each option; the key is the option's first long name without dashes, or the
// positional's name.
class Arguments {
 public:
  void set(std::string key, std::vector<std::string> words) {
    values_[std::move(key)] = std::move(words);
  }
  bool has(std::string_view key) const { return values_.find(key) != values_.end(); }
  // The first word; empty when the option was not given.
  std::string_view text(std::string_view key) const;
  const std::vector<std::string>& words(std::string_view key) const;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

// The key of "-n,--name" is "name"; of "FROM" it is "FROM".
std::string_view key_of(const Option& option);

// The {placeholders} of a path other than {name}, in order: the options that say which parent is
// meant.
std::vector<std::string_view> parents_of(std::string_view path);

std::string item_path(const Noun& noun, const Arguments& arguments);
std::string collection_path(const Noun& noun, const Arguments& arguments);

// The body that `create` sends.
Result<Json> new_resource(const Noun& noun, const Arguments& arguments);
// Changes the members whose options were given; it is a usage problem when none was.
Result<void> change_resource(const Noun& noun, const Arguments& arguments, Json& resource);

std::optional<bool> parse_switch(std::string_view word);
bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

}  // namespace isthmus::cli
