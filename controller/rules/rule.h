// Rules are tables of named checks: the first that is broken is the answer, so that table order is
// error precedence.
//
// New behaviour is a new row and a new golden case with the row's name, never an `if` elsewhere.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "controller/base/error.h"
#include "controller/model/model.h"
#include "controller/rules/change.h"

namespace isthmus {

// A resource about to be stored, in the model that would hold it.
struct Proposal {
  const Model& before;
  const Model& after;
  const Resource* old;  // null when it is created
  const Resource& now;
  const Limits& limits;

  template <class T>
  const T& body() const {
    return now.as<T>();
  }
  template <class T>
  const T* old_body() const {
    return old == nullptr ? nullptr : &old->as<T>();
  }
  const Resource& parent() const { return *after.find(now.id.parent()); }
};

struct Violation {
  std::string pointer;  // within the resource
  std::string message;
  std::string remedy;
};

struct Rule {
  std::string_view name;  // reads as a sentence; also names its golden case
  ErrorCode error;
  std::optional<Violation> (*broken)(const Proposal&);
};

std::span<const Rule> rules_of(Kind kind);

// The tables, one per file.
std::span<const Rule> virtual_network_rules();
std::span<const Rule> subnet_rules();
std::span<const Rule> peering_rules();
std::span<const Rule> logical_subnet_rules();
std::span<const Rule> ip_pool_rules();
std::span<const Rule> mac_pool_rules();
std::span<const Rule> virtual_network_manager_rules();
std::span<const Rule> acl_rule_rules();
std::span<const Rule> route_rules();
std::span<const Rule> network_interface_rules();
std::span<const Rule> ip_configuration_rules();

}  // namespace isthmus
