// Members that answers have and nobody stores: back references, usage counts, counters. One table,
// a row per member. For .cc files of this folder.
#pragma once

#include <span>
#include <string_view>

#include "api/json/json_text.h"
#include "controller/model/model.h"

namespace isthmus::api::json {

struct DerivedMember {
  Kind kind;
  std::string_view name;
  // How many levels below the resource that was asked for it still appears.
  int depth_max;
  void (*write)(JsonText& out, const Model& model, const Resource& resource);  // the value
  bool (*present)(const Model& model, const Resource& resource) = nullptr;     // null: always
};

std::span<const DerivedMember> derived_members();

}  // namespace isthmus::api::json
