// Load balancers, their public addresses and the multiplexers that carry their traffic.
//
// Sources for the Azure realm: Microsoft.Network 2022-01-01 to 2026-01-01, as @azure/arm-network
// describes it and real answers print it. Where a member is spelled differently there (TCP is Tcp),
// it is the same member.
#pragma once

#include "controller/model/boxed.h"
#include "controller/model/host.h"  // Connection

namespace isthmus {

enum class IpVersion : uint8_t { IPv4, IPv6 };
template <>
inline constexpr auto kNames<IpVersion> = names("IPv4", "IPv6");

struct IpTag {
  std::string type;
  std::string tag;
};
struct DdosSettings {
  std::string protection_mode;
};
struct PublicDnsSettings {
  std::string label;
  std::string fqdn;  // decided here, from the label and the region
  std::string reverse_fqdn;
};

// What only Azure's public addresses have.
struct AzurePublicAddressSettings {
  Boxed<PublicDnsSettings> dns;
  std::vector<IpTag> tags;
  Boxed<DdosSettings> ddos;
  std::string delete_option;
};

struct PublicIpAddress {
  // Dynamic: allocated from a public VIP pool; in Azure while something has it. In Azure a Static
  // one is allocated, too, at once, and no client chooses it.
  std::optional<net::IpAddress> address;
  Allocation allocation = Allocation::Dynamic;
  IpVersion version = IpVersion::IPv4;
  uint32_t idle_timeout_minutes = 4;
  std::string dns_record;
  AzurePublicAddressSettings azure;
};
template <class V, MaybeConst<AzurePublicAddressSettings> B>
void describe(V& v, B& b) {
  v.optional_object("dnsSettings", b.dns, [&](auto& dns) {
    v.member("domainNameLabel", dns.label, Presence::Optional);
    v.member("fqdn", dns.fqdn, Presence::ReadOnly);
    v.member("reverseFqdn", dns.reverse_fqdn, Presence::Optional);
  });
  v.objects("ipTags", b.tags, [&](auto& tag) {
    v.member("ipTagType", tag.type, Presence::Required);
    v.member("tag", tag.tag, Presence::Required);
  });
  v.optional_object("ddosSettings", b.ddos, [&](auto& ddos) {
    v.member("protectionMode", ddos.protection_mode, Presence::Optional);
  });
  v.member("deleteOption", b.delete_option, Presence::Optional);
}
template <class V, MaybeConst<PublicIpAddress> B>
void describe(V& v, B& b) {
  const bool in_azure = v.realm() == Realm::Azure;
  v.member("ipAddress", b.address, in_azure ? Presence::ReadOnly : Presence::Optional);
  v.member("publicIPAllocationMethod", b.allocation, Presence::Optional);
  v.member("publicIPAddressVersion", b.version, Presence::Optional);
  v.member("idleTimeoutInMinutes", b.idle_timeout_minutes, Presence::Optional);
  if (in_azure) return describe(v, b.azure);
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
  std::optional<IpVersion> private_version;  // Azure
};
template <class V, MaybeConst<FrontendIpConfiguration> B>
void describe(V& v, B& b) {
  const bool in_azure = v.realm() == Realm::Azure;
  v.reference("publicIPAddress", b.public_ip_address, Presence::Optional,
              Kinds{Kind::PublicIpAddress});
  v.member("privateIPAddress", b.private_address, Presence::Optional,
           in_azure ? Spelling::Natural : Spelling::Blank);
  v.member("privateIPAllocationMethod", b.private_allocation, Presence::Optional);
  v.reference("subnet", b.subnet, Presence::Optional, Kinds{Kind::Subnet, Kind::LogicalSubnet});
  if (in_azure) v.member("privateIPAddressVersion", b.private_version, Presence::Optional);
}

// Azure: a place behind a load balancer that is told by its address.
struct BackendAddress {
  std::string name;
  std::optional<net::IpAddress> address;
  ResourceId virtual_network;
  ResourceId subnet;
  std::string admin_state;
};
template <class V, MaybeConst<BackendAddress> B>
void describe(V& v, B& b) {
  v.member("name", b.name, Presence::Required);
  v.object("properties", Presence::Optional, [&] {
    v.member("ipAddress", b.address, Presence::Optional);
    v.reference("virtualNetwork", b.virtual_network, Presence::Optional,
                Kinds{Kind::VirtualNetwork});
    v.reference("subnet", b.subnet, Presence::Optional, Kinds{Kind::Subnet});
    v.member("adminState", b.admin_state, Presence::Optional);
  });
}

// Interfaces join it by naming it; in Azure it may list addresses as well.
struct BackendAddressPool {
  std::vector<BackendAddress> addresses;
  ResourceId virtual_network;
  std::optional<uint32_t> drain_period_seconds;
};
template <class V, MaybeConst<BackendAddressPool> B>
void describe(V& v, B& b) {
  if (v.realm() != Realm::Azure) return;
  v.objects("loadBalancerBackendAddresses", b.addresses,
            [&](auto& address) { describe(v, address); });
  v.reference("virtualNetwork", b.virtual_network, Presence::Optional, Kinds{Kind::VirtualNetwork});
  v.member("drainPeriodInSeconds", b.drain_period_seconds, Presence::Optional);
}

enum class BalancedProtocol : uint8_t { Tcp, Udp, Gre, Esp, All };
template <>
inline constexpr auto kNames<BalancedProtocol> = names("TCP", "UDP", "GRE", "ESP", "All");

// Azure writes Tcp and Http.
constexpr Spelling protocol_spelling(Realm realm) {
  return realm == Realm::Azure ? Spelling::AsTitle : Spelling::Natural;
}

enum class LoadDistribution : uint8_t { Default, SourceIp, SourceIpProtocol };
template <>
inline constexpr auto kNames<LoadDistribution> = names("Default", "SourceIP", "SourceIPProtocol");

// What rules that lead from a port of frontends to a back end have in common.
struct FrontendListener {
  std::vector<ResourceId> frontends;  // in Azure at most one
  BalancedProtocol protocol = BalancedProtocol::Tcp;
  std::optional<uint16_t> frontend_port;
  std::optional<uint16_t> backend_port;
  bool enable_floating_ip = false;
  bool enable_tcp_reset = false;  // Azure
  uint32_t idle_timeout_minutes = 4;
};
template <class V, class B>
void describe_only_frontend(V& v, B& b) {
  constexpr bool kMayChange = !std::is_const_v<B>;
  static const ResourceId none;
  if constexpr (kMayChange) {
    if (b.frontends.empty()) b.frontends.emplace_back();
    b.frontends.resize(1);
    v.reference("frontendIPConfiguration", b.frontends.front(), Presence::Optional,
                Kinds{Kind::FrontendIpConfiguration});
    if (b.frontends.front().empty()) b.frontends.clear();
  } else {
    v.reference("frontendIPConfiguration", b.frontends.empty() ? none : b.frontends.front(),
                Presence::Optional, Kinds{Kind::FrontendIpConfiguration});
  }
}
template <class V, class B>
void describe_listener(V& v, B& b) {
  const bool in_azure = v.realm() == Realm::Azure;
  if (in_azure) {
    describe_only_frontend(v, b);
  } else {
    v.references("frontendIPConfigurations", b.frontends, Kinds{Kind::FrontendIpConfiguration});
  }
  v.member("protocol", b.protocol, Presence::Required, protocol_spelling(v.realm()));
  v.member("frontendPort", b.frontend_port, Presence::Optional);
  v.member("backendPort", b.backend_port, Presence::Optional);
  v.member("enableFloatingIP", b.enable_floating_ip, Presence::Optional);
  if (in_azure) v.member("enableTcpReset", b.enable_tcp_reset, Presence::Optional);
  v.member("idleTimeoutInMinutes", b.idle_timeout_minutes, Presence::Optional);
}

struct LoadBalancingRule : FrontendListener {
  ResourceId backend_address_pool;
  std::vector<ResourceId> backend_address_pools;  // Azure: the same, as newer clients write it
  ResourceId probe;
  LoadDistribution load_distribution = LoadDistribution::Default;
  bool disable_outbound_snat = false;  // Azure
};
template <class V, class B>
void describe_pools(V& v, B& b) {
  v.references("backendAddressPools", b.backend_address_pools, Kinds{Kind::BackendAddressPool},
               Shown::IfAny);
  if constexpr (!std::is_const_v<B>) {
    if (b.backend_address_pool.empty() && !b.backend_address_pools.empty())
      b.backend_address_pool = b.backend_address_pools.front();
    b.backend_address_pools.clear();
    if (!b.backend_address_pool.empty()) b.backend_address_pools = {b.backend_address_pool};
  }
}
template <class V, MaybeConst<LoadBalancingRule> B>
void describe(V& v, B& b) {
  describe_listener(v, b);
  v.member("loadDistribution", b.load_distribution, Presence::Optional);
  v.reference("backendAddressPool", b.backend_address_pool, Presence::Optional,
              Kinds{Kind::BackendAddressPool});
  v.reference("probe", b.probe, Presence::Optional, Kinds{Kind::Probe});
  if (v.realm() != Realm::Azure) return;
  describe_pools(v, b);
  v.member("disableOutboundSnat", b.disable_outbound_snat, Presence::Optional);
}

// A range of ports of the frontend, one for each place in a pool: Azure.
struct FrontendPortRange {
  ResourceId backend_address_pool;
  std::optional<uint16_t> first;
  std::optional<uint16_t> last;
};
struct InboundNatRule : FrontendListener {
  ResourceId backend_ip_configuration;  // on-prem; in Azure the configuration names the rule
  FrontendPortRange range;
};
template <class V, MaybeConst<InboundNatRule> B>
void describe(V& v, B& b) {
  describe_listener(v, b);
  if (v.realm() == Realm::Azure) {
    v.reference("backendAddressPool", b.range.backend_address_pool, Presence::Optional,
                Kinds{Kind::BackendAddressPool});
    v.member("frontendPortRangeStart", b.range.first, Presence::Optional);
    v.member("frontendPortRangeEnd", b.range.last, Presence::Optional);
    return;
  }
  v.reference("backendIPConfiguration", b.backend_ip_configuration, Presence::Optional,
              Kinds{Kind::IpConfiguration});
}

// What only Azure's outbound rules have.
struct AzureOutboundSettings {
  uint32_t idle_timeout_minutes = 4;
  bool enable_tcp_reset = false;
  uint32_t allocated_ports = 0;  // 0: as many as Azure sees fit
};
struct OutboundNatRule {
  std::vector<ResourceId> frontends;
  ResourceId backend_address_pool;
  BalancedProtocol protocol = BalancedProtocol::All;
  AzureOutboundSettings azure;
};
template <class V, MaybeConst<OutboundNatRule> B>
void describe(V& v, B& b) {
  v.references("frontendIPConfigurations", b.frontends, Kinds{Kind::FrontendIpConfiguration});
  v.member("protocol", b.protocol, Presence::Required, protocol_spelling(v.realm()));
  v.reference("backendAddressPool", b.backend_address_pool, Presence::Required,
              Kinds{Kind::BackendAddressPool});
  if (v.realm() != Realm::Azure) return;
  v.member("idleTimeoutInMinutes", b.azure.idle_timeout_minutes, Presence::Optional);
  v.member("enableTcpReset", b.azure.enable_tcp_reset, Presence::Optional);
  v.member("allocatedOutboundPorts", b.azure.allocated_ports, Presence::Optional);
}

enum class ProbeProtocol : uint8_t { Tcp, Http, Https };  // Https in Azure alone
template <>
inline constexpr auto kNames<ProbeProtocol> = names("TCP", "HTTP", "HTTPS");

struct Probe {
  ProbeProtocol protocol = ProbeProtocol::Tcp;
  uint16_t port = 0;
  std::string request_path;  // HTTP only
  uint32_t interval_seconds = 15;
  uint32_t count = 31;
  uint32_t threshold = 1;  // Azure
};
template <class V, MaybeConst<Probe> B>
void describe(V& v, B& b) {
  v.member("protocol", b.protocol, Presence::Required, protocol_spelling(v.realm()));
  v.member("port", b.port, Presence::Required);
  v.member("requestPath", b.request_path, Presence::Optional);
  v.member("intervalInSeconds", b.interval_seconds, Presence::Optional);
  v.member("numberOfProbes", b.count, Presence::Optional);
  if (v.realm() == Realm::Azure) v.member("probeThreshold", b.threshold, Presence::Optional);
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
