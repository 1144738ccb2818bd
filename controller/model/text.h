// Values as text, and text as values: one place for each type's spelling on the wire.
//
// parse() answers the value, or the reason in words that fit behind "'x' is not a valid
// addressPrefix: ".
#pragma once

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
ISTHMUS_TEXT(Allocation);
ISTHMUS_TEXT(Toggle);
ISTHMUS_TEXT(DistributedRouter);
ISTHMUS_TEXT(Encapsulation);
ISTHMUS_TEXT(DefaultAction);
ISTHMUS_TEXT(RuleAction);
ISTHMUS_TEXT(RuleType);
ISTHMUS_TEXT(RuleProtocol);
ISTHMUS_TEXT(NextHopType);
ISTHMUS_TEXT(PeeringState);
#undef ISTHMUS_TEXT

// A MAC prints in two ways: interfaces without separators, pools with dashes. Both are read
// everywhere.
enum class MacStyle { Compact, Dashed };
template <>
struct Text<net::Mac> {
  static std::string print(const net::Mac& value, MacStyle style = MacStyle::Compact);
  static Parsed<net::Mac> parse(std::string_view text);
};

// For messages: bytes that are not printable ASCII become '?', and long text is cut.
std::string in_quotes(std::string_view text);

}  // namespace isthmus
