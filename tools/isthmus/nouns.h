// The nouns of the command line, as a table: what a resource type is called, where it is stored,
// which options set which of its members, and which columns show it. Adding a noun is adding a row.
//
// Both realms have their nouns here. A row, an option or a column that only one of them has says
// so; how paths, names and references are spelled in a realm is realm.h's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tools/isthmus/json.h"
#include "tools/isthmus/realm.h"

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
  Number,     // 100
  List,       // ["10.0.0.0/16", ...]
  OneOrMany,  // one word: as Text; several: a List in the member of the plural's name
  Switch,     // true or false; the option alone means true
  Enabled,    // the same, written "Enabled" or "Disabled"
  Reference,  // {"resourceRef": "/routeTables/x"}; an empty word removes the member
  Tags,       // {"env": "lab"} of env=lab
};

struct Field {
  enum class Use { CreateAndUpdate, CreateOnly };
  Option option;
  // JSON pointer of the member; a segment "@name" is what a resource's name is called in the realm.
  std::string_view pointer;
  Encoding encoding = Encoding::Text;
  std::string_view target =
      {};  // of a Reference: its path; {} is the word, {vnet-name} another option's
  std::string_view implied_pointer = {};  // a member that follows from this option being given
  std::string_view implied_value = {};
  Use use = Use::CreateAndUpdate;
  OnlyIn only_in = {};
};

struct Column {
  enum class Show {
    Text,
    OneOrMany,  // the member, or that of the plural's name
    Count,
    OwnName,
    Name,   // the last segment of a reference
    Path,   // a reference from the type on
    Group,  // the resource group of the resource
  };
  std::string_view title;
  std::string_view pointer;
  Show show = Show::Text;
  OnlyIn only_in = {};
};

struct Noun {
  std::string_view words;  // "vnet peering"
  std::string_view help;
  // {name} is the resource, other {options} its ancestors; without the last segment it is the
  // collection. What stands before it follows from the realm.
  std::string_view path;
  std::span<const Field> fields;
  std::span<const Column> columns;
  std::string_view skeleton = "{}";  // the properties that `create` starts from; "@name" as above
  OnlyIn only_in = {};
  // Adds what only tables show, asked from the server; null for most.
  void (*annotate)(Api&, Json& resources) = nullptr;
};

std::span<const Noun> nouns();  // one comes after that which its first word names
const Noun* find_noun(std::string_view words);

// By subject, each in the file that its name says; nouns() has them all.
std::span<const Noun> network_nouns();    // network_nouns.cc
std::span<const Noun> access_nouns();     // access_nouns.cc
std::span<const Noun> interface_nouns();  // interface_nouns.cc

std::vector<Column> columns_in(Realm realm, std::span<const Column> columns);
// A cell of the table for a resource.
std::string cell(const Column& column, const Value& resource);
// The last segment of "/virtualNetworks/hub".
std::string_view last_segment(std::string_view reference);
// A reference from its type on: "/virtualNetworks/hub". In Azure, what stands before it says where.
std::string short_reference(std::string_view reference);
// "/properties/sourcePortRanges" of "/properties/sourcePortRange".
std::string plural_of(std::string_view pointer);

}  // namespace isthmus::cli
