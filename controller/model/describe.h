// The members of every resource type, once, in wire order. Decoding, encoding, storing, comparing
// and following references are visitors of these descriptions; a member that is not here does not
// exist.
//
// A visitor has
//   member(name, field, presence, spelling)       a value: bool, number, text type (text.h),
//   optional or vector of one object(name, presence, describe_members)      a nested JSON object;
//   describe_members visits its members optional_object(name, optional_field, describe_members)
//   reference(name, id, presence, kinds)          {"resourceRef": ...} to one of `kinds`
// and is called with a const or a mutable body.
//
// Sources: the Network Controller northbound API; names and types as real controllers print them.
#pragma once

#include <concepts>
#include <initializer_list>
#include <type_traits>

#include "controller/model/resources.h"
#include "controller/model/text.h"

namespace isthmus {

enum class Presence {
  Required,  // a client must send it
  Optional,
  ReadOnly,  // decided here: ignored on input, stored and printed
};

enum class Spelling {
  Natural,
  AsText,   // a number as "101"
  AsTitle,  // a boolean as "True"
  Dashed,   // a MAC address as "00-1D-D8-07-00-00"
  Blank,    // "" where there is no value, instead of no member
};

using Kinds = std::initializer_list<Kind>;

template <class B, class T>
concept MaybeConst = std::same_as<std::remove_const_t<B>, T>;

template <class V, MaybeConst<std::monostate> B>
void describe(V&, B&) {}

template <class V, MaybeConst<LogicalNetwork> B>
void describe(V& v, B& b) {
  v.member("networkVirtualizationEnabled", b.network_virtualization_enabled, Presence::Optional,
           Spelling::AsTitle);
}

template <class V, MaybeConst<LogicalSubnet> B>
void describe(V& v, B& b) {
  v.member("addressPrefix", b.prefix, Presence::Optional);
  v.member("vlanID", b.vlan_id, Presence::Optional, Spelling::AsText);
  v.member("defaultGateways", b.default_gateways, Presence::Optional);
  v.member("dnsServers", b.dns_servers, Presence::Optional);
  v.member("isPublic", b.is_public, Presence::Optional);
  v.reference("accessControlList", b.access_control_list, Presence::Optional,
              Kinds{Kind::AccessControlList});
}

template <class V, MaybeConst<IpPool> B>
void describe(V& v, B& b) {
  v.member("startIpAddress", b.start, Presence::Required);
  v.member("endIpAddress", b.end, Presence::Required);
}

template <class V, MaybeConst<MacPool> B>
void describe(V& v, B& b) {
  v.member("startMacAddress", b.start, Presence::Required, Spelling::Dashed);
  v.member("endMacAddress", b.end, Presence::Required, Spelling::Dashed);
}

template <class V, MaybeConst<VirtualNetworkManager> B>
void describe(V& v, B& b) {
  v.member("distributedRouterState", b.distributed_router_state, Presence::Optional);
  v.member("networkVirtualizationProtocol", b.protocol, Presence::Optional);
  v.object("virtualSubnetIdRange", Presence::Optional, [&] {
    v.member("StartId", b.subnet_id_start, Presence::Required);
    v.member("EndId", b.subnet_id_end, Presence::Required);
  });
}

template <class V, MaybeConst<AccessControlList> B>
void describe(V& v, B& b) {
  v.member("inboundDefaultAction", b.inbound_default, Presence::Optional);
  v.member("outboundDefaultAction", b.outbound_default, Presence::Optional);
}

template <class V, MaybeConst<AclRule> B>
void describe(V& v, B& b) {
  v.member("protocol", b.protocol, Presence::Required);
  v.member("sourcePortRange", b.source_ports, Presence::Required);
  v.member("destinationPortRange", b.destination_ports, Presence::Required);
  v.member("action", b.action, Presence::Required);
  v.member("sourceAddressPrefix", b.source, Presence::Required);
  v.member("destinationAddressPrefix", b.destination, Presence::Required);
  v.member("priority", b.priority, Presence::Required, Spelling::AsText);
  v.member("type", b.type, Presence::Required);
  v.member("logging", b.logging, Presence::Optional);
  v.member("description", b.description, Presence::Optional);
}

template <class V, MaybeConst<RouteTable> B>
void describe(V&, B&) {}

template <class V, MaybeConst<Route> B>
void describe(V& v, B& b) {
  v.member("addressPrefix", b.prefix, Presence::Required);
  v.member("nextHopType", b.next_hop_type, Presence::Required);
  v.member("nextHopIpAddress", b.next_hop, Presence::Optional, Spelling::Blank);
}

template <class V, MaybeConst<VirtualNetwork> B>
void describe(V& v, B& b) {
  v.object("addressSpace", Presence::Required,
           [&] { v.member("addressPrefixes", b.address_space, Presence::Required); });
  v.object("dhcpOptions", Presence::Optional,
           [&] { v.member("dnsServers", b.dns_servers, Presence::Optional); });
  v.member("unbilledAddressRanges", b.unbilled_address_ranges, Presence::Optional);
  v.reference("logicalNetwork", b.logical_network, Presence::Optional, Kinds{Kind::LogicalNetwork});
}

template <class V, MaybeConst<Subnet> B>
void describe(V& v, B& b) {
  v.member("addressPrefix", b.prefix, Presence::Required);
  v.member("virtualSubnetId", b.virtual_subnet_id, Presence::ReadOnly);
  v.member("encryptionEnabled", b.encryption_enabled, Presence::Optional);
  v.reference("accessControlList", b.access_control_list, Presence::Optional,
              Kinds{Kind::AccessControlList});
  v.reference("routeTable", b.route_table, Presence::Optional, Kinds{Kind::RouteTable});
  v.reference("dualStackSubnet", b.dual_stack_subnet, Presence::Optional, Kinds{Kind::Subnet});
}

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

template <class V, MaybeConst<QosSettings> B>
void describe(V& v, B& b) {
  v.member("outboundReservedValue", b.outbound_reserved_value, Presence::Optional);
  v.member("outboundMaximumMbps", b.outbound_maximum_mbps, Presence::Optional);
  v.member("inboundMaximumMbps", b.inbound_maximum_mbps, Presence::Optional);
}

template <class V, MaybeConst<PortSettings> B>
void describe(V& v, B& b) {
  v.member("macSpoofingEnabled", b.mac_spoofing, Presence::Optional);
  v.member("arpGuardEnabled", b.arp_guard, Presence::Optional);
  v.member("dhcpGuardEnabled", b.dhcp_guard, Presence::Optional);
  v.member("stormLimit", b.storm_limit, Presence::Optional);
  v.member("portFlowLimit", b.port_flow_limit, Presence::Optional);
  v.member("vmqWeight", b.vmq_weight, Presence::Optional);
  v.member("iovWeight", b.iov_weight, Presence::Optional);
  v.optional_object("qosSettings", b.qos, [&](auto& qos) { describe(v, qos); });
}

template <class V, MaybeConst<NetworkInterface> B>
void describe(V& v, B& b) {
  v.member("privateMacAddress", b.mac, Presence::Optional);
  v.member("privateMacAllocationMethod", b.mac_allocation, Presence::Optional);
  v.object("dnsSettings", Presence::Optional,
           [&] { v.member("dnsServers", b.dns_servers, Presence::Optional); });
  v.member("isPrimary", b.is_primary, Presence::Optional);
  v.member("isHostVirtualNetworkInterface", b.is_host_virtual_network_interface,
           Presence::Optional);
  v.member("isMultitenantStack", b.is_multitenant_stack, Presence::Optional);
  v.member("internalDnsNameLabel", b.internal_dns_name_label, Presence::Optional);
  v.optional_object("portSettings", b.port_settings,
                    [&](auto& settings) { describe(v, settings); });
}

template <class V, MaybeConst<IpConfiguration> B>
void describe(V& v, B& b) {
  v.member("privateIPAddress", b.address, Presence::Optional);
  v.member("privateIPAllocationMethod", b.allocation, Presence::Optional);
  v.reference("subnet", b.subnet, Presence::Optional, Kinds{Kind::Subnet, Kind::LogicalSubnet});
  v.reference("accessControlList", b.access_control_list, Presence::Optional,
              Kinds{Kind::AccessControlList});
}

template <class V, MaybeConst<Body> B>
void describe_body(V& visitor, B& body) {
  std::visit([&visitor](auto& alternative) { describe(visitor, alternative); }, body);
}

}  // namespace isthmus
