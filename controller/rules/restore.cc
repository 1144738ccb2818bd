#include "controller/rules/restore.h"

#include <fmt/format.h>

#include <set>

#include "controller/model/references.h"

namespace isthmus {
namespace {

tl::unexpected<Error> broken(std::string message) {
  return fail(ErrorCode::InvalidRequestContent, "",
              "The backup is not whole: " + std::move(message) + ".");
}

// A backup of another controller may come from a later revision than this one has reached.
void limit(Stamp& stamp, const Stamp& now) { stamp = stamp.revision > now.revision ? now : stamp; }

Result<void> check_whole(const Model& restored, const std::vector<ResourceChange>& added) {
  if (restored.count() != added.size()) return broken("a resource stands in it twice");
  std::set<Serial> serials;
  for (const ResourceChange& change : added) {
    const Resource& resource = *change.after;
    if (!serials.insert(resource.serial).second) return broken("a number stands in it twice");
    const ResourceId parent = resource.id.parent();
    if (!parent.empty() && restored.find(parent) == nullptr)
      return broken(fmt::format("{} is missing", parent.path()));
    const ResourceId* missing = nullptr;
    for_each_reference(resource.body, [&](const ResourceId& target, const ReferenceMember&) {
      if (restored.find(target) == nullptr) missing = &target;
    });
    if (missing != nullptr)
      return broken(
          fmt::format("{}, which {} refers to, is missing", missing->path(), resource.id.path()));
  }
  return {};
}

}  // namespace

Result<Applied> restore(const Model& model, std::vector<Resource> resources, int64_t time_ms) {
  const Stamp now{model.revision() + 1, time_ms};
  std::vector<ResourceChange> removed;
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : model.collection(row.kind))
      removed.push_back({resource, nullptr});
  }
  std::vector<ResourceChange> added;
  for (Resource& resource : resources) {
    limit(resource.put, now);
    limit(resource.changed, now);
    added.push_back({nullptr, std::make_shared<const Resource>(std::move(resource))});
  }
  Applied applied;
  applied.model = model;
  applied.model.update(removed);
  applied.model.update(added);
  if (auto whole = check_whole(applied.model, added); !whole) return tl::unexpected(whole.error());
  applied.model.set_revision(now.revision);
  for (const ResourceChange& change : removed) {
    if (applied.model.find(change.before->id) == nullptr) applied.changes.push_back(change);
  }
  for (const ResourceChange& change : added)
    applied.changes.push_back({model.find_shared(change.after->id), change.after});
  for (const ResourceChange& change : applied.changes) {
    if (!change.any().id.parent().empty()) continue;
    const Effect effect = !change.after   ? Effect::Deleted
                          : change.before ? Effect::Updated
                                          : Effect::Created;
    applied.outcomes.push_back({effect, change.any().id});
  }
  return applied;
}

}  // namespace isthmus
