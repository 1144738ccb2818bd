// The $filter of a list of resources: terms such as "resourceType eq 'Microsoft.Network/...'",
// joined by "and". Names are resourceGroup, resourceType, name, location, tagName and tagValue;
// values compare without case.
//
// Source: Azure Resource Manager, Resources - List.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controller/base/error.h"
#include "controller/model/resources.h"

namespace isthmus::api::arm {

class ResourceFilter {
 public:
  // InvalidParameterValue where the text is no such filter. An empty one lets everything pass.
  static Result<ResourceFilter> parse(std::string_view text);
  bool holds(const Resource& resource) const;

 private:
  struct Term {
    bool (*holds)(const Resource& resource, std::string_view value);
    std::string value;
  };
  std::vector<Term> terms_;
};

}  // namespace isthmus::api::arm
