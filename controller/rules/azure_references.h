// What stands against references in Azure, in its words: what is missing, what is still used.
#pragma once

#include <string>
#include <vector>

#include "controller/base/error.h"
#include "controller/model/model.h"

namespace isthmus {

// Are the two in different regions, though the one refers to the other? `root` is what is being
// put: it may not be in the model yet.
bool is_out_of_reach(const Model& model, const Resource& root, const ResourceId& owner,
                     const ResourceId& target);
Error missing_in_azure(const ResourceId& owner, const ResourceId& target, std::string pointer);

// `used` is what would go, `users` what refers to it and stays: at least one.
Error in_use_in_azure(const Resource& used, const std::vector<const Resource*>& users,
                      std::string pointer);
// The same where a whole group would go.
Error group_in_use(const ResourceId& group, const Resource& used, Error why);

}  // namespace isthmus
