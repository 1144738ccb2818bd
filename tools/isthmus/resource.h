// From what was typed to what is sent: paths and bodies of a noun's resources. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/isthmus/api.h"
#include "tools/isthmus/nouns.h"
#include "tools/isthmus/realm.h"

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

// A path with the words of its {options}, percent-encoded.
std::string filled(std::string_view path, const Arguments& arguments);

// What the server is asked for a resource, and for all of them: of a group, or where none was given
// of the whole subscription.
std::string item_path(const Noun& noun, const Arguments& arguments, Realm realm);
std::string collection_path(const Noun& noun, const Arguments& arguments, Realm realm);
// "/virtualNetworks/hub" as a reference to what the arguments' group has; a usage problem where the
// realm needs a group and there is none.
Result<std::string> reference_to(std::string_view path, const Arguments& arguments, Realm realm);
tl::unexpected<Problem> no_group();  // the usage problem
// A usage problem where a resource of the realm cannot be named without a group, and there is none.
Result<void> check_group(const Noun& noun, const Arguments& arguments, Realm realm);

// The body that `create` sends.
Result<Json> new_resource(const Noun& noun, const Arguments& arguments, Realm realm);
// Changes the members whose options were given; it is a usage problem when none was.
Result<void> change_resource(const Noun& noun, const Arguments& arguments, Realm realm,
                             Json& resource);

std::optional<bool> parse_switch(std::string_view word);
bool equal_ignoring_case(std::string_view a, std::string_view b);  // ASCII

}  // namespace isthmus::cli
