// The realms as the command line sees them: which of them a command is for, where its resources
// are, and how their bodies spell names and references. Everything else about a noun is the same
// row for both realms (nouns.h). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controller/model/kind.h"
#include "tools/isthmus/api.h"

namespace isthmus::cli {

// What a row of a table is for: one realm, or nothing for both.
using OnlyIn = std::optional<Realm>;
inline bool holds_in(const OnlyIn& only_in, Realm realm) {
  return only_in.value_or(realm) == realm;
}

struct RealmInfo {
  Realm realm;
  std::string_view word;       // of --realm
  std::string_view name;       // the member of a resource that is its name
  std::string_view reference;  // the member of a reference that is the path
};
const RealmInfo& info(Realm realm);

// What stands before a noun's path in a reference; its {keys} are those of the options that say
// where.
std::string_view scope_of(Realm realm, std::string_view path);
// The same of a list that leaves the group open: of the whole subscription.
std::string_view scope_without_group();
// What a server is asked for what a reference names: its path with prefix and version.
std::string request_target(std::string_view reference);
std::string request_target(Realm realm, std::string_view path);  // of an encoded path

// The name of a resource, and the path of a reference or of a resource, in whichever realm it is.
std::string name_in(const Value& resource);
std::string reference_in(const Value& reference);

// What says which realm is meant, apart from the noun.
struct RealmWords {
  std::string option;          // --realm; empty where it was not given
  std::string environment;     // ISTHMUS_REALM
  bool names_a_group = false;  // -g
};
// What says so first decides: --realm, -g, the environment, what exists in one realm only, and then
// it is on-prem. A usage problem where they contradict each other; `what` is that which exists in
// `only_in` only.
Result<Realm> choose_realm(const RealmWords& words, std::string_view what, OnlyIn only_in);

}  // namespace isthmus::cli
