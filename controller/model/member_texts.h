// What a resource says, member by member, as text: to tell where two of them differ.
#pragma once

#include <map>
#include <string>

#include "controller/model/resources.h"

namespace isthmus {

// Which members: all of them, or those that a client may write.
enum class Told : uint8_t { Everything, WhatClientsWrite };

// By name: "addressSpace.addressPrefixes", "connections.0.credential". Equal texts are equal
// values.
std::map<std::string, std::string> member_texts(Realm realm, const Body& body, Told told);

}  // namespace isthmus
