// Load balancers, their public addresses and the multiplexers that carry their traffic.
#pragma once

#include "controller/model/host.h"  // Connection

namespace isthmus {

enum class IpVersion : uint8_t { IPv4, IPv6 };
template <>
inline constexpr auto kNames<IpVersion> = names("IPv4", "IPv6");

struct PublicIpAddress {
  std::optional<net::IpAddress> address;  // allocated from a public VIP pool when Dynamic
  Allocation allocation = Allocation::Dynamic;
  IpVersion version = IpVersion::IPv4;
  uint32_t idle_timeout_minutes = 4;
  std::string dns_record;
};
template <class V, MaybeConst<PublicIpAddress> B>
void describe(V& v, B& b) {
  v.member("ipAddress", b.address, Presence::Optional);
  v.member("publicIPAllocationMethod", b.allocation, Presence::Optional);
  v.member("publicIPAddressVersion", b.version, Presence::Optional);
  v.member("idleTimeoutInMinutes", b.idle_timeout_minutes, Presence::Optional);
  v.member("dnsRecord", b.dns_record, Presence::Optional);
}

struct LoadBalancer {};
template <class V, MaybeConst<LoadBalancer> B>
void describe(V&, B&) {}

// A public address, or a private one in a subnet: in a virtual one it is an internal load balancer.
struct FrontendIpConfiguration {
  ResourceId public_ip_address;
  std::optional<net::IpAddress> private_address;
  Allocation private_allocation = Allocation::Dynamic;
  ResourceId subnet;
};
template <class V, MaybeConst<FrontendIpConfiguration> B>
void describe(V& v, B& b) {
  v.reference("publicIPAddress", b.public_ip_address, Presence::Optional,
              Kinds{Kind::PublicIpAddress});
  v.member("privateIPAddress", b.private_address, Presence::Optional, Spelling::Blank);
  v.member("privateIPAllocationMethod", b.private_allocation, Presence::Optional);
  v.reference("subnet", b.subnet, Presence::Optional, Kinds{Kind::Subnet, Kind::LogicalSubnet});
}

struct BackendAddressPool {};  // interfaces join it by naming it
template <class V, MaybeConst<BackendAddressPool> B>
void describe(V&, B&) {}

enum class BalancedProtocol : uint8_t { Tcp, Udp, Gre, Esp, All };
template <>
inline constexpr auto kNames<BalancedProtocol> = names("TCP", "UDP", "GRE", "ESP", "All");

enum class LoadDistribution : uint8_t { Default, SourceIp, SourceIpProtocol };
template <>
inline constexpr auto kNames<LoadDistribution> = names("Default", "SourceIP", "SourceIPProtocol");

// What rules that lead from a port of frontends to a back end have in common.
struct FrontendListener {
  std::vector<ResourceId> frontends;
  BalancedProtocol protocol = BalancedProtocol::Tcp;
  std::optional<uint16_t> frontend_port;
  std::optional<uint16_t> backend_port;
  bool enable_floating_ip = false;
  uint32_t idle_timeout_minutes = 4;
};
template <class V, class B>
void describe_listener(V& v, B& b) {
  v.references("frontendIPConfigurations", b.frontends, Kinds{Kind::FrontendIpConfiguration});
  v.member("protocol", b.protocol, Presence::Required);
  v.member("frontendPort", b.frontend_port, Presence::Optional);
  v.member("backendPort", b.backend_port, Presence::Optional);
  v.member("enableFloatingIP", b.enable_floating_ip, Presence::Optional);
  v.member("idleTimeoutInMinutes", b.idle_timeout_minutes, Presence::Optional);
}

struct LoadBalancingRule : FrontendListener {
  ResourceId backend_address_pool;
  ResourceId probe;
  LoadDistribution load_distribution = LoadDistribution::Default;
};
template <class V, MaybeConst<LoadBalancingRule> B>
void describe(V& v, B& b) {
  describe_listener(v, b);
  v.member("loadDistribution", b.load_distribution, Presence::Optional);
  v.reference("backendAddressPool", b.backend_address_pool, Presence::Optional,
              Kinds{Kind::BackendAddressPool});
  v.reference("probe", b.probe, Presence::Optional, Kinds{Kind::Probe});
}

struct InboundNatRule : FrontendListener {
  ResourceId backend_ip_configuration;
};
template <class V, MaybeConst<InboundNatRule> B>
void describe(V& v, B& b) {
  describe_listener(v, b);
  v.reference("backendIPConfiguration", b.backend_ip_configuration, Presence::Optional,
              Kinds{Kind::IpConfiguration});
}

struct OutboundNatRule {
  std::vector<ResourceId> frontends;
  ResourceId backend_address_pool;
  BalancedProtocol protocol = BalancedProtocol::All;
};
template <class V, MaybeConst<OutboundNatRule> B>
void describe(V& v, B& b) {
  v.references("frontendIPConfigurations", b.frontends, Kinds{Kind::FrontendIpConfiguration});
  v.member("protocol", b.protocol, Presence::Required);
  v.reference("backendAddressPool", b.backend_address_pool, Presence::Required,
              Kinds{Kind::BackendAddressPool});
}

enum class ProbeProtocol : uint8_t { Tcp, Http };
template <>
inline constexpr auto kNames<ProbeProtocol> = names("TCP", "HTTP");

struct Probe {
  ProbeProtocol protocol = ProbeProtocol::Tcp;
  uint16_t port = 0;
  std::string request_path;  // HTTP only
  uint32_t interval_seconds = 15;
  uint32_t count = 31;
};
template <class V, MaybeConst<Probe> B>
void describe(V& v, B& b) {
  v.member("protocol", b.protocol, Presence::Required);
  v.member("port", b.port, Presence::Required);
  v.member("requestPath", b.request_path, Presence::Optional);
  v.member("intervalInSeconds", b.interval_seconds, Presence::Optional);
  v.member("numberOfProbes", b.count, Presence::Optional);
}

struct LoadBalancerManager {
  std::optional<net::IpAddress> address;
  std::vector<ResourceId> vip_pools;
  std::vector<net::Prefix> outbound_nat_exemptions;
  bool is_outbound_nat_enabled = true;
};
template <class V, MaybeConst<LoadBalancerManager> B>
void describe(V& v, B& b) {
  v.member("loadBalancerManagerIPAddress", b.address, Presence::Optional);
  v.references("vipIpPools", b.vip_pools, Kinds{Kind::IpPool});
  v.member("outboundNatIPExemptions", b.outbound_nat_exemptions, Presence::Optional);
  v.member("isOutboundNatEnabled", b.is_outbound_nat_enabled, Presence::Optional);
}

struct PeerRouter {
  std::string name;
  net::IpAddress address;
  uint32_t as_number = 0;
  std::optional<net::IpAddress> local_address;
  std::string id;
};
template <class V, MaybeConst<PeerRouter> B>
void describe(V& v, B& b) {
  v.member("routerName", b.name, Presence::Optional);
  v.member("routerIPAddress", b.address, Presence::Required);
  v.member("peerASN", b.as_number, Presence::Required);
  v.member("localIPAddress", b.local_address, Presence::Optional);
  v.member("id", b.id, Presence::Optional);
}

struct LoadBalancerMux {
  uint32_t local_as_number = 0;
  std::vector<PeerRouter> peer_routers;
  ResourceId virtual_server;
  std::vector<Connection> connections;
};
template <class V, MaybeConst<LoadBalancerMux> B>
void describe(V& v, B& b) {
  describe_connections(v, b);
  v.object("routerConfiguration", Presence::Required, [&] {
    v.member("localASN", b.local_as_number, Presence::Required);
    v.objects("peerRouterConfigurations", b.peer_routers,
              [&](auto& router) { describe(v, router); });
  });
  v.reference("virtualServer", b.virtual_server, Presence::Required, Kinds{Kind::VirtualServer});
}

}  // namespace isthmus
