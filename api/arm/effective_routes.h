// The routes of a network interface as Azure tells them (Network Interfaces - Get Effective Route
// Table): the same routes that its packets follow and `explain` names.
#pragma once

#include <string>
#include <string_view>

#include "controller/model/model.h"
#include "controller/routes/routes.h"

namespace isthmus::api::arm {

// The subnet of an interface's primary IP configuration; null where there is none.
const Resource* primary_subnet(const Model& model, const Resource& interface);

// "VNetGlobalPeering"; between networks of one location "VNetPeering".
std::string_view next_hop_type(const Model& model, const RouteCandidate& route);

// {"value": [...]}: the system routes first, then those of gateways, then the user's; within each
// the network's own, then its peers'. A route that lost to one of the same prefix is Invalid.
std::string effective_routes_text(const Model& model, const Resource& interface);

}  // namespace isthmus::api::arm
