// Where a request leads: the path below /networking, taken apart. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "controller/base/error.h"
#include "controller/model/resource_id.h"

namespace isthmus::api::networking {

enum class Form : uint8_t {
  Discovery,   // /networking/discovery
  Collection,  // /networking/v1/virtualNetworks, /networking/v1/virtualNetworks/red/subnets
  Item,        // /networking/v1/virtualNetworks/red
  Singleton,   // /networking/v1/virtualNetworkManager/configuration
  Learned,     // /networking/v1/learnedIPAddresses/{id}: for reading only
  // What follows are no resources of the model; the table of places in address.cc has their paths.
  Operations,
  Operation,
  OperationResult,
  Instances,
  Instance,
  ConnectivityCheck,
  ConnectivityCheckResults,
  ConnectivityCheckResult,
  SlbState,
  SlbStateResult,
  ControllerState,
  ControllerStatistics,
  Backups,
  Backup,
  Restores,
  Restore,
};

struct Address {
  Form form = Form::Discovery;
  std::string version;     // as served: "v1"
  ResourceId id;           // the item; of a collection the parent, empty at the top
  Kind kind = Kind::None;  // of the items
  std::string name;        // of what is no resource: an operation, an instance, a backup
};

// The versions that are served, all alike.
std::span<const std::string_view> served_versions();

// `segments` begin with "networking". Words of the path are compared without case.
Result<Address> parse_address(std::span<const std::string> segments);

// "/networking/v1/virtualNetworks/red/subnets"
std::string collection_path(const Address& collection);

}  // namespace isthmus::api::networking
