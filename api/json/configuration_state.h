// configurationState: how the hosts took what the controller gave them. Here they take everything
// at once, except for faults that are switched on at a host (HostFault in
// controller/model/host.h).
//
// Sources: the Network Controller northbound API (codes, members), answers of real controllers
// (sources, messages).
#pragma once

#include "api/json/json_text.h"
#include "controller/model/model.h"

namespace isthmus::api::json {

// For the types that have one: hosts, what runs on them, and what is distributed to them.
void write_configuration_state(JsonText& out, const Model& model, const Resource& resource);

// Whether that says Success; types that have none are always well.
bool is_healthy(const Model& model, const Resource& resource);

// One sentence for a fault, as detailedInfo gives it.
std::string_view message_of(HostFault fault);

}  // namespace isthmus::api::json
