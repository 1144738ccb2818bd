// The visitor that writes a resource's members into a JSON object. For .cc files of this folder.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "api/json/json_text.h"
#include "controller/model/resources.h"
#include "controller/model/text.h"

namespace isthmus::api::json {

// The store keeps members that no client sees.
enum class Audience : uint8_t { Client, Store };

class JsonWriter {
 public:
  // A reference of a name in `opened` is written with properties, which are empty.
  JsonWriter(JsonText& out, Realm realm, Audience audience,
             std::span<const std::string_view> opened = {})
      : out_(out), realm_(realm), audience_(audience), opened_(opened) {}

  Realm realm() const { return realm_; }

  template <class T>
  void member(std::string_view name, const T& field, Presence presence,
              Spelling spelling = Spelling::Natural) {
    if (presence == Presence::Hidden && audience_ == Audience::Client) return;
    if (is_absent(field)) {
      if (spelling == Spelling::Blank) out_.text(name, "");
      return;
    }
    out_.key(name);
    write(field, spelling);
  }

  template <class Members>
  void object(std::string_view name, Presence presence, const Members& members) {
    const bool outer = is_in_optional_object_;
    is_in_optional_object_ = presence == Presence::Optional;
    out_.key(name);
    out_.object();
    members();
    out_.end_object();
    is_in_optional_object_ = outer;
  }

  template <class Optional, class Members>
  void optional_object(std::string_view name, const Optional& field, const Members& members) {
    if (field) object(name, Presence::Optional, [&] { members(*field); });
  }

  template <class T, class Members>
  void objects(std::string_view name, const std::vector<T>& field, const Members& members) {
    if (is_absent(field)) return;
    out_.key(name);
    out_.array();
    for (const T& element : field) {
      out_.object();
      members(element);
      out_.end_object();
    }
    out_.end_array();
  }

  void reference(std::string_view name, const ResourceId& target, Presence, Kinds,
                 Hold = Hold::Firm) {
    if (target.empty()) return;
    if (name == kItself) {
      out_.text(reference_name(realm_), target.reference());
      return;
    }
    out_.key(name);
    write(target, std::find(opened_.begin(), opened_.end(), name) != opened_.end());
  }
  void references(std::string_view name, const std::vector<ResourceId>& targets, Kinds,
                  Shown shown = Shown::Always) {
    if (is_absent(targets) || (shown == Shown::IfAny && targets.empty())) return;
    out_.key(name);
    out_.array();
    for (const ResourceId& target : targets) write(target);
    out_.end_array();
  }

 private:
  void write(const ResourceId& target, bool is_opened = false) {
    out_.object();
    out_.text(reference_name(realm_), target.reference());
    if (is_opened) out_.key("properties").object().end_object();
    out_.end_object();
  }

  template <class T>
  bool is_absent(const T&) const {
    return false;
  }
  template <class T>
  bool is_absent(const std::optional<T>& field) const {
    return !field;
  }
  // Empty lists are written, but an unset object is {}: dhcpOptions, dnsSettings.
  template <class T>
  bool is_absent(const std::vector<T>& field) const {
    return is_in_optional_object_ && field.empty();
  }
  bool is_absent(const std::string& field) const { return field.empty(); }

  template <class T>
  void write(const T& field, Spelling spelling) {
    if constexpr (std::is_same_v<T, bool>) {
      if (spelling == Spelling::AsTitle) {
        out_.text(field ? "True" : "False");
      } else {
        out_.boolean(field);
      }
    } else if constexpr (std::is_integral_v<T>) {
      if (spelling == Spelling::AsText) {
        out_.text(std::to_string(field));
      } else {
        out_.number(field);
      }
    } else if constexpr (std::is_same_v<T, net::Mac>) {
      out_.text(Text<T>::print(
          field, spelling == Spelling::Dashed ? MacStyle::Dashed : MacStyle::Compact));
    } else if (std::is_enum_v<T> && spelling == Spelling::AsTitle) {
      out_.text(as_title(Text<T>::print(field)));
    } else {
      out_.text(Text<T>::print(field));
    }
  }
  // "TCP" -> "Tcp"
  static std::string as_title(const std::string& text) {
    return text.empty() ? text : text[0] + lower_case(std::string_view(text).substr(1));
  }
  template <class T>
  void write(const std::optional<T>& field, Spelling spelling) {
    write(*field, spelling);
  }
  template <class T>
  void write(const std::vector<T>& field, Spelling spelling) {
    out_.array();
    for (const T& element : field) write(element, spelling);
    out_.end_array();
  }

  JsonText& out_;
  const Realm realm_;
  const Audience audience_;
  const std::span<const std::string_view> opened_;
  bool is_in_optional_object_ = false;
};

}  // namespace isthmus::api::json
