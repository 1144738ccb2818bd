#include "controller/model/member_texts.h"

#include <fmt/format.h>

#include <optional>
#include <type_traits>
#include <vector>

#include "controller/model/text.h"

namespace isthmus {
namespace {

class MemberTexts {
 public:
  MemberTexts(Realm realm, Told told) : realm_(realm), told_(told) {}

  Realm realm() const { return realm_; }

  template <class T>
  void member(std::string_view name, const T& field, Presence presence,
              Spelling = Spelling::Natural) {
    const bool is_ours = presence == Presence::ReadOnly || presence == Presence::Hidden;
    if (!is_ours || told_ == Told::Everything) add(name, text_of(field));
  }
  template <class Members>
  void object(std::string_view name, Presence, const Members& members) {
    const size_t length = path_.size();
    path_ += fmt::format("{}.", name);
    members();
    path_.resize(length);
  }
  template <class Optional, class Members>
  void optional_object(std::string_view name, const Optional& field, const Members& members) {
    add(name, field ? "set" : "");
    if (field) object(name, Presence::Optional, [&] { members(*field); });
  }
  template <class T, class Members>
  void objects(std::string_view name, const std::vector<T>& field, const Members& members) {
    for (size_t i = 0; i < field.size(); ++i)
      object(fmt::format("{}.{}", name, i), Presence::Optional, [&] { members(field[i]); });
  }
  void reference(std::string_view name, const ResourceId& id, Presence, Kinds, Hold = Hold::Firm) {
    add(name, id.empty() ? "" : id.key());
  }
  void references(std::string_view name, const std::vector<ResourceId>& ids, Kinds,
                  Shown = Shown::Always) {
    std::string keys;
    for (const ResourceId& id : ids) keys += id.key() + ",";
    add(name, std::move(keys));
  }

  const std::map<std::string, std::string>& texts() const { return texts_; }

 private:
  void add(std::string_view name, std::string text) {
    texts_[path_ + std::string(name)] = std::move(text);
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
    return value ? "=" + text_of(*value) : "";
  }
  template <class T>
  static std::string text_of(const std::vector<T>& values) {
    std::string text;
    for (const T& value : values) text += text_of(value) + ",";
    return text;
  }

  const Realm realm_;
  const Told told_;
  std::string path_;
  std::map<std::string, std::string> texts_;
};

}  // namespace

std::map<std::string, std::string> member_texts(Realm realm, const Body& body, Told told) {
  MemberTexts visitor(realm, told);
  describe_body(visitor, body);
  return visitor.texts();
}

}  // namespace isthmus
