// The name of a resource: its realm and its path of types and ids, such as
// /virtualNetworks/red/subnets/web. In the Azure realm the path is the id that Azure Resource
// Manager gives it:
// /subscriptions/ID/resourceGroups/lab/providers/Microsoft.Network/virtualNetworks/red/subnets/web.
//
// Invariant: a ResourceId names a known type, and every id in it is legal. Ids compare without case
// and print as first stored. Paths sort so that a resource comes directly before everything below
// it.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "controller/base/error.h"
#include "controller/model/kind.h"

namespace isthmus {

// 1 to 128 of letters, digits, '.', '_' and '-', starting with a letter or digit.
bool is_legal_resource_name(std::string_view name);
// As Azure wants it for that type: 1 to 80 word characters, '.' and '-', starting with a word
// character and ending with one; a resource group's also has parentheses.
bool is_legal_azure_name(Kind kind, std::string_view name);

// ASCII without case; '/' sorts before every character of a name.
std::strong_ordering compare_paths(std::string_view a, std::string_view b);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string lower_case(std::string_view text);

class ResourceId {
 public:
  ResourceId() = default;  // names nothing
  // A path of alternating types and names, with or without a trailing slash. Unknown types and
  // paths that end in a type are ResourceNotFound; illegal names are InvalidResourceId.
  static Result<ResourceId> parse(std::string_view path, Realm realm = Realm::Onprem);
  static Result<ResourceId> make(Kind top_level, std::string_view name,
                                 Realm realm = Realm::Onprem);
  // Names nothing, and sorts before whatever there is in the realm.
  static ResourceId before_all(Realm realm) { return ResourceId(realm, Kind::None, ""); }
  Result<ResourceId> child(Kind kind, std::string_view name) const;

  bool empty() const { return kind_ == Kind::None; }
  Kind kind() const { return kind_; }
  Realm realm() const { return realm_; }
  const std::string& path() const { return path_; }
  std::string_view name() const;
  ResourceId parent() const;  // empty for a top-level resource
  // This or the ancestor of that kind; empty where there is none.
  ResourceId ancestor(Kind kind) const;
  bool contains(const ResourceId& other) const;  // other is this or lies below it
  // As references print it: "/logicalnetworks/HNVPA", or the id in Azure.
  std::string reference() const;
  // Folded, with the realm: equal ids have equal keys. The key of the store.
  std::string key() const;

  friend std::strong_ordering operator<=>(const ResourceId& a, const ResourceId& b);
  friend bool operator==(const ResourceId& a, const ResourceId& b) { return std::is_eq(a <=> b); }

 private:
  ResourceId(Realm realm, Kind kind, std::string path)
      : realm_(realm), kind_(kind), path_(std::move(path)) {}
  Realm realm_ = Realm::Onprem;
  Kind kind_ = Kind::None;
  std::string path_;
};

// The type that `segment` names below `parent` (Kind::None: at the top), in any case.
std::optional<Kind> kind_of_segment(Kind parent, std::string_view segment,
                                    Realm realm = Realm::Onprem);

// "Microsoft.Network/virtualNetworks/subnets"
std::string azure_type(Kind kind);

}  // namespace isthmus
