// The nouns of the command line, as a table: what a resource type is called, where it is stored,
// which options set which of its members, and which columns show it. Adding a noun is adding a row.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tools/isthmus/json.h"

namespace isthmus::cli {

class Api;

// One thing a user may type. A name without a dash is positional.
struct Option {
  enum class Values { None, Optional, One, Many, Rest };  // Rest: whatever follows, unread
  enum class Need { Optional, Required };
  std::string_view names;  // "-n,--name"; the first long one is the key of its values
  std::string_view help;
  Values values = Values::One;
  Need need = Need::Optional;
  // What a shell may offer for it: "one|of|these"; ":file"; the path of a collection whose names
  // are meant. Of the options of a noun that name resources, it follows from the noun's path.
  std::string_view offers = {};
};

// How an option's words become a member of the resource.
enum class Encoding {
  Text,       // "10.0.0.4"; an empty word removes the member
  List,       // ["10.0.0.0/16", ...]
  Switch,     // true or false; the option alone means true
  Enabled,    // the same, written "Enabled" or "Disabled"
  Reference,  // {"resourceRef": "/routeTables/x"}; an empty word removes the member
};

struct Field {
  enum class Use { CreateAndUpdate, CreateOnly };
  Option option;
  std::string_view pointer;  // JSON pointer of the member
  Encoding encoding = Encoding::Text;
  std::string_view target =
      {};  // of a Reference: its path; {} is the word, {vnet-name} another option's
  std::string_view implied_pointer = {};  // a member that follows from this option being given
  std::string_view implied_value = {};
  Use use = Use::CreateAndUpdate;
};

struct Column {
  enum class Show { Text, Count, Name };  // Name: the last segment of a reference
  std::string_view title;
  std::string_view pointer;
  Show show = Show::Text;
};

struct Noun {
  std::string_view words;  // "vnet peering"
  std::string_view help;
  // {name} is the resource, other {options} its ancestors; without the last segment it is the
  // collection.
  std::string_view path;
  std::span<const Field> fields;
  std::span<const Column> columns;
  std::string_view skeleton;  // the properties that `create` starts from
  // Adds what only tables show, asked from the server; null for most.
  void (*annotate)(Api&, Json& resources) = nullptr;
};

std::span<const Noun> nouns();
const Noun* find_noun(std::string_view words);

// A cell of the table for a resource.
std::string cell(const Column& column, const Value& resource);
// The last segment of "/virtualNetworks/hub".
std::string_view last_segment(std::string_view reference);

}  // namespace isthmus::cli
