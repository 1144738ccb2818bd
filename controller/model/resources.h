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
#include "controller/model/azure_gateway.h"
#include "controller/model/compute.h"
#include "controller/model/gateway.h"
#include "controller/model/host.h"
#include "controller/model/load_balancer.h"
#include "controller/model/logical_network.h"
#include "controller/model/network_interface.h"
#include "controller/model/resource_group.h"
#include "controller/model/resource_id.h"
#include "controller/model/route_table.h"
#include "controller/model/service_insertion.h"
#include "controller/model/settings.h"
#include "controller/model/virtual_network.h"

namespace isthmus {

// Which of a variant's alternatives T is; their number where it is none.
template <class T, class Variant, size_t... I>
constexpr size_t position_among(std::index_sequence<I...>) {
  size_t position = sizeof...(I);
  ((std::is_same_v<T, std::variant_alternative_t<I, Variant>> ? void(position = I) : void()), ...);
  return position;
}
template <class T, class Variant>
constexpr size_t position_in() {
  return position_among<T, Variant>(std::make_index_sequence<std::variant_size_v<Variant>>());
}

// The members of a resource of some type: a value, of one alternative for each kind.
//
// Copying, moving and destroying one of fifty types is compiled once, in resources.cc: a file that
// does no more than copy a resource took 8.3 s to build (g++ 12), and takes 1.9 s.
class Body {
 public:
  // In the order of Kind.
  using Alternatives =
      std::variant<std::monostate, Subscription, ResourceGroup, LogicalNetwork, LogicalSubnet,
                   LogicalRoute, IpPool, IpReservation, MacPool, LearnedIpAddress, Credential,
                   Server, ServerInterface, VirtualServer, VirtualNetworkManager,
                   VirtualSwitchManager, AccessControlList, AclRule, SecurityTag, RouteTable, Route,
                   ServiceInsertion, ServiceInsertionRule, ServiceInsertionElement, VirtualNetwork,
                   Subnet, Peering, PublicIpAddress, LoadBalancer, FrontendIpConfiguration,
                   BackendAddressPool, LoadBalancingRule, InboundNatRule, OutboundNatRule, Probe,
                   LoadBalancerManager, LoadBalancerMux, NetworkInterface, IpConfiguration,
                   GatewayPool, Gateway, VirtualGateway, PolicyMap, NetworkConnection, BgpRouter,
                   BgpPeer, DnsServer, AuditingSettings, Multisite, MultisitePrimary,
                   VirtualNetworkGateway, GatewayIpConfiguration, LocalNetworkGateway,
                   GatewayConnection, NetworkWatcher, VirtualMachine>;
  static_assert(std::variant_size_v<Alternatives> == kKindCount);

  Body();                    // of no type
  explicit Body(Kind kind);  // of that type, with the members that it has by default
  template <class T>
    requires(position_in<T, Alternatives>() < kKindCount)
  Body(T members) : Body(static_cast<Kind>(position_in<T, Alternatives>())) {
    get<T>() = std::move(members);
  }
  Body(const Body& other);
  Body(Body&& other) noexcept;
  Body& operator=(const Body& other);
  Body& operator=(Body&& other) noexcept;
  ~Body();

  Kind kind() const { return static_cast<Kind>(alternatives_.index()); }
  const Alternatives& alternatives() const { return alternatives_; }
  Alternatives& alternatives() { return alternatives_; }

  // Throws std::bad_variant_access for another type.
  template <class T>
  const T& get() const {
    return std::get<T>(alternatives_);
  }
  template <class T>
  T& get() {
    return std::get<T>(alternatives_);
  }
  // Null for another type.
  template <class T>
  const T* get_if() const {
    return std::get_if<T>(&alternatives_);
  }
  template <class T>
  T* get_if() {
    return std::get_if<T>(&alternatives_);
  }

 private:
  Alternatives alternatives_;
};

template <class V, MaybeConst<std::monostate> B>
void describe(V&, B&) {}

// Shows a visitor (member.h) all members of whatever type this is.
template <class V, MaybeConst<Body> B>
void describe_body(V& visitor, B& body) {
  std::visit([&visitor](auto& alternative) { describe(visitor, alternative); },
             body.alternatives());
}

// What a type is offered as in Azure, beside its properties: "Standard", "Regional".
struct Sku {
  std::string name = {};  // empty: the client says nothing
  std::string tier = {};
  friend bool operator==(const Sku&, const Sku&) = default;
};

// What a client says about a resource beyond its properties: stored and echoed. Nothing but the
// location and the sku means anything here.
struct Annotations {
  std::vector<std::pair<std::string, std::string>> metadata;  // resourceMetadata
  std::vector<std::pair<std::string, std::string>> tags;
  std::string location = {};            // Azure: the region, "westeurope"
  Sku sku = {};                         // Azure, of the types that has_sku() names
  std::vector<std::string> zones = {};  // Azure: "1"
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
    return body.get<T>();
  }
};
using ResourcePtr = std::shared_ptr<const Resource>;

// Azure's public addresses and load balancers are of a sku; without one they are Basic and
// Regional.
bool has_sku(Kind kind);
Sku sku_of(const Resource& resource);
// In Azure, the region of what stands at the top of a group; empty where the client gave none.
std::string_view location_of(const Resource& resource);

}  // namespace isthmus
