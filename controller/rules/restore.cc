#include "controller/rules/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "controller/model/references.h"

namespace isthmus {
namespace {

tl::unexpected<Error> broken(std::string message) {
  return fail(ErrorCode::InvalidRequestContent, "",
              "The backup is not whole: " + std::move(message) + ".");
}

// Before they are a model, which holds one resource of a path and one of a serial.
Result<void> check_different(const std::vector<Resource>& resources) {
  std::set<ResourceId> ids;
  std::set<Serial> serials;
  for (const Resource& resource : resources) {
    if (!ids.insert(resource.id).second)
      return broken(fmt::format("{} stands in it twice", resource.id.path()));
    if (!serials.insert(resource.serial).second)
      return broken(fmt::format("{} has the number of another resource", resource.id.path()));
  }
  return {};
}

// A serial stands for one resource, before and after a change: the forwarding program is keyed by
// it. Another controller has given the same ones to others, and so has this one after a restart,
// since it goes on behind the highest that is stored.
void renumber(const Model& model, std::vector<Resource>& resources) {
  Serial last = Model(model).next_serial();
  for (const Resource& resource : resources) last = std::max(last, resource.serial);
  for (Resource& resource : resources) {
    const Resource* holder = model.find(resource.serial);
    if (holder != nullptr && holder->id != resource.id) resource.serial = ++last;
  }
}

Result<void> check_whole(const Model& restored, const std::vector<ResourceChange>& added) {
  for (const ResourceChange& change : added) {
    const Resource& resource = *change.after;
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

Result<Applied> restore(const Model& model, const Uuid& made_by, std::vector<Resource> resources,
                        int64_t time_ms) {
  if (auto different = check_different(resources); !different)
    return tl::unexpected(different.error());
  renumber(model, resources);
  const Stamp now{model.revision() + 1, time_ms};
  // The state may be an older one than the backup, too: a copy that was put back.
  const auto is_known = [&](const Stamp& stamp) {
    return made_by == model.identity() && stamp.revision <= model.revision();
  };
  std::vector<ResourceChange> removed;
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& resource : model.collection(row.kind))
      removed.push_back({resource, nullptr});
  }
  std::vector<ResourceChange> added;
  for (Resource& resource : resources) {
    if (!is_known(resource.put)) resource.put = now;
    if (!is_known(resource.changed)) resource.changed = now;
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
