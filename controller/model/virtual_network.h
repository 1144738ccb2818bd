// Virtual networks, their subnets and their peerings.
//
// Sources for the Azure realm: Microsoft.Network 2022-01-01 to 2025-01-01, as real answers print
// it.
#pragma once

#include "controller/model/boxed.h"
#include "controller/model/member.h"
#include "controller/model/network_link.h"

namespace isthmus {

enum class EncryptionEnforcement : uint8_t { AllowUnencrypted, DropUnencrypted };
template <>
inline constexpr auto kNames<EncryptionEnforcement> = names("AllowUnencrypted", "DropUnencrypted");

struct NetworkEncryption {
  bool enabled = false;
  std::optional<EncryptionEnforcement> enforcement;
};
struct BgpCommunities {
  std::string virtual_network;  // "12076:20000"
};
enum class PrivateEndpointVnetPolicies : uint8_t { Disabled, Basic };
template <>
inline constexpr auto kNames<PrivateEndpointVnetPolicies> = names("Disabled", "Basic");

// What only Azure's virtual networks have.
struct AzureNetworkSettings {
  bool ddos_protection = false;
  Boxed<std::string> ddos_protection_plan;       // its id: there are no plans here
  std::optional<uint32_t> flow_timeout_minutes;  // 4 to 30
  Boxed<NetworkEncryption> encryption;
  Boxed<BgpCommunities> bgp_communities;
  PrivateEndpointVnetPolicies private_endpoint_policies = PrivateEndpointVnetPolicies::Disabled;
  Boxed<std::vector<net::Prefix>> summarized_gateway_prefixes;  // what gateways would tell of it
};

struct VirtualNetwork {
  std::vector<net::Prefix>
      address_space;  // as the client wrote it; never empty, members do not overlap
  ResourceId logical_network;
  std::vector<net::IpAddress> dns_servers;
  std::string unbilled_address_ranges;
  ResourceId encryption_credential;
  std::optional<NetworkLinks> links;  // from here to others, sorted; never empty
  AzureNetworkSettings azure;
};
template <class V, MaybeConst<AzureNetworkSettings> B>
void describe(V& v, B& b) {
  v.member("enableDdosProtection", b.ddos_protection, Presence::Optional);
  v.optional_object("ddosProtectionPlan", b.ddos_protection_plan,
                    [&](auto& id) { v.member("id", id, Presence::Required); });
  v.member("flowTimeoutInMinutes", b.flow_timeout_minutes, Presence::Optional);
  v.optional_object("encryption", b.encryption, [&](auto& encryption) {
    v.member("enabled", encryption.enabled, Presence::Optional);
    v.member("enforcement", encryption.enforcement, Presence::Optional);
  });
  v.optional_object("bgpCommunities", b.bgp_communities, [&](auto& communities) {
    v.member("virtualNetworkCommunity", communities.virtual_network, Presence::Optional);
  });
  v.member("privateEndpointVNetPolicies", b.private_endpoint_policies, Presence::Optional);
  v.optional_object(
      "summarizedGatewayPrefixes", b.summarized_gateway_prefixes,
      [&](auto& prefixes) { v.member("addressPrefixes", prefixes, Presence::Optional); });
}
template <class V, MaybeConst<VirtualNetwork> B>
void describe(V& v, B& b) {
  v.object("addressSpace", Presence::Required,
           [&] { v.member("addressPrefixes", b.address_space, Presence::Required); });
  v.object("dhcpOptions", Presence::Optional,
           [&] { v.member("dnsServers", b.dns_servers, Presence::Optional); });
  v.member("links", b.links, Presence::Hidden);
  if (v.realm() == Realm::Azure) return describe(v, b.azure);
  v.member("unbilledAddressRanges", b.unbilled_address_ranges, Presence::Optional);
  v.reference("encryptionCredential", b.encryption_credential, Presence::Optional,
              Kinds{Kind::Credential});
  v.reference("logicalNetwork", b.logical_network, Presence::Optional, Kinds{Kind::LogicalNetwork});
}

struct ServiceEndpoint {
  std::string service;  // "Microsoft.Storage"
  std::vector<std::string> locations;
};
struct SubnetDelegation {
  std::string name;
  std::string service;  // "Microsoft.Web/serverFarms"
};
enum class PrivateEndpointPolicies : uint8_t {
  Disabled,
  Enabled,
  NetworkSecurityGroupEnabled,
  RouteTableEnabled,
};
template <>
inline constexpr auto kNames<PrivateEndpointPolicies> =
    names("Disabled", "Enabled", "NetworkSecurityGroupEnabled", "RouteTableEnabled");

// What only Azure's subnets have.
struct AzureSubnetSettings {
  std::optional<std::vector<net::Prefix>> prefixes;  // where there are several, all of them
  std::vector<ServiceEndpoint> service_endpoints;
  std::vector<SubnetDelegation> delegations;
  PrivateEndpointPolicies private_endpoint_policies = PrivateEndpointPolicies::Disabled;
  Toggle private_link_policies = Toggle::Enabled;
  std::optional<bool> default_outbound_access;
};

struct Subnet {
  net::Prefix prefix;  // the first, where there are several
  ResourceId access_control_list;
  ResourceId route_table;
  ResourceId service_insertion;
  ResourceId dual_stack_subnet;  // the sibling of the other address family
  bool encryption_enabled = false;
  net::Vni virtual_subnet_id;  // allocated at creation
  AzureSubnetSettings azure;
};
template <class V, MaybeConst<ServiceEndpoint> B>
void describe(V& v, B& b) {
  v.member("service", b.service, Presence::Required);
  v.member("locations", b.locations, Presence::Optional);
}
template <class V, MaybeConst<SubnetDelegation> B>
void describe(V& v, B& b) {
  v.member("name", b.name, Presence::Required);
  v.object("properties", Presence::Required,
           [&] { v.member("serviceName", b.service, Presence::Required); });
}
template <class V, MaybeConst<Subnet> B>
void describe_in_azure(V& v, B& b) {
  auto& azure = b.azure;
  v.member("addressPrefixes", azure.prefixes, Presence::Optional);
  const bool has_list = azure.prefixes && !azure.prefixes->empty();
  if constexpr (!std::is_const_v<B>) {
    if (has_list) b.prefix = azure.prefixes->front();
    if (azure.prefixes && azure.prefixes->size() < 2) azure.prefixes.reset();
  }
  v.member("addressPrefix", b.prefix, has_list ? Presence::Hidden : Presence::Required);
  v.member("virtualSubnetId", b.virtual_subnet_id, Presence::Hidden);
  v.reference("networkSecurityGroup", b.access_control_list, Presence::Optional,
              Kinds{Kind::AccessControlList});
  v.reference("routeTable", b.route_table, Presence::Optional, Kinds{Kind::RouteTable});
  v.objects("serviceEndpoints", azure.service_endpoints,
            [&](auto& endpoint) { describe(v, endpoint); });
  v.objects("delegations", azure.delegations, [&](auto& delegation) { describe(v, delegation); });
  v.member("privateEndpointNetworkPolicies", azure.private_endpoint_policies, Presence::Optional);
  v.member("privateLinkServiceNetworkPolicies", azure.private_link_policies, Presence::Optional);
  v.member("defaultOutboundAccess", azure.default_outbound_access, Presence::Optional);
}
template <class V, MaybeConst<Subnet> B>
void describe(V& v, B& b) {
  if (v.realm() == Realm::Azure) return describe_in_azure(v, b);
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

inline std::vector<net::Prefix> prefixes_of(const Subnet& subnet) {
  return subnet.azure.prefixes ? *subnet.azure.prefixes : std::vector{subnet.prefix};
}

// This side's own state; the other side is the peering of the remote network that points back.
enum class PeeringState : uint8_t { Initiated, Connected, Disconnected };
template <>
inline constexpr auto kNames<PeeringState> = names("Initiated", "Connected", "Disconnected");

// What only Azure's peerings have.
struct AzurePeeringSettings {
  // Of the remote network, when this side was created or last synchronised: what is really peered.
  std::vector<net::Prefix> remote_address_space;
  bool do_not_verify_remote_gateways = false;
  bool peer_complete_networks = true;  // false: the named subnets alone
  std::optional<bool> only_ipv6;
  std::optional<std::vector<std::string>> local_subnet_names;
  std::optional<std::vector<std::string>> remote_subnet_names;
};

struct Peering {
  ResourceId remote_virtual_network;
  bool allow_virtual_network_access = true;
  bool allow_forwarded_traffic = false;
  bool allow_gateway_transit = false;
  bool use_remote_gateways = false;
  PeeringState state = PeeringState::Initiated;
  AzurePeeringSettings azure;
};
template <class V, MaybeConst<AzurePeeringSettings> B>
void describe(V& v, B& b) {
  v.object("remoteAddressSpace", Presence::ReadOnly,
           [&] { v.member("addressPrefixes", b.remote_address_space, Presence::ReadOnly); });
  v.member("doNotVerifyRemoteGateways", b.do_not_verify_remote_gateways, Presence::Optional);
  v.member("peerCompleteVnets", b.peer_complete_networks, Presence::Optional);
  v.member("enableOnlyIPv6Peering", b.only_ipv6, Presence::Optional);
  v.member("localSubnetNames", b.local_subnet_names, Presence::Optional);
  v.member("remoteSubnetNames", b.remote_subnet_names, Presence::Optional);
}
template <class V, MaybeConst<Peering> B>
void describe(V& v, B& b) {
  v.member("peeringState", b.state, Presence::ReadOnly);
  v.reference("remoteVirtualNetwork", b.remote_virtual_network, Presence::Required,
              Kinds{Kind::VirtualNetwork}, v.realm() == Realm::Azure ? Hold::Loose : Hold::Firm);
  v.member("allowVirtualNetworkAccess", b.allow_virtual_network_access, Presence::Optional);
  v.member("allowForwardedTraffic", b.allow_forwarded_traffic, Presence::Optional);
  v.member("allowGatewayTransit", b.allow_gateway_transit, Presence::Optional);
  v.member("useRemoteGateways", b.use_remote_gateways, Presence::Optional);
  if (v.realm() == Realm::Azure) describe(v, b.azure);
}

}  // namespace isthmus
