// A lab document to the change that makes a model hold what it says: the same drafts that the
// Network Controller API makes of its bodies.
//
// Members that the document cannot say keep the value that the resource has. Rules and routes are
// part of their list, which becomes what the document says; subnets are resources of their own, and
// stay. Each operation is a put that changes nothing where nothing differs, so that a document
// applied twice changes nothing the second time. Order: access lists, route tables, networks with
// their subnets, peerings, interfaces (those with a given address first, so that none is taken by
// allocation); each in the order of the document.
#pragma once

#include <string_view>

#include "api/control/lab/document.h"
#include "controller/model/model.h"
#include "controller/rules/change.h"

namespace isthmus::api::lab {

enum class Prune : uint8_t {
  Keep,    // nothing is deleted
  Delete,  // what a lab document could say and this one does not is deleted
};

// Each draft's pointer is where it stands in the document. What pruning deletes before the puts:
// interfaces (also those whose subnet goes, or whose address another one is given: they are created
// again), peerings; after them: networks, route tables, access lists. What a fresh controller is
// seeded with is never deleted.
Change expand(const LabDocument& document, const Model& model, Prune prune);

// Names that the document leaves open.
std::string default_peering_name(std::string_view from, std::string_view to);  // "hub-to-spoke1"
std::string default_route_name(net::Prefix prefix);                            // "to-10.1.0.0_16"
std::string default_rule_name(RuleType type, uint32_t priority);               // "in-100"
inline constexpr std::string_view kDefaultIpConfigurationName =
    "ipconfig1";  // as isthmus nic create

}  // namespace isthmus::api::lab
