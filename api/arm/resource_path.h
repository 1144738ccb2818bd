// Where a call on resources leads: the path below /subscriptions/ID, taken apart. Pure.
#pragma once

#include <span>
#include <string>

#include "controller/base/error.h"
#include "controller/model/resource_id.h"

namespace isthmus::api::arm {

enum class Form : uint8_t {
  Groups,            // /subscriptions/S/resourceGroups
  Group,             // /subscriptions/S/resourceGroups/G
  Everything,        // /subscriptions/S/resources, and the same of a group
  Collection,        // .../providers/Microsoft.Network/virtualNetworks, of a group or subscription;
                     // .../virtualNetworks/V/subnets
  Item,              // .../virtualNetworks/V
  Tags,              // {id}/providers/Microsoft.Resources/tags/default
  Action,            // .../networkInterfaces/N/effectiveRouteTable: see actions.h
  AddressAvailable,  // .../virtualNetworks/V/CheckIPAddressAvailability
  Operation,         // /subscriptions/S/providers/Microsoft.Network/locations/L/operations/ID
  OperationResult,   // the same, .../operationResults/ID
  Usages,            // .../locations/L/usages
};

struct Place {
  Form form = Form::Groups;
  ResourceId id;           // the item; of a collection what it is listed below; of an operation
                           // and of usages the subscription
  Kind kind = Kind::None;  // of the items
  std::string name;        // of an operation, an action, or the location
};

// `segments` begin with "subscriptions" and the id of one. Words are compared without case.
// ResourceNotFound where there is nothing, InvalidResourceName for a name that nothing has.
Result<Place> parse_place(std::span<const std::string> segments);

}  // namespace isthmus::api::arm
