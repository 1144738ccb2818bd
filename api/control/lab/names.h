// Names of resources that a lab document leaves open.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "controller/model/resources.h"

namespace isthmus::api::lab {

std::string default_peering_name(std::string_view from, std::string_view to,
                                 Realm realm = Realm::Onprem);    // "hub-to-spoke1"
std::string default_route_name(net::Prefix prefix);               // "to-10.1.0.0_16"
std::string default_rule_name(RuleType type, uint32_t priority);  // "in-100"
inline constexpr std::string_view kDefaultIpConfigurationName =
    "ipconfig1";  // as isthmus nic create

// One name for each of `count` children, all different: the given one, else the one that the child
// has already, else one made of its value.
struct NameSources {
  std::function<std::string(size_t)> given;  // "" for none
  std::function<std::string(size_t)> kept;   // "" for none
  std::function<std::string(size_t)> made;
};
std::vector<std::string> choose_names(size_t count, const NameSources& sources);

}  // namespace isthmus::api::lab
