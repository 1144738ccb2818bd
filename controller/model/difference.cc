#include "controller/model/difference.h"

#include <fmt/format.h>

#include <map>
#include <type_traits>

#include "controller/model/text.h"

namespace isthmus {
namespace {

// Every member as text, by its JSON pointer.
class MemberTexts {
 public:
  template <class T>
  void member(std::string_view name, const T& field, Presence, Spelling = Spelling::Natural) {
    add(name, text_of(field));
  }
  template <class Members>
  void object(std::string_view name, Presence, const Members& members) {
    const size_t length = pointer_.size();
    pointer_ += fmt::format("/{}", name);
    members();
    pointer_.resize(length);
  }
  template <class Optional, class Members>
  void optional_object(std::string_view name, const Optional& field, const Members& members) {
    if (!field) return;
    add(name, "there");
    object(name, Presence::Optional, [&] { members(*field); });
  }
  template <class T, class Members>
  void objects(std::string_view name, const std::vector<T>& field, const Members& members) {
    for (size_t i = 0; i < field.size(); ++i)
      object(fmt::format("{}/{}", name, i), Presence::Optional, [&] { members(field[i]); });
  }
  void reference(std::string_view name, const ResourceId& id, Presence, Kinds) {
    if (!id.empty()) add(name, id.key());
  }
  void references(std::string_view name, const std::vector<ResourceId>& ids, Kinds,
                  Shown = Shown::Always) {
    for (size_t i = 0; i < ids.size(); ++i) add(fmt::format("{}/{}", name, i), ids[i].key());
  }

  // By pointer: what one of two bodies has and the other has not, or has otherwise.
  static std::vector<std::string> that_differ(const MemberTexts& a, const MemberTexts& b) {
    std::vector<std::string> pointers;
    for (const auto& [pointer, text] : a.texts_) {
      const auto other = b.texts_.find(pointer);
      if (other == b.texts_.end() || other->second != text) pointers.push_back(pointer);
    }
    for (const auto& [pointer, text] : b.texts_) {
      if (!a.texts_.contains(pointer)) pointers.push_back(pointer);
    }
    return pointers;
  }

 private:
  void add(std::string_view name, std::string text) {
    texts_[fmt::format("{}/{}", pointer_, name)] = std::move(text);
  }

  template <class T>
  static std::string text_of(const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      return std::to_string(value);
    } else {
      return Text<T>::print(value);
    }
  }
  template <class T>
  static std::string text_of(const std::optional<T>& value) {
    return value ? text_of(*value) : std::string();
  }
  template <class T>
  static std::string text_of(const std::vector<T>& values) {
    std::string text;
    for (const T& value : values) text += text_of(value) + "\n";
    return text;
  }

  std::string pointer_ = "/properties";
  std::map<std::string, std::string> texts_;
};

std::vector<std::string> members_that_differ(const Resource& before, const Resource& after) {
  MemberTexts was;
  MemberTexts is;
  describe_body(was, before.body);
  describe_body(is, after.body);
  std::vector<std::string> members = MemberTexts::that_differ(was, is);
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
