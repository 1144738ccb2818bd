#include "controller/rules/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "controller/model/member_texts.h"
#include "controller/model/references.h"

namespace isthmus {
namespace {

tl::unexpected<Error> broken(std::string message) {
  return fail(ErrorCode::InvalidRequestContent, "",
              "The backup is not whole: " + std::move(message) + ".");
}

// Before they are a model, which holds one resource of a path and one of a serial.
Result<void> check_different(const std::vector<ResourcePtr>& resources) {
  std::set<ResourceId> ids;
  std::set<Serial> serials;
  for (const ResourcePtr& resource : resources) {
    if (!ids.insert(resource->id).second)
      return broken(fmt::format("{} stands in it twice", resource->id.path()));
    if (!serials.insert(resource->serial).second)
      return broken(fmt::format("{} has the number of another resource", resource->id.path()));
  }
  return {};
}

// A serial stands for one resource, before and after a change: the forwarding program is keyed by
// it. Another controller has given the same ones to others, and so has this one after a restart,
// since it goes on behind the highest that is stored.
void renumber(const Model& model, std::vector<ResourcePtr>& resources) {
  Serial last = Model(model).next_serial();
  for (const ResourcePtr& resource : resources) last = std::max(last, resource->serial);
  for (ResourcePtr& resource : resources) {
    const Resource* holder = model.find(resource->serial);
    if (holder == nullptr || holder->id == resource->id) continue;
    Resource other = *resource;
    other.serial = ++last;
    resource = std::make_shared<const Resource>(std::move(other));
  }
}

// The state may be an older one than the backup, too: a copy that was put back.
void stamp(const Model& model, const Uuid& made_by, Stamp now,
           std::vector<ResourcePtr>& resources) {
  const auto is_known = [&](const Stamp& stamp) {
    return made_by == model.identity() && stamp.revision <= model.revision();
  };
  for (ResourcePtr& resource : resources) {
    if (is_known(resource->put) && is_known(resource->changed)) continue;
    Resource other = *resource;
    if (!is_known(other.put)) other.put = now;
    if (!is_known(other.changed)) other.changed = now;
    resource = std::make_shared<const Resource>(std::move(other));
  }
}

bool same(const Resource& a, const Resource& b) {
  const bool same_annotations =
      a.annotations == b.annotations ||
      (a.annotations && b.annotations && *a.annotations == *b.annotations);
  return a.serial == b.serial && a.instance_id == b.instance_id && a.put == b.put &&
         a.changed == b.changed && same_annotations &&
         member_texts(a.id.realm(), a.body, Told::Everything) ==
             member_texts(b.id.realm(), b.body, Told::Everything);
}

// What has to change for the model to hold these resources and no others: few, where little is
// different.
std::vector<ResourceChange> changes_to(const Model& model,
                                       const std::vector<ResourcePtr>& resources) {
  std::vector<ResourceChange> changes;
  std::set<ResourceId> wanted;
  for (const ResourcePtr& resource : resources) wanted.insert(resource->id);
  for (const KindInfo& row : kKinds) {
    for (const ResourcePtr& present : model.collection(row.kind)) {
      if (!wanted.contains(present->id)) changes.push_back({present, nullptr});
    }
  }
  for (const ResourcePtr& resource : resources) {
    ResourcePtr present = model.find_shared(resource->id);
    if (present && (present == resource || same(*present, *resource))) continue;
    changes.push_back({std::move(present), resource});
  }
  return changes;
}

Result<void> check_whole(const Model& restored, const std::vector<ResourcePtr>& resources) {
  for (const ResourcePtr& resource : resources) {
    const ResourceId parent = resource->id.parent();
    if (!parent.empty() && restored.find(parent) == nullptr)
      return broken(fmt::format("{} is missing", parent.path()));
    const ResourceId* missing = nullptr;
    for_each_reference(resource->id.realm(), resource->body,
                       [&](const ResourceId& target, const ReferenceMember& member) {
                         if (member.hold == Hold::Firm && restored.find(target) == nullptr)
                           missing = &target;
                       });
    if (missing != nullptr)
      return broken(
          fmt::format("{}, which {} refers to, is missing", missing->path(), resource->id.path()));
  }
  return {};
}

std::vector<Outcome> outcomes_at_the_top(const std::vector<ResourceChange>& changes,
                                         const std::vector<ResourcePtr>& resources) {
  std::vector<Outcome> outcomes;
  std::map<ResourceId, Effect> changed;
  for (const ResourceChange& change : changes) {
    const ResourceId& id = change.any().id;
    if (!id.parent().empty()) continue;
    if (!change.after) outcomes.push_back({Effect::Deleted, id});
    if (change.after) changed[id] = change.before ? Effect::Updated : Effect::Created;
  }
  for (const ResourcePtr& resource : resources) {
    if (!resource->id.parent().empty()) continue;
    const auto found = changed.find(resource->id);
    outcomes.push_back({found == changed.end() ? Effect::Unchanged : found->second, resource->id});
  }
  return outcomes;
}

}  // namespace

Result<Applied> restore(const Model& model, const Uuid& made_by, std::vector<ResourcePtr> resources,
                        int64_t time_ms) {
  if (auto different = check_different(resources); !different)
    return tl::unexpected(different.error());
  const Stamp now{model.revision() + 1, time_ms};
  renumber(model, resources);
  stamp(model, made_by, now, resources);
  Applied applied;
  applied.model = model;
  applied.changes = changes_to(model, resources);
  applied.model.update(applied.changes);
  if (auto whole = check_whole(applied.model, resources); !whole)
    return tl::unexpected(whole.error());
  applied.model.set_revision(now.revision);
  applied.outcomes = outcomes_at_the_top(applied.changes, resources);
  return applied;
}

}  // namespace isthmus
