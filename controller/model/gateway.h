// Gateways to networks elsewhere: the provider's pools of them, and what tenants make of these.
#pragma once

#include "controller/model/boxed.h"
#include "controller/model/load_balancer.h"  // IpVersion

namespace isthmus {

// As the controller writes it: "0.64510", two halves of 16 bits.
struct ExtendedAsNumber {
  uint32_t value = 0;
  friend bool operator==(const ExtendedAsNumber&, const ExtendedAsNumber&) = default;
};

struct InterfaceAddress {
  net::IpAddress address;
  uint16_t prefix_length = 0;
};
template <class V, MaybeConst<InterfaceAddress> B>
void describe(V& v, B& b) {
  v.member("ipAddress", b.address, Presence::Required);
  v.member("prefixLength", b.prefix_length, Presence::Optional);
}

enum class GatewayType : uint8_t { All, S2sIpSec, S2sGre, Forwarding };
template <>
inline constexpr auto kNames<GatewayType> = names("All", "S2sIPsec", "S2sGre", "Forwarding");

struct GatewayPool {
  GatewayType type = GatewayType::All;
  std::vector<ResourceId> gre_vip_subnets;
  std::vector<ResourceId> public_ip_addresses;
  uint32_t redundant_gateways = 0;
  uint64_t capacity_kbps = 0;  // of one gateway
};
template <class V, MaybeConst<GatewayPool> B>
void describe(V& v, B& b) {
  v.member("type", b.type, Presence::Optional);
  v.object("ipConfiguration", Presence::Optional, [&] {
    v.references("greVipSubnets", b.gre_vip_subnets, Kinds{Kind::LogicalSubnet});
    v.references("publicIPAddresses", b.public_ip_addresses, Kinds{Kind::PublicIpAddress});
  });
  v.member("redundantGatewayCount", b.redundant_gateways, Presence::Optional);
  v.member("gatewayCapacityKiloBitsPerSecond", b.capacity_kbps, Presence::Optional);
}

struct GatewayBgpPeer {
  ExtendedAsNumber as_number;
  net::IpAddress address;
};
template <class V, MaybeConst<GatewayBgpPeer> B>
void describe(V& v, B& b) {
  v.member("peerExtAsNumber", b.as_number, Presence::Required);
  v.member("peerIP", b.address, Presence::Required);
}

struct Gateway {
  ResourceId pool;
  GatewayType type = GatewayType::All;
  std::optional<ExtendedAsNumber> as_number;
  std::vector<GatewayBgpPeer> bgp_peers;
  ResourceId virtual_server;
  ResourceId external_interface;
  ResourceId internal_interface;
  std::vector<InterfaceAddress> external_addresses;
};
template <class V, MaybeConst<Gateway> B>
void describe(V& v, B& b) {
  v.reference("pool", b.pool, Presence::Required, Kinds{Kind::GatewayPool});
  v.member("type", b.type, Presence::Optional);
  v.object("bgpConfig", Presence::Optional, [&] {
    v.member("extASNumber", b.as_number, Presence::Optional);
    v.objects("bgpPeer", b.bgp_peers, [&](auto& peer) { describe(v, peer); });
  });
  v.reference("virtualServer", b.virtual_server, Presence::Optional, Kinds{Kind::VirtualServer});
  v.object("networkInterfaces", Presence::Optional, [&] {
    v.reference("externalNetworkInterface", b.external_interface, Presence::Optional,
                Kinds{Kind::NetworkInterface});
    v.reference("internalNetworkInterface", b.internal_interface, Presence::Optional,
                Kinds{Kind::NetworkInterface});
  });
  v.objects("externalIPAddress", b.external_addresses,
            [&](auto& address) { describe(v, address); });
}

enum class RoutingType : uint8_t { Dynamic, Static };
template <>
inline constexpr auto kNames<RoutingType> = names("Dynamic", "Static");

struct VirtualGateway {
  std::vector<ResourceId> pools;
  std::vector<ResourceId> subnets;  // the first is the one between the gateway and its network
  RoutingType routing_type = RoutingType::Dynamic;
  std::vector<net::Prefix> vpn_client_address_space;
  std::string vpn_client_capacity;
  std::string vpn_client_realm;
};
template <class V, MaybeConst<VirtualGateway> B>
void describe(V& v, B& b) {
  v.references("gatewayPools", b.pools, Kinds{Kind::GatewayPool});
  v.references("gatewaySubnets", b.subnets, Kinds{Kind::Subnet});
  v.member("routingType", b.routing_type, Presence::Optional);
  v.object("vpnClientAddressSpace", Presence::Optional, [&] {
    v.member("addressPrefixes", b.vpn_client_address_space, Presence::Optional);
    v.member("capacity", b.vpn_client_capacity, Presence::Optional);
    v.member("realm", b.vpn_client_realm, Presence::Optional);
  });
}

struct MatchCriterion {
  std::string clause;
  std::string operation;
  std::string value;
};
template <class V, MaybeConst<MatchCriterion> B>
void describe(V& v, B& b) {
  v.member("clause", b.clause, Presence::Optional);
  v.member("operator", b.operation, Presence::Optional);
  v.member("value", b.value, Presence::Optional);
}

struct RoutingPolicy {
  std::string name;
  std::string type;
  std::vector<MatchCriterion> criteria;
};
template <class V, MaybeConst<RoutingPolicy> B>
void describe(V& v, B& b) {
  v.member("policyName", b.name, Presence::Optional);
  v.member("policyType", b.type, Presence::Optional);
  v.objects("matchCriteria", b.criteria, [&](auto& criterion) { describe(v, criterion); });
}

struct PolicyMap {
  std::string description;
  std::vector<RoutingPolicy> policies;
};
template <class V, MaybeConst<PolicyMap> B>
void describe(V& v, B& b) {
  v.member("description", b.description, Presence::Optional);
  v.objects("policyList", b.policies, [&](auto& policy) { describe(v, policy); });
}

enum class ConnectionType : uint8_t { IpSec, Gre, L3 };
template <>
inline constexpr auto kNames<ConnectionType> = names("IPSec", "GRE", "L3");

enum class AuthenticationMethod : uint8_t { Psk, MachineCertificates };
template <>
inline constexpr auto kNames<AuthenticationMethod> = names("PSK", "MachineCertificates");

struct QuickMode {
  std::string perfect_forward_secrecy;
  std::string cipher;
  std::string authentication;
  std::optional<uint32_t> idle_disconnect_seconds;
  std::optional<uint32_t> lifetime_seconds;
  std::optional<uint32_t> lifetime_kilobytes;
};
template <class V, MaybeConst<QuickMode> B>
void describe(V& v, B& b) {
  v.member("perfectForwardSecrecy", b.perfect_forward_secrecy, Presence::Optional);
  v.member("cipherTransformationConstant", b.cipher, Presence::Optional);
  v.member("authenticationTransformationConstant", b.authentication, Presence::Optional);
  v.member("idleDisconnectSeconds", b.idle_disconnect_seconds, Presence::Optional);
  v.member("saLifeTimeSeconds", b.lifetime_seconds, Presence::Optional);
  v.member("saLifeTimeKiloBytes", b.lifetime_kilobytes, Presence::Optional);
}

struct MainMode {
  std::string diffie_hellman_group;
  std::string encryption;
  std::string integrity;
  std::optional<uint32_t> lifetime_seconds;
  std::optional<uint32_t> lifetime_kilobytes;
};
template <class V, MaybeConst<MainMode> B>
void describe(V& v, B& b) {
  v.member("diffieHellmanGroup", b.diffie_hellman_group, Presence::Optional);
  v.member("encryptionAlgorithm", b.encryption, Presence::Optional);
  v.member("integrityAlgorithm", b.integrity, Presence::Optional);
  v.member("saLifeTimeSeconds", b.lifetime_seconds, Presence::Optional);
  v.member("saLifeTimeKiloBytes", b.lifetime_kilobytes, Presence::Optional);
}

struct TrafficSelector {
  IpVersion type = IpVersion::IPv4;
  uint8_t protocol = 0;
  uint16_t port_start = 0;
  uint16_t port_end = 65535;
  net::IpAddress start;
  net::IpAddress end;
  uint32_t payload_id = 0;
};
template <class V, MaybeConst<TrafficSelector> B>
void describe(V& v, B& b) {
  v.member("type", b.type, Presence::Optional);
  v.member("protocolId", b.protocol, Presence::Optional);
  v.member("portStart", b.port_start, Presence::Optional);
  v.member("portEnd", b.port_end, Presence::Optional);
  v.member("ipAddressStart", b.start, Presence::Required);
  v.member("ipAddressEnd", b.end, Presence::Required);
  v.member("tsPayloadId", b.payload_id, Presence::Optional);
}

// The shared secret is not kept: that one was given is all that is known of it.
struct IpSecConfiguration {
  AuthenticationMethod authentication = AuthenticationMethod::Psk;
  std::string shared_secret;  // on its way in only
  bool has_shared_secret = false;
  QuickMode quick_mode;
  MainMode main_mode;
  std::vector<TrafficSelector> local_selectors;
  std::vector<TrafficSelector> remote_selectors;
};
template <class V, MaybeConst<IpSecConfiguration> B>
void describe(V& v, B& b) {
  v.member("authenticationMethod", b.authentication, Presence::Optional);
  v.member("sharedSecret", b.shared_secret, Presence::Optional);
  v.member("hasSharedSecret", b.has_shared_secret, Presence::Hidden);
  v.object("quickMode", Presence::Optional, [&] { describe(v, b.quick_mode); });
  v.object("mainMode", Presence::Optional, [&] { describe(v, b.main_mode); });
  v.objects("localVpnTrafficSelector", b.local_selectors,
            [&](auto& selector) { describe(v, selector); });
  v.objects("remoteVpnTrafficSelector", b.remote_selectors,
            [&](auto& selector) { describe(v, selector); });
}

struct ConnectionRoute {
  net::Prefix destination;
  std::optional<net::IpAddress> next_hop;
  uint32_t metric = 0;
  std::string protocol;  // Static where a client does not say
};
template <class V, MaybeConst<ConnectionRoute> B>
void describe(V& v, B& b) {
  v.member("destinationPrefix", b.destination, Presence::Required);
  v.member("nextHop", b.next_hop, Presence::Optional);
  v.member("metric", b.metric, Presence::Optional);
  v.member("protocol", b.protocol, Presence::Optional);
}

struct NetworkConnection {
  ConnectionType type = ConnectionType::IpSec;
  uint64_t outbound_kbps = 0;
  uint64_t inbound_kbps = 0;
  Boxed<IpSecConfiguration> ipsec;
  std::string gre_key;
  ResourceId vlan_subnet;  // L3
  std::vector<InterfaceAddress> addresses;
  std::vector<net::IpAddress> peer_addresses;
  std::vector<ConnectionRoute> routes;
  std::optional<net::IpAddress> source;
  std::optional<net::IpAddress> destination;
};
template <class V, MaybeConst<NetworkConnection> B>
void describe(V& v, B& b) {
  v.member("connectionType", b.type, Presence::Required);
  v.member("outboundKiloBitsPerSecond", b.outbound_kbps, Presence::Optional);
  v.member("inboundKiloBitsPerSecond", b.inbound_kbps, Presence::Optional);
  v.optional_object("ipSecConfiguration", b.ipsec, [&](auto& ipsec) { describe(v, ipsec); });
  v.object("greConfiguration", Presence::Optional,
           [&] { v.member("greKey", b.gre_key, Presence::Optional); });
  v.object("l3Configuration", Presence::Optional, [&] {
    v.reference("vlanSubnet", b.vlan_subnet, Presence::Optional, Kinds{Kind::LogicalSubnet});
  });
  v.objects("ipAddresses", b.addresses, [&](auto& address) { describe(v, address); });
  v.member("peerIPAddresses", b.peer_addresses, Presence::Optional);
  v.objects("routes", b.routes, [&](auto& route) { describe(v, route); });
  v.member("sourceIPAddress", b.source, Presence::Optional);
  v.member("destinationIPAddress", b.destination, Presence::Optional);
}

struct BgpRouter {
  ExtendedAsNumber as_number;
  bool is_enabled = true;
  bool require_igp_sync = true;
  std::string router_id;
  std::vector<net::IpAddress> addresses;
};
template <class V, MaybeConst<BgpRouter> B>
void describe(V& v, B& b) {
  v.member("isEnabled", b.is_enabled, Presence::Optional);
  v.member("requireIgpSync", b.require_igp_sync, Presence::Optional);
  v.member("extAsNumber", b.as_number, Presence::Required);
  v.member("routerId", b.router_id, Presence::Optional);
  v.member("routerIP", b.addresses, Presence::Optional);
}

struct BgpPeer {
  net::IpAddress address;
  ExtendedAsNumber as_number;
  ResourceId policy_map_in;
  ResourceId policy_map_out;
};
template <class V, MaybeConst<BgpPeer> B>
void describe(V& v, B& b) {
  v.member("peerIpAddress", b.address, Presence::Required);
  v.member("extAsNumber", b.as_number, Presence::Required);
  v.reference("policyMapIn", b.policy_map_in, Presence::Optional, Kinds{Kind::PolicyMap});
  v.reference("policyMapOut", b.policy_map_out, Presence::Optional, Kinds{Kind::PolicyMap});
}

}  // namespace isthmus
