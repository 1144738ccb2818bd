// References in the bodies of calls that are no resources: those of resources are resolved by the
// rules.
#pragma once

#include <fmt/format.h>

#include <string_view>

#include "controller/base/error.h"
#include "controller/model/model.h"

namespace isthmus::api::networking {

// The target as it is stored; or an error that names `member` of the properties.
inline Result<ResourceId> resolve(const Model& model, std::string_view member,
                                  const ResourceId& target, Kind kind) {
  const Resource* stored = target.kind() == kind ? model.find(target) : nullptr;
  if (stored != nullptr) return stored->id;
  const std::string why = target.kind() == kind ? std::string("does not exist")
                                                : fmt::format("is not a {}", info(kind).noun);
  return fail(ErrorCode::ReferenceNotFound, fmt::format("/properties/{}", member),
              fmt::format("{} names {}, which {}.", member, target.path(), why));
}

}  // namespace isthmus::api::networking
