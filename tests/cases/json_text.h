// JSON as golden files write it.
#pragma once

#include <string>
#include <string_view>

#include "controller/model/kind.h"

namespace isthmus::testing {

// What the short form of a body stands for: on-prem, or in a resource group of Azure.
struct ShortForm {
  std::string azure_base = {};  // "/subscriptions/.../providers/Microsoft.Network"
  std::string location = {};

  bool is_azure() const { return !azure_base.empty(); }
  Realm realm() const { return is_azure() ? Realm::Azure : Realm::Onprem; }
  const char* name_member() const { return is_azure() ? "name" : "resourceId"; }
};

// A body in the short form of README.md to the one that is sent; other text stays as it is.
std::string expand_body(std::string_view body, std::string_view resource_name,
                        const ShortForm& form = {});

// The value at a JSON pointer, compact; "absent" where there is none.
std::string value_at(std::string_view json, std::string_view pointer);
std::string text_at(std::string_view json, std::string_view pointer);  // a string without quotes

std::string pretty(std::string_view json);

// Does the answer have every member of the example, with an equal value? Lists must be equally
// long. Values that each controller chooses (etag, instanceId, virtualSubnetId) are not compared.
bool is_like(std::string_view answer, std::string_view example);

}  // namespace isthmus::testing
