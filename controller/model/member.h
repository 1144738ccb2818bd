// How the types of resources tell their members: once each, in wire order, to any visitor.
// Decoding, encoding, storing, comparing and following references are visitors; a member that is
// not told does not exist. The types and what they tell stand side by side in the other headers
// here.
//
// A visitor has
//   realm()                                        whose members are told
//   member(name, field, presence, spelling)       a value: bool, number, text type (text.h),
//                                                 optional or vector of one
//   object(name, presence, members)               a nested JSON object; members() visits what is in
//   optional_object(name, optional_field, members)    the same where it may be absent
//   objects(name, vector_field, members)          a list of objects; members(element)
//   reference(name, id, presence, kinds, hold)    {"resourceRef": ...} to one of `kinds`, in Azure
//                                                 {"id": ...}; as kItself, the object that is
//                                                 told is the reference, and has more members
//   references(name, vector_of_ids, kinds, shown)     a list of those
// and is called with a const or a mutable body.
//
// Sources: the Network Controller northbound API; names and types as real controllers print them.
#pragma once

#include <concepts>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "controller/model/kind.h"
#include "controller/model/named_enum.h"
#include "controller/model/resource_id.h"
#include "dataplane/net/ip.h"
#include "dataplane/net/link.h"

namespace isthmus {

enum class Presence {
  Required,  // a client must send it
  Optional,
  ReadOnly,  // decided here: ignored on input, stored and printed
  Hidden,    // decided here, stored and never printed
};

enum class Spelling {
  Natural,
  AsText,   // a number as "101"
  AsTitle,  // a boolean as "True", TCP as "Tcp"
  Dashed,   // a MAC address as "00-1D-D8-07-00-00"
  Blank,    // "" where there is no value, instead of no member
};

enum class Shown { Always, IfAny };  // a list in answers

// What a reference means for what it names.
enum class Hold {
  Firm,   // it cannot be deleted
  Loose,  // it may be gone, and come back
};

using Kinds = std::initializer_list<Kind>;

inline constexpr std::string_view kItself = "";  // the name of a reference, see above

// The member of a reference that has the id.
constexpr std::string_view reference_name(Realm realm) {
  return realm == Realm::Azure ? "id" : "resourceRef";
}

template <class B, class T>
concept MaybeConst = std::same_as<std::remove_const_t<B>, T>;

enum class Allocation : uint8_t { Dynamic, Static };
template <>
inline constexpr auto kNames<Allocation> = names("Dynamic", "Static");

enum class Toggle : uint8_t { Disabled, Enabled };
template <>
inline constexpr auto kNames<Toggle> = names("Disabled", "Enabled");

}  // namespace isthmus
