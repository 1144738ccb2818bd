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
  NetworkUsages,     // .../virtualNetworks/V/usages
  DefaultRules,      // .../networkSecurityGroups/N/defaultSecurityRules
  DefaultRule,       // the same, .../NAME
  SharedKey,         // .../connections/C/sharedkey
  Operation,         // /subscriptions/S/providers/Microsoft.Network/locations/L/operations/ID
  OperationResult,   // the same, .../operationResults/ID
  Usages,            // .../locations/L/usages
  ServiceTags,       // .../locations/L/serviceTags
  NameAvailable,     // .../locations/L/CheckDnsNameAvailability
  Deployment,        // {id}/providers/Microsoft.Resources/deployments/NAME, of a group or
                     // subscription
  DeploymentAction,  // the same, .../validate or .../whatIf
};

struct Place {
  Form form = Form::Groups;
  ResourceId id;           // the item; of a collection what it is listed below; of what a location
                           // has the subscription
  Kind kind = Kind::None;  // of the items
  std::string name;  // of an operation, an action, a default rule, a deployment, or the location,
                     // in lower case and without blanks
};

// A path that ends in a word where a type would stand, or in a word and a name. One table: a row
// per word.
struct Word {
  Kind kind;  // of the resource that it stands below; None: of a location
  std::string_view word;
  Form form;
  bool has_name = false;
};
std::span<const Word> words();

// ResourceNotFound, and that nothing is at this path.
Error nothing_at(std::span<const std::string> segments);

// `segments` begin with "subscriptions" and the id of one. Words are compared without case.
// ResourceNotFound where there is nothing, InvalidResourceName for a name that nothing has.
Result<Place> parse_place(std::span<const std::string> segments);

}  // namespace isthmus::api::arm
