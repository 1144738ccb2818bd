// Virtual networks, their subnets and their peerings.
#pragma once

#include "controller/model/member.h"

namespace isthmus {

struct VirtualNetwork {
  std::vector<net::Prefix>
      address_space;  // as the client wrote it; never empty, members do not overlap
  ResourceId logical_network;
  std::vector<net::IpAddress> dns_servers;
  std::string unbilled_address_ranges;
  ResourceId encryption_credential;
};
template <class V, MaybeConst<VirtualNetwork> B>
void describe(V& v, B& b) {
  v.object("addressSpace", Presence::Required,
           [&] { v.member("addressPrefixes", b.address_space, Presence::Required); });
  v.object("dhcpOptions", Presence::Optional,
           [&] { v.member("dnsServers", b.dns_servers, Presence::Optional); });
  v.member("unbilledAddressRanges", b.unbilled_address_ranges, Presence::Optional);
  v.reference("encryptionCredential", b.encryption_credential, Presence::Optional,
              Kinds{Kind::Credential});
  v.reference("logicalNetwork", b.logical_network, Presence::Optional, Kinds{Kind::LogicalNetwork});
}

struct Subnet {
  net::Prefix prefix;
  ResourceId access_control_list;
  ResourceId route_table;
  ResourceId service_insertion;
  ResourceId dual_stack_subnet;  // the sibling of the other address family
  bool encryption_enabled = false;
  net::Vni virtual_subnet_id;  // allocated at creation
};
template <class V, MaybeConst<Subnet> B>
void describe(V& v, B& b) {
  v.member("addressPrefix", b.prefix, Presence::Required);
  v.member("virtualSubnetId", b.virtual_subnet_id, Presence::ReadOnly);
  v.member("encryptionEnabled", b.encryption_enabled, Presence::Optional);
  v.reference("accessControlList", b.access_control_list, Presence::Optional,
              Kinds{Kind::AccessControlList});
  v.reference("routeTable", b.route_table, Presence::Optional, Kinds{Kind::RouteTable});
  v.reference("serviceInsertion", b.service_insertion, Presence::Optional,
              Kinds{Kind::ServiceInsertion});
  v.reference("dualStackSubnet", b.dual_stack_subnet, Presence::Optional, Kinds{Kind::Subnet});
}

// This side's own state; the other side is the peering of the remote network that points back.
enum class PeeringState : uint8_t { Initiated, Connected, Disconnected };
template <>
inline constexpr auto kNames<PeeringState> = names("Initiated", "Connected", "Disconnected");

struct Peering {
  ResourceId remote_virtual_network;
  bool allow_virtual_network_access = true;
  bool allow_forwarded_traffic = false;
  bool allow_gateway_transit = false;
  bool use_remote_gateways = false;
  PeeringState state = PeeringState::Initiated;
};
template <class V, MaybeConst<Peering> B>
void describe(V& v, B& b) {
  v.member("peeringState", b.state, Presence::ReadOnly);
  v.reference("remoteVirtualNetwork", b.remote_virtual_network, Presence::Required,
              Kinds{Kind::VirtualNetwork});
  v.member("allowVirtualNetworkAccess", b.allow_virtual_network_access, Presence::Optional);
  v.member("allowForwardedTraffic", b.allow_forwarded_traffic, Presence::Optional);
  v.member("allowGatewayTransit", b.allow_gateway_transit, Presence::Optional);
  v.member("useRemoteGateways", b.use_remote_gateways, Presence::Optional);
}

}  // namespace isthmus
