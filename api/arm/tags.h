// Tags of a resource, read and changed apart from the rest of it:
// {id}/providers/Microsoft.Resources/tags/default.
//
// Source: Azure Resource Manager, Tags - Update At Scope. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/json/limits.h"
#include "controller/base/error.h"
#include "controller/model/resources.h"

namespace isthmus::api::arm {

using Tags = std::vector<std::pair<std::string, std::string>>;

struct TagChange {
  enum class Operation : uint8_t { Merge, Replace, Delete };
  Operation operation = Operation::Replace;
  Tags tags;

  Tags applied_to(Tags tags_before) const;
};

// Of the body of a PATCH, whose operation says how, or of a PUT, which replaces.
// InvalidParameterValue for an operation that there is not.
Result<TagChange> read_tag_change(std::string_view body, const json::Limits& limits);

// Of the body of a PATCH of the resource itself, {"tags": {...}}, which replaces; nothing where it
// has none.
Result<std::optional<TagChange>> read_patched_tags(std::string_view body,
                                                   const json::Limits& limits);

std::string tags_text(const Resource& resource);

}  // namespace isthmus::api::arm
