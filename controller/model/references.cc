#include "controller/model/references.h"

#include <fmt/format.h>

#include "controller/model/text.h"

namespace isthmus {
namespace {

template <class Id, class See>
class ReferenceVisitor {
 public:
  ReferenceVisitor(Realm realm, const See& see) : realm_(realm), see_(see) {}

  Realm realm() const { return realm_; }

  template <class T>
  void member(std::string_view, T&, Presence, Spelling = Spelling::Natural) {}

  template <class Members>
  void object(std::string_view name, Presence, const Members& members) {
    const size_t length = pointer_.size();
    pointer_.append("/").append(name);
    members();
    pointer_.resize(length);
  }

  template <class Optional, class Members>
  void optional_object(std::string_view name, Optional& field, const Members& members) {
    if (field) object(name, Presence::Optional, [&] { members(*field); });
  }

  template <class List, class Members>
  void objects(std::string_view name, List& field, const Members& members) {
    for (size_t i = 0; i < field.size(); ++i)
      object(fmt::format("{}/{}", name, i), Presence::Optional, [&] { members(field[i]); });
  }

  void reference(std::string_view name, Id& id, Presence, Kinds kinds, Hold hold = Hold::Firm) {
    if (!id.empty()) see_(id, {pointer_, name, kinds, std::nullopt, hold});
  }
  template <class List>
  void references(std::string_view name, List& ids, Kinds kinds, Shown = Shown::Always) {
    for (size_t i = 0; i < ids.size(); ++i) see_(ids[i], {pointer_, name, kinds, i});
  }

 private:
  const Realm realm_;
  const See& see_;
  std::string pointer_ = "/properties";
};

// Prints what a client may write, so that two bodies compare as their print does.
class WritableText {
 public:
  explicit WritableText(Realm realm) : realm_(realm) {}
  Realm realm() const { return realm_; }

  template <class T>
  void member(std::string_view, const T& field, Presence presence, Spelling = Spelling::Natural) {
    if (presence != Presence::ReadOnly && presence != Presence::Hidden) print(field);
  }
  template <class Members>
  void object(std::string_view, Presence, const Members& members) {
    members();
  }
  template <class Optional, class Members>
  void optional_object(std::string_view, const Optional& field, const Members& members) {
    text += field ? '+' : '-';
    if (field) members(*field);
  }
  template <class T, class Members>
  void objects(std::string_view, const std::vector<T>& field, const Members& members) {
    text += '[';
    for (const T& element : field) {
      members(element);
      text += ';';
    }
    text += ']';
  }
  void reference(std::string_view, const ResourceId& id, Presence, Kinds, Hold = Hold::Firm) {
    text += id.empty() ? "" : id.key();
    text += '\n';
  }
  void references(std::string_view, const std::vector<ResourceId>& ids, Kinds,
                  Shown = Shown::Always) {
    text += '[';
    for (const ResourceId& id : ids) text += id.key() + '\n';
    text += ']';
  }

  std::string text;

 private:
  const Realm realm_;

  template <class T>
  void print(const T& value) {
    if constexpr (std::is_arithmetic_v<T>) {
      text += std::to_string(value);
    } else {
      text += Text<T>::print(value);
    }
    text += '\n';
  }
  template <class T>
  void print(const std::optional<T>& value) {
    text += value ? '+' : '-';
    if (value) print(*value);
  }
  template <class T>
  void print(const std::vector<T>& values) {
    text += '[';
    for (const T& value : values) print(value);
    text += ']';
  }
};

}  // namespace

std::string ReferenceMember::pointer() const {
  if (name == kItself) return std::string(object);
  return index ? fmt::format("{}/{}/{}", object, name, *index) : fmt::format("{}/{}", object, name);
}

void for_each_reference(Realm realm, const Body& body,
                        const std::function<void(const ResourceId&, const ReferenceMember&)>& see) {
  ReferenceVisitor<const ResourceId, std::remove_cvref_t<decltype(see)>> visitor(realm, see);
  describe_body(visitor, body);
}

void for_each_reference(Realm realm, Body& body,
                        const std::function<void(ResourceId&, const ReferenceMember&)>& see) {
  ReferenceVisitor<ResourceId, std::remove_cvref_t<decltype(see)>> visitor(realm, see);
  describe_body(visitor, body);
}

bool same_writable_members(Realm realm, const Body& a, const Body& b) {
  if (a.kind() != b.kind()) return false;
  WritableText first(realm);
  WritableText second(realm);
  describe_body(first, a);
  describe_body(second, b);
  return first.text == second.text;
}

}  // namespace isthmus
