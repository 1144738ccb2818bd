// Members that Azure's answers have and nobody stores. One table, a row per member. For .cc files
// of this folder.
#pragma once

#include <span>
#include <string_view>

#include "api/json/json_text.h"
#include "controller/model/model.h"

namespace isthmus::api::arm {

struct DerivedMember {
  Kind kind;
  std::string_view name;
  void (*write)(json::JsonText& out, const Model& model, const Resource& resource);  // the value
  bool (*present)(const Model& model, const Resource& resource) = nullptr;           // null: always
};

std::span<const DerivedMember> derived_members();
// Those of load balancers, gateways, public addresses and virtual machines.
std::span<const DerivedMember> derived_service_members();

}  // namespace isthmus::api::arm
