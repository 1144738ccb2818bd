#include "api/arm/actions.h"

#include <array>

#include "api/arm/effective_routes.h"
#include "api/arm/effective_rules.h"
#include "api/arm/watcher.h"

namespace isthmus::api::arm {
namespace {

Result<std::string> effective_route_table(const Question& question) {
  return effective_routes_text(question.model, question.resource);
}
Result<std::string> effective_security_groups(const Question& question) {
  return effective_rules_text(question.model, question.resource);
}

constexpr std::array kActions = {
    Action{Kind::NetworkInterface, "effectiveRouteTable", &effective_route_table},
    Action{Kind::NetworkInterface, "effectiveNetworkSecurityGroups", &effective_security_groups},
    Action{Kind::NetworkWatcher, "nextHop", &next_hop},
    Action{Kind::NetworkWatcher, "ipFlowVerify", &verify_ip_flow},
    Action{Kind::NetworkWatcher, "connectivityCheck", &check_connectivity},
    Action{Kind::NetworkWatcher, "topology", &topology, false},
};

}  // namespace

std::span<const Action> actions() { return kActions; }

const Action* find_action(Kind kind, std::string_view name) {
  for (const Action& action : kActions) {
    if (action.kind == kind && equal_ignoring_case(action.name, name)) return &action;
  }
  return nullptr;
}

}  // namespace isthmus::api::arm
