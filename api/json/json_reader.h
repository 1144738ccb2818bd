// The visitor that fills a resource's members from a JSON object. What it tolerates: draft.h.
//
// It keeps the first problem and ignores everything after it. For .cc files of api/: RapidJSON is
// heavy.
#pragma once

#include <rapidjson/document.h>

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "controller/base/error.h"
#include "controller/model/resources.h"
#include "controller/model/text.h"

namespace isthmus::api::json {

using Value = rapidjson::Value;

// A client does not write the members that the controller decides; the store holds them.
enum class Source : uint8_t { Client, Store };

// The member of this name in any case; null where there is none, or the value is null.
const Value* find_member(const Value& object, std::string_view name);

inline std::string_view text_of(const Value& string) {
  return {string.GetString(), string.GetStringLength()};
}
bool is_blank(const Value& value);  // ""

// What a string, number or boolean says; nothing for lists and objects.
std::optional<std::string> scalar_text(const Value& value);
std::optional<bool> to_bool(const Value& value);
// A whole number from 0 to max.
std::optional<uint64_t> to_unsigned(const Value& value, uint64_t max);

// A body may repeat the name that the URI gives, and must not contradict it.
constexpr std::string_view name_member(Realm realm) {
  return realm == Realm::Azure ? "name" : "resourceId";
}
Result<void> check_name(const Value& body, std::string_view member, std::string_view name);

std::string with_article(std::string_view noun);  // "an IP pool"

// Whose members are read, for messages and references: a resource, or the body of a call that is
// none.
struct Owner {
  Owner(const ResourceId& id)
      : kind(id.kind()), realm(id.realm()), noun(info(kind).noun), path(id.path()) {}
  explicit Owner(std::string_view noun_of_call) : noun(noun_of_call) {}

  Kind kind = Kind::None;
  Realm realm = Realm::Onprem;
  std::string_view noun;
  std::string_view path = {};  // the id that it was made from, which outlives it
};

class JsonReader {
 public:
  // `properties` may be null: nothing is given. `pointer` is where it stands in the request.
  JsonReader(const Value* properties, const Owner& owner, std::string pointer, Source source)
      : object_(properties), owner_(owner), pointer_(std::move(pointer)), source_(source) {}

  const std::optional<Error>& problem() const { return problem_; }
  Realm realm() const { return owner_.realm; }

  template <class T>
  void member(std::string_view name, T& field, Presence presence, Spelling = Spelling::Natural) {
    const Value* value = given(name, presence);
    if (value == nullptr) return;
    const Step step(*this, name);
    read(*value, field);
  }

  template <class Members>
  void object(std::string_view name, Presence presence, const Members& members) {
    const Value* value = given(name, presence);
    if (value == nullptr) return;
    const Step step(*this, name);
    enter(*value, members);
  }

  template <class Optional, class Members>
  void optional_object(std::string_view name, Optional& field, const Members& members) {
    const Value* value = given(name, Presence::Optional);
    if (value == nullptr) return;
    const Step step(*this, name);
    enter(*value, [&] { members(field.emplace()); });
  }

  template <class T, class Members>
  void objects(std::string_view name, std::vector<T>& field, const Members& members) {
    each(name, [&](const Value& value) { enter(value, [&] { members(field.emplace_back()); }); });
  }

  void reference(std::string_view name, ResourceId& target, Presence presence, Kinds kinds,
                 Hold = Hold::Firm);
  void references(std::string_view name, std::vector<ResourceId>& targets, Kinds kinds,
                  Shown = Shown::Always);

 private:
  // What messages name: the member that is being read, or an element of it.
  struct Place {
    std::string_view name;
    bool in_list = false;
  };

  // One step down the pointer, for as long as it lives.
  class Step {
   public:
    Step(JsonReader& reader, std::string_view name)
        : reader_(reader), length_(reader.pointer_.size()), outer_(reader.place_) {
      reader.pointer_.append("/").append(name);
      reader.place_ = {name, false};
    }
    Step(JsonReader& reader, size_t index)
        : reader_(reader), length_(reader.pointer_.size()), outer_(reader.place_) {
      reader.pointer_.append("/").append(std::to_string(index));
      reader.place_.in_list = true;
    }
    ~Step() {
      reader_.pointer_.resize(length_);
      reader_.place_ = outer_;
    }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    JsonReader& reader_;
    const size_t length_;
    const Place outer_;
  };

  // The value to read; null when there is none, which may be a problem.
  const Value* given(std::string_view name, Presence presence);

  // Reads each element of a list, if there is one.
  template <class Read>
  void each(std::string_view name, const Read& read) {
    const Value* value = given(name, Presence::Optional);
    if (value == nullptr) return;
    const Step step(*this, name);
    each(*value, read);
  }
  template <class Read>
  void each(const Value& list, const Read& read) {
    if (!list.IsArray()) return refuse_form("a list");
    for (rapidjson::SizeType i = 0; i < list.Size() && !problem_; ++i) {
      if (list[i].IsNull()) continue;
      const Step step(*this, i);
      read(list[i]);
    }
  }

  template <class Members>
  void enter(const Value& value, const Members& members) {
    if (!value.IsObject()) return refuse_form("an object");
    const Value* const outer = object_;
    object_ = &value;
    members();
    object_ = outer;
  }

  void read(const Value& value, bool& field);
  template <class T>
  void read(const Value& value, T& field) {
    if constexpr (std::is_integral_v<T>) {
      const auto number = to_unsigned(value, std::numeric_limits<T>::max());
      if (!number) return refuse_number(value, std::numeric_limits<T>::max());
      field = static_cast<T>(*number);
    } else {
      const auto text = scalar_text(value);
      if (!text) return refuse_form("text");
      auto parsed = Text<T>::parse(*text);
      if (!parsed) return refuse_text<T>(*text, parsed.error());
      field = std::move(*parsed);
    }
  }
  template <class T>
  void read(const Value& value, std::optional<T>& field) {
    T present{};
    read(value, present);
    field = std::move(present);
  }
  template <class T>
  void read(const Value& value, std::vector<T>& field) {
    if (value.IsString()) return read(value, field.emplace_back());  // a list of one
    each(value, [&](const Value& element) { read(element, field.emplace_back()); });
  }

  void read_reference(const Value& value, ResourceId& target, Presence presence, Kinds kinds);
  Result<ResourceId> parse_reference(std::string_view text, Kinds kinds) const;
  Result<ResourceId> invalid_azure_id(std::string_view text) const;

  // A prefix that cannot be read is told in the words of the realm.
  template <class T>
  void refuse_text(const std::string& text, std::string_view why) {
    if constexpr (std::is_same_v<T, net::Prefix>) {
      if (owner_.realm == Realm::Azure) return refuse_azure_prefix(text);
    }
    refuse(text, why);
  }
  void refuse_azure_prefix(std::string_view text);
  void refuse(std::string_view shown, std::string_view why);
  void refuse_form(std::string_view wanted);
  void refuse_number(const Value& value, uint64_t max);

  const Value* object_;
  const Owner owner_;
  std::string pointer_;
  Place place_;
  const Source source_;
  std::optional<Error> problem_;
};

}  // namespace isthmus::api::json
