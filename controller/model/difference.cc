#include "controller/model/difference.h"

#include <algorithm>
#include <map>

#include "controller/model/member_texts.h"

namespace isthmus {
namespace {

// "addressSpace.addressPrefixes" -> "/properties/addressSpace/addressPrefixes"
std::string pointer_to(std::string member) {
  std::replace(member.begin(), member.end(), '.', '/');
  return "/properties/" + member;
}

std::vector<std::string> members_that_differ(const Resource& before, const Resource& after) {
  const auto was = member_texts(before.id.realm(), before.body, Told::Everything);
  const auto is = member_texts(after.id.realm(), after.body, Told::Everything);
  std::vector<std::string> members;
  for (const auto& [member, text] : was) {
    const auto other = is.find(member);
    if (other == is.end() || other->second != text) members.push_back(pointer_to(member));
  }
  for (const auto& [member, text] : is) {
    if (!was.contains(member)) members.push_back(pointer_to(member));
  }
  const bool same_annotations =
      before.annotations == after.annotations ||
      (before.annotations && after.annotations && *before.annotations == *after.annotations);
  if (!same_annotations) members.emplace_back("/resourceMetadata");
  return members;
}

}  // namespace

std::vector<ModelDifference> differences(const Model& before, const Model& after) {
  std::vector<ModelDifference> found;
  for (const KindInfo& row : kKinds) {
    std::map<ResourceId, ModelDifference> of_kind;
    for (const ResourcePtr& was : before.collection(row.kind)) {
      const Resource* is = after.find(was->id);
      if (is == was.get()) continue;
      if (is == nullptr) {
        of_kind.insert({was->id, {Difference::Deleted, was->id, {}}});
        continue;
      }
      auto members = members_that_differ(*was, *is);
      if (!members.empty())
        of_kind.insert({was->id, {Difference::Updated, was->id, std::move(members)}});
    }
    for (const ResourcePtr& is : after.collection(row.kind)) {
      if (before.find(is->id) == nullptr)
        of_kind.insert({is->id, {Difference::Created, is->id, {}}});
    }
    for (auto& [id, difference] : of_kind) found.push_back(std::move(difference));
  }
  return found;
}

}  // namespace isthmus
