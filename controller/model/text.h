// Values as text, and text as values: one place for each type's spelling on the wire.
//
// parse() answers the value, or the reason in words that fit behind "'x' is not a valid
// addressPrefix: ".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "controller/model/resources.h"

namespace isthmus {

template <class T>
using Parsed = tl::expected<T, std::string>;

template <class T>
struct Text;  // { static std::string print(const T&); static Parsed<T> parse(std::string_view); }

#define ISTHMUS_TEXT(Type)                            \
  template <>                                         \
  struct Text<Type> {                                 \
    static std::string print(const Type& value);      \
    static Parsed<Type> parse(std::string_view text); \
  }

ISTHMUS_TEXT(std::string);
ISTHMUS_TEXT(net::IpAddress);
ISTHMUS_TEXT(net::Prefix);
ISTHMUS_TEXT(net::Vni);
ISTHMUS_TEXT(AclAddress);
ISTHMUS_TEXT(AclPorts);
ISTHMUS_TEXT(ExtendedAsNumber);
ISTHMUS_TEXT(NetworkLink);  // "/virtualNetworks/hub 5000us 1000ppm 1000000000bit"
#undef ISTHMUS_TEXT

// A MAC prints in two ways: interfaces without separators, pools with dashes. Both are read
// everywhere.
enum class MacStyle { Compact, Dashed };
template <>
struct Text<net::Mac> {
  static std::string print(const net::Mac& value, MacStyle style = MacStyle::Compact);
  static Parsed<net::Mac> parse(std::string_view text);
};

// Enumerations print by their names (resources.h) and are read in any case.
Parsed<size_t> parse_name(std::span<const std::string_view> names, std::string_view text);
template <NamedEnum E>
struct Text<E> {
  static std::string print(const E& value) {
    const auto index = static_cast<size_t>(value);
    return index < kNames<E>.size() ? std::string(kNames<E>[index]) : std::string();
  }
  static Parsed<E> parse(std::string_view text) {
    return parse_name(kNames<E>, text).map([](size_t index) { return static_cast<E>(index); });
  }
};

// For messages: bytes that are not printable ASCII become '?', and long text is cut.
std::string in_quotes(std::string_view text);

}  // namespace isthmus
