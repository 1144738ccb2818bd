// What each type of resource holds: plain structs of values that cannot be wrong.
//
// Members that can be derived from other resources (back references, usage counts) are not stored;
// api/ adds them on the way out. Members that the controller decides and must remember (a peering's
// state, an allocated identifier) are stored. Wire names and the source of each member: describe.h.
// Sources: the Network Controller northbound API reference.
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
#include "controller/model/resource_id.h"
#include "dataplane/net/ip.h"
#include "dataplane/net/link.h"

namespace isthmus {

enum class Allocation : uint8_t { Dynamic, Static };
enum class Toggle : uint8_t { Disabled, Enabled };

struct LogicalNetwork {
  bool network_virtualization_enabled =
      false;  // true on the provider network that virtual networks ride on
};

struct LogicalSubnet {
  std::optional<net::Prefix> prefix;
  uint16_t vlan_id = 0;  // 0..4095
  std::vector<net::IpAddress> default_gateways;
  std::vector<net::IpAddress> dns_servers;
  bool is_public = false;
  ResourceId access_control_list;
};

struct IpPool {  // inclusive
  net::IpAddress start;
  net::IpAddress end;
};

struct MacPool {  // inclusive
  net::Mac start;
  net::Mac end;
};

enum class DistributedRouter : uint8_t { Enable, Disable };
enum class Encapsulation : uint8_t { Vxlan, Nvgre };

struct VirtualNetworkManager {
  DistributedRouter distributed_router_state = DistributedRouter::Enable;
  Encapsulation protocol = Encapsulation::Vxlan;
  uint32_t subnet_id_start = 4096;  // the range that virtualSubnetIds are allocated from, inclusive
  uint32_t subnet_id_end = 16777214;
};

enum class DefaultAction : uint8_t { Permit, Deny };

struct AccessControlList {
  std::optional<DefaultAction> inbound_default;
  std::optional<DefaultAction> outbound_default;
};

enum class RuleAction : uint8_t { Allow, Deny };
enum class RuleType : uint8_t { Inbound, Outbound };
enum class RuleProtocol : uint8_t { All, Tcp, Udp, Icmp, Icmpv6, Gre, Esp };

struct AclAddress {
  enum class Kind : uint8_t { Any, In, VirtualNetwork, Internet };
  Kind kind = Kind::Any;
  net::Prefix prefix;    // In only
  bool is_bare = false;  // written without a length
  friend bool operator==(const AclAddress&, const AclAddress&) = default;
};

struct AclPorts {
  net::PortRange range;
  bool is_star = false;  // written as "*"
  friend bool operator==(const AclPorts&, const AclPorts&) = default;
};

struct AclRule {
  RuleType type = RuleType::Inbound;
  RuleAction action = RuleAction::Allow;
  RuleProtocol protocol = RuleProtocol::All;
  AclAddress source;
  AclAddress destination;
  AclPorts source_ports;
  AclPorts destination_ports;
  uint32_t priority = 0;  // the lowest number decides
  Toggle logging = Toggle::Enabled;
  std::string description;
};

struct RouteTable {};

enum class NextHopType : uint8_t {
  VnetLocal,
  VirtualAppliance,
  VirtualNetworkGateway,
  Internet,
  None
};

struct Route {
  net::Prefix prefix;
  NextHopType next_hop_type = NextHopType::None;
  std::optional<net::IpAddress> next_hop;  // VirtualAppliance only
};

struct VirtualNetwork {
  std::vector<net::Prefix>
      address_space;  // as the client wrote it; never empty, members do not overlap
  ResourceId logical_network;
  std::vector<net::IpAddress> dns_servers;
  std::string unbilled_address_ranges;
};

struct Subnet {
  net::Prefix prefix;
  ResourceId access_control_list;
  ResourceId route_table;
  ResourceId dual_stack_subnet;  // the sibling of the other address family
  bool encryption_enabled = false;
  net::Vni virtual_subnet_id;  // allocated at creation
};

// This side's own state; the other side is the peering of the remote network that points back.
enum class PeeringState : uint8_t { Initiated, Connected, Disconnected };

struct Peering {
  ResourceId remote_virtual_network;
  bool allow_virtual_network_access = true;
  bool allow_forwarded_traffic = false;
  bool allow_gateway_transit = false;
  bool use_remote_gateways = false;
  PeeringState state = PeeringState::Initiated;
};

struct QosSettings {
  uint32_t outbound_reserved_value = 0;
  uint32_t outbound_maximum_mbps = 0;
  uint32_t inbound_maximum_mbps = 0;
};

struct PortSettings {
  Toggle mac_spoofing = Toggle::Disabled;  // enabled: the interface may forward (decisions: N17)
  Toggle arp_guard = Toggle::Disabled;
  Toggle dhcp_guard = Toggle::Disabled;
  uint32_t storm_limit = 0;
  uint32_t port_flow_limit = 0;
  uint32_t vmq_weight = 100;
  uint32_t iov_weight = 0;
  std::optional<QosSettings> qos;
};

struct NetworkInterface {
  std::optional<net::Mac> mac;  // allocated from a MAC pool when absent and Dynamic
  Allocation mac_allocation = Allocation::Dynamic;
  std::vector<net::IpAddress> dns_servers;
  bool is_primary = true;
  bool is_host_virtual_network_interface = false;
  bool is_multitenant_stack = false;
  std::string internal_dns_name_label;
  std::optional<PortSettings> port_settings;
};

struct IpConfiguration {
  std::optional<net::IpAddress> address;  // allocated from the subnet when Dynamic
  Allocation allocation = Allocation::Dynamic;
  ResourceId subnet;  // virtual or logical
  ResourceId access_control_list;
};

// In the order of Kind.
using Body = std::variant<std::monostate, LogicalNetwork, LogicalSubnet, IpPool, MacPool,
                          VirtualNetworkManager, AccessControlList, AclRule, RouteTable, Route,
                          VirtualNetwork, Subnet, Peering, NetworkInterface, IpConfiguration>;
static_assert(std::variant_size_v<Body> == kKindCount);

Body make_body(Kind kind);

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
  Revision put_revision =
      0;  // the last PUT of this very resource: it renews the etags of all below it
  Revision changed_revision = 0;  // the last change of this or of anything below it
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
