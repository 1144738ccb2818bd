// What a network watcher is asked: next hop, IP flow verify, connectivity check, topology. Every
// answer is that of the routes, access lists and explanations that packets meet.
//
// Source: Azure REST reference, Network Watchers 2022-01-01, and recorded answers.
#pragma once

#include <string>

#include "api/arm/actions.h"

namespace isthmus::api::arm {

Result<std::string> next_hop(const Question& question);
Result<std::string> verify_ip_flow(const Question& question);
Result<std::string> check_connectivity(const Question& question);
Result<std::string> topology(const Question& question);

}  // namespace isthmus::api::arm
