// A model as it was before: the resources of a backup take the place of everything, as one change.
#pragma once

#include <vector>

#include "controller/rules/change.h"

namespace isthmus {

// Everything in `model` goes, `resources` come, with the instance ids and states that they had, and
// the etags where `made_by`, the identity of the controller that made the backup, is the model's:
// the revisions of another one mean nothing here. Rules are not asked: they let these resources
// pass once. What a file may have lost is checked: parents and targets of references exist, and no
// resource stands twice. What is the same now and then is not touched. Outcomes are those of the
// resources at the top.
Result<Applied> restore(const Model& model, const Uuid& made_by, std::vector<ResourcePtr> resources,
                        int64_t time_ms);

}  // namespace isthmus
