// Azure's gateways to networks elsewhere: the gateway of a virtual network, what stands at the
// other end, and the connection between the two.
//
// Sources: Microsoft.Network 2021-08-01 to 2026-01-01, as @azure/arm-network describes it and real
// answers print it.
#pragma once

#include "controller/model/boxed.h"
#include "controller/model/member.h"

namespace isthmus {

struct AzureBgpSettings {
  uint32_t as_number = 65515;  // Azure's own
  std::optional<net::IpAddress> peering_address;
  uint32_t peer_weight = 0;
};
template <class V, MaybeConst<AzureBgpSettings> B>
void describe(V& v, B& b) {
  v.member("asn", b.as_number, Presence::Optional);
  v.member("bgpPeeringAddress", b.peering_address, Presence::Optional);
  v.member("peerWeight", b.peer_weight, Presence::Optional);
}

struct AddressPrefixes {
  std::vector<net::Prefix> prefixes;
};
template <class V, MaybeConst<AddressPrefixes> B>
void describe(V& v, B& b) {
  v.member("addressPrefixes", b.prefixes, Presence::Optional);
}

struct VpnClientSettings {
  Boxed<AddressPrefixes> addresses;
  std::vector<std::string> protocols;
  std::vector<std::string> authentication;
};
template <class V, MaybeConst<VpnClientSettings> B>
void describe(V& v, B& b) {
  v.optional_object("vpnClientAddressPool", b.addresses,
                    [&](auto& addresses) { describe(v, addresses); });
  v.member("vpnClientProtocols", b.protocols, Presence::Optional);
  v.member("vpnAuthenticationTypes", b.authentication, Presence::Optional);
}

enum class AzureGatewayType : uint8_t { Vpn, ExpressRoute, LocalGateway };
template <>
inline constexpr auto kNames<AzureGatewayType> = names("Vpn", "ExpressRoute", "LocalGateway");

enum class VpnType : uint8_t { RouteBased, PolicyBased };
template <>
inline constexpr auto kNames<VpnType> = names("RouteBased", "PolicyBased");

enum class VpnGeneration : uint8_t { None, Generation1, Generation2 };
template <>
inline constexpr auto kNames<VpnGeneration> = names("None", "Generation1", "Generation2");

enum class GatewaySku : uint8_t {
  Basic,
  Standard,
  HighPerformance,
  UltraPerformance,
  VpnGw1,
  VpnGw2,
  VpnGw3,
  VpnGw4,
  VpnGw5,
  VpnGw1Az,
  VpnGw2Az,
  VpnGw3Az,
  VpnGw4Az,
  VpnGw5Az,
  ErGw1Az,
  ErGw2Az,
  ErGw3Az,
  ErGwScale,
};
template <>
inline constexpr auto kNames<GatewaySku> =
    names("Basic", "Standard", "HighPerformance", "UltraPerformance", "VpnGw1", "VpnGw2", "VpnGw3",
          "VpnGw4", "VpnGw5", "VpnGw1AZ", "VpnGw2AZ", "VpnGw3AZ", "VpnGw4AZ", "VpnGw5AZ", "ErGw1AZ",
          "ErGw2AZ", "ErGw3AZ", "ErGwScale");

struct VirtualNetworkGateway {
  AzureGatewayType type = AzureGatewayType::Vpn;
  VpnType vpn_type = VpnType::RouteBased;
  std::optional<VpnGeneration> generation;
  GatewaySku sku = GatewaySku::Basic;
  bool enable_bgp = false;
  bool active_active = false;
  bool enable_private_address = false;
  bool disable_replay_protection = false;
  bool allow_remote_network_traffic = false;
  bool allow_virtual_wan_traffic = false;
  Boxed<AzureBgpSettings> bgp;
  ResourceId default_site;
  Boxed<AddressPrefixes> custom_routes;
  Boxed<VpnClientSettings> vpn_client;
};
template <class V, MaybeConst<VirtualNetworkGateway> B>
void describe(V& v, B& b) {
  v.member("gatewayType", b.type, Presence::Required);
  v.member("vpnType", b.vpn_type, Presence::Optional);
  v.member("vpnGatewayGeneration", b.generation, Presence::Optional);
  v.object("sku", Presence::Required, [&] {
    v.member("name", b.sku, Presence::Required);
    v.member("tier", b.sku, Presence::ReadOnly);  // always the name again
  });
  v.member("enableBgp", b.enable_bgp, Presence::Optional);
  v.member("activeActive", b.active_active, Presence::Optional);
  v.member("enablePrivateIpAddress", b.enable_private_address, Presence::Optional);
  v.member("disableIPSecReplayProtection", b.disable_replay_protection, Presence::Optional);
  v.member("allowRemoteVnetTraffic", b.allow_remote_network_traffic, Presence::Optional);
  v.member("allowVirtualWanTraffic", b.allow_virtual_wan_traffic, Presence::Optional);
  v.optional_object("bgpSettings", b.bgp, [&](auto& bgp) { describe(v, bgp); });
  v.reference("gatewayDefaultSite", b.default_site, Presence::Optional,
              Kinds{Kind::LocalNetworkGateway});
  v.optional_object("customRoutes", b.custom_routes, [&](auto& routes) { describe(v, routes); });
  v.optional_object("vpnClientConfiguration", b.vpn_client,
                    [&](auto& client) { describe(v, client); });
}

struct GatewayIpConfiguration {
  ResourceId subnet;  // that is called GatewaySubnet
  ResourceId public_ip_address;
  Allocation allocation = Allocation::Dynamic;
};
template <class V, MaybeConst<GatewayIpConfiguration> B>
void describe(V& v, B& b) {
  v.member("privateIPAllocationMethod", b.allocation, Presence::Optional);
  v.reference("subnet", b.subnet, Presence::Required, Kinds{Kind::Subnet});
  v.reference("publicIPAddress", b.public_ip_address, Presence::Optional,
              Kinds{Kind::PublicIpAddress});
}

// The device of a network elsewhere, and what lies behind it.
struct LocalNetworkGateway {
  std::optional<net::IpAddress> address;
  std::string fqdn;
  std::vector<net::Prefix> address_space;
  Boxed<AzureBgpSettings> bgp;
};
template <class V, MaybeConst<LocalNetworkGateway> B>
void describe(V& v, B& b) {
  v.object("localNetworkAddressSpace", Presence::Optional,
           [&] { v.member("addressPrefixes", b.address_space, Presence::Optional); });
  v.member("gatewayIpAddress", b.address, Presence::Optional);
  v.member("fqdn", b.fqdn, Presence::Optional);
  v.optional_object("bgpSettings", b.bgp, [&](auto& bgp) { describe(v, bgp); });
}

enum class GatewayConnectionType : uint8_t { IpSec, VnetToVnet, ExpressRoute, VpnClient };
template <>
inline constexpr auto kNames<GatewayConnectionType> =
    names("IPsec", "Vnet2Vnet", "ExpressRoute", "VPNClient");

enum class IkeVersion : uint8_t { V2, V1 };
template <>
inline constexpr auto kNames<IkeVersion> = names("IKEv2", "IKEv1");

enum class ConnectionMode : uint8_t { Default, ResponderOnly, InitiatorOnly };
template <>
inline constexpr auto kNames<ConnectionMode> = names("Default", "ResponderOnly", "InitiatorOnly");

struct IpsecPolicy {
  uint32_t lifetime_seconds = 0;
  uint32_t lifetime_kilobytes = 0;
  std::string ipsec_encryption;
  std::string ipsec_integrity;
  std::string ike_encryption;
  std::string ike_integrity;
  std::string dh_group;
  std::string pfs_group;
};
template <class V, MaybeConst<IpsecPolicy> B>
void describe(V& v, B& b) {
  v.member("saLifeTimeSeconds", b.lifetime_seconds, Presence::Required);
  v.member("saDataSizeKilobytes", b.lifetime_kilobytes, Presence::Required);
  v.member("ipsecEncryption", b.ipsec_encryption, Presence::Required);
  v.member("ipsecIntegrity", b.ipsec_integrity, Presence::Required);
  v.member("ikeEncryption", b.ike_encryption, Presence::Required);
  v.member("ikeIntegrity", b.ike_integrity, Presence::Required);
  v.member("dhGroup", b.dh_group, Presence::Required);
  v.member("pfsGroup", b.pfs_group, Presence::Required);
}

struct AzureTrafficSelector {
  std::vector<net::Prefix> local;
  std::vector<net::Prefix> remote;
};
template <class V, MaybeConst<AzureTrafficSelector> B>
void describe(V& v, B& b) {
  v.member("localAddressRanges", b.local, Presence::Required);
  v.member("remoteAddressRanges", b.remote, Presence::Required);
}

struct GatewayConnection {
  ResourceId gateway;         // virtualNetworkGateway1: this end
  ResourceId remote_gateway;  // Vnet2Vnet
  ResourceId remote_site;     // IPsec
  GatewayConnectionType type = GatewayConnectionType::IpSec;
  IkeVersion protocol = IkeVersion::V2;
  ConnectionMode mode = ConnectionMode::Default;
  uint32_t routing_weight = 0;
  std::string shared_key;  // on its way in only
  bool has_shared_key = false;
  bool enable_bgp = false;
  bool use_local_azure_address = false;
  bool use_policy_based_selectors = false;
  bool bypass = false;
  uint32_t dpd_timeout_seconds = 0;
  std::vector<IpsecPolicy> policies;
  std::vector<AzureTrafficSelector> selectors;
};
template <class V, MaybeConst<GatewayConnection> B>
void describe(V& v, B& b) {
  v.reference("virtualNetworkGateway1", b.gateway, Presence::Required,
              Kinds{Kind::VirtualNetworkGateway});
  v.reference("virtualNetworkGateway2", b.remote_gateway, Presence::Optional,
              Kinds{Kind::VirtualNetworkGateway});
  v.reference("localNetworkGateway2", b.remote_site, Presence::Optional,
              Kinds{Kind::LocalNetworkGateway});
  v.member("connectionType", b.type, Presence::Required);
  v.member("connectionProtocol", b.protocol, Presence::Optional);
  v.member("connectionMode", b.mode, Presence::Optional);
  v.member("routingWeight", b.routing_weight, Presence::Optional);
  v.member("sharedKey", b.shared_key, Presence::Optional);
  v.member("hasSharedKey", b.has_shared_key, Presence::Hidden);
  v.member("enableBgp", b.enable_bgp, Presence::Optional);
  v.member("useLocalAzureIpAddress", b.use_local_azure_address, Presence::Optional);
  v.member("usePolicyBasedTrafficSelectors", b.use_policy_based_selectors, Presence::Optional);
  v.objects("ipsecPolicies", b.policies, [&](auto& policy) { describe(v, policy); });
  v.objects("trafficSelectorPolicies", b.selectors, [&](auto& selector) { describe(v, selector); });
  v.member("dpdTimeoutSeconds", b.dpd_timeout_seconds, Presence::Optional);
  v.member("expressRouteGatewayBypass", b.bypass, Presence::Optional);
}

}  // namespace isthmus
