// What a lab document that is applied with pruning deletes. Private to this folder.
#pragma once

#include <vector>

#include "api/control/lab/document.h"
#include "controller/model/model.h"
#include "controller/rules/change.h"

namespace isthmus::api::lab {

// Before the puts of the document: virtual machines of Azure, interfaces (also those whose subnet
// goes, or whose address another one is given: they are created again), peerings (also those that
// become others, and in Azure the other side of each). After them: networks, route tables, access
// lists. What a fresh controller is seeded with is never deleted.
struct Pruned {
  std::vector<ResourceId> before;
  std::vector<ResourceId> after;
};

// `peerings` are the drafts that the document makes of its sides.
Pruned prune(const LabDocument& document, const Model& model, const std::vector<Draft>& peerings);

}  // namespace isthmus::api::lab
