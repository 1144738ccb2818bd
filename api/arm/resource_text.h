// A resource as Azure Resource Manager shows it: id, name, type, etag, location and tags, and in
// its properties the members, the children in full and what is derived from other resources.
//
// One superset is shown for every api-version: older clients ignore what they do not know.
// Any thread; a thread reuses its own buffer.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "api/json/render.h"
#include "controller/model/model.h"

namespace isthmus::api::arm {

// A resource group is never "Updating": what happens in it says so itself.
std::string resource_text(const Model& model, const Resource& resource, json::Phase phase = {});

// {"value":[...]}, with "nextLink" where there is more.
std::string collection_text(const Model& model, std::span<const Resource* const> resources,
                            std::string_view next_link = {}, json::Phase phase = {});

// The same with what every resource has and no properties, as /resources lists them.
std::string summary_text(const Model& model, std::span<const Resource* const> resources,
                         std::string_view next_link = {});

}  // namespace isthmus::api::arm
