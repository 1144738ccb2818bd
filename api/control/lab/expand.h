// A lab document to the change that makes a model hold what it says: the same drafts that the
// Network Controller API makes of its bodies.
//
// Members that the document cannot say keep the value that the resource has. Rules and routes are
// part of their list, which becomes what the document says; subnets are resources of their own, and
// stay. Each operation is a put that changes nothing where nothing differs, so that a document
// applied twice changes nothing the second time. Order: access lists, route tables, networks with
// their subnets, peerings, interfaces (those with a given address first, so that none is taken by
// allocation), in Azure virtual machines; each in the order of the document.
#pragma once

#include <string_view>

#include "api/control/lab/document.h"
#include "api/control/lab/names.h"
#include "controller/model/model.h"
#include "controller/rules/change.h"

namespace isthmus::api::lab {

enum class Prune : uint8_t {
  Keep,    // nothing is deleted
  Delete,  // what a lab document could say and this one does not is deleted
};

// Each draft's pointer is where it stands in the document. What pruning deletes: prune.h.
//
// In Azure the document's group comes first, which is created in the region of the first network
// that names one; networks that name none are in the group's region. Machines and their interfaces
// are in the region of their network; route tables and access lists in that of what uses them.
Change expand(const LabDocument& document, const Model& model, Prune prune);

// An error where a new network of the document is in no region of the cloud, or one that is there
// in another region already.
Result<void> check_locations(const LabDocument& document, const Model& model);

// The resource group of a document, or of that name. The subscription is a UUID.
ResourceId lab_group(std::string_view name,
                     std::string_view subscription = config::kDefaultSubscription);
// What everything of a document stands in: that group, and on-prem nothing.
ResourceId lab_home(const LabDocument& document);
// Names in a document are legal, so that this cannot fail. Below nothing: at the top, on-prem.
ResourceId below(const ResourceId& parent, Kind kind, std::string_view name);
ResourceId interface_id(const ResourceId& home, const LabVm& vm);

}  // namespace isthmus::api::lab
