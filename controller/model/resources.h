// A resource of any type: plain structs of values that cannot be wrong.
//
// Members that can be derived from other resources (back references, usage counts) are not stored;
// api/ adds them on the way out. Members that the controller decides and must remember (a peering's
// state, an allocated identifier) are stored.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "controller/base/revision.h"
#include "controller/base/uuid.h"
#include "controller/model/access_control.h"
#include "controller/model/gateway.h"
#include "controller/model/host.h"
#include "controller/model/load_balancer.h"
#include "controller/model/logical_network.h"
#include "controller/model/network_interface.h"
#include "controller/model/resource_id.h"
#include "controller/model/route_table.h"
#include "controller/model/service_insertion.h"
#include "controller/model/settings.h"
#include "controller/model/virtual_network.h"

namespace isthmus {

// In the order of Kind.
using Body =
    std::variant<std::monostate, LogicalNetwork, LogicalSubnet, LogicalRoute, IpPool, IpReservation,
                 MacPool, LearnedIpAddress, Credential, Server, ServerInterface, VirtualServer,
                 VirtualNetworkManager, VirtualSwitchManager, AccessControlList, AclRule,
                 SecurityTag, RouteTable, Route, ServiceInsertion, ServiceInsertionRule,
                 ServiceInsertionElement, VirtualNetwork, Subnet, Peering, PublicIpAddress,
                 LoadBalancer, FrontendIpConfiguration, BackendAddressPool, LoadBalancingRule,
                 InboundNatRule, OutboundNatRule, Probe, LoadBalancerManager, LoadBalancerMux,
                 NetworkInterface, IpConfiguration, GatewayPool, Gateway, VirtualGateway, PolicyMap,
                 NetworkConnection, BgpRouter, BgpPeer, DnsServer, AuditingSettings, Multisite,
                 MultisitePrimary>;
static_assert(std::variant_size_v<Body> == kKindCount);

Body make_body(Kind kind);

template <class V, MaybeConst<std::monostate> B>
void describe(V&, B&) {}

// Shows a visitor (member.h) all members of whatever type this is.
template <class V, MaybeConst<Body> B>
void describe_body(V& visitor, B& body) {
  std::visit([&visitor](auto& alternative) { describe(visitor, alternative); }, body);
}

// What a client says about a resource beyond its properties: stored, echoed, never interpreted.
struct Annotations {
  std::vector<std::pair<std::string, std::string>> metadata;  // resourceMetadata
  std::vector<std::pair<std::string, std::string>> tags;
  friend bool operator==(const Annotations&, const Annotations&) = default;
};

using Serial = uint32_t;  // names a resource within one controller; never reused; 0 is none

struct Resource {
  ResourceId id;
  Serial serial = 0;
  Uuid instance_id;
  Stamp put;      // the last PUT of this very resource: it renews the etags of all below it
  Stamp changed;  // the last change of this or of anything below it
  std::shared_ptr<const Annotations> annotations;  // null when there are none
  Body body;

  Kind kind() const { return id.kind(); }
  template <class T>
  const T& as() const {
    return std::get<T>(body);
  }
};
using ResourcePtr = std::shared_ptr<const Resource>;

}  // namespace isthmus
