// The network interfaces of virtual machines.
#pragma once

#include "controller/model/load_balancer.h"  // IpVersion

namespace isthmus {

struct QosSettings {
  uint32_t outbound_reserved_value = 0;
  uint32_t outbound_maximum_mbps = 0;
  uint32_t inbound_maximum_mbps = 0;
};
template <class V, MaybeConst<QosSettings> B>
void describe(V& v, B& b) {
  v.member("outboundReservedValue", b.outbound_reserved_value, Presence::Optional);
  v.member("outboundMaximumMbps", b.outbound_maximum_mbps, Presence::Optional);
  v.member("inboundMaximumMbps", b.inbound_maximum_mbps, Presence::Optional);
}

enum class InterruptModeration : uint8_t { Default, Adaptive, Off, Low, Medium, High };
template <>
inline constexpr auto kNames<InterruptModeration> =
    names("default", "adaptive", "off", "low", "medium", "high");

struct PortSettings {
  Toggle mac_spoofing = Toggle::Disabled;  // enabled: the interface may forward (decisions: N17)
  Toggle arp_guard = Toggle::Disabled;
  Toggle dhcp_guard = Toggle::Disabled;
  uint32_t storm_limit = 0;
  uint32_t port_flow_limit = 0;
  uint32_t vmq_weight = 100;
  uint32_t iov_weight = 0;
  InterruptModeration iov_interrupt_moderation = InterruptModeration::Default;
  uint32_t iov_queue_pairs_requested = 0;
  std::optional<QosSettings> qos;
};
template <class V, MaybeConst<PortSettings> B>
void describe(V& v, B& b) {
  v.member("macSpoofingEnabled", b.mac_spoofing, Presence::Optional);
  v.member("arpGuardEnabled", b.arp_guard, Presence::Optional);
  v.member("dhcpGuardEnabled", b.dhcp_guard, Presence::Optional);
  v.member("stormLimit", b.storm_limit, Presence::Optional);
  v.member("portFlowLimit", b.port_flow_limit, Presence::Optional);
  v.member("vmqWeight", b.vmq_weight, Presence::Optional);
  v.member("iovWeight", b.iov_weight, Presence::Optional);
  v.member("iovInterruptModeration", b.iov_interrupt_moderation, Presence::Optional);
  v.member("iovQueuePairsRequested", b.iov_queue_pairs_requested, Presence::Optional);
  v.optional_object("qosSettings", b.qos, [&](auto& qos) { describe(v, qos); });
}

// What only Azure's network interfaces have.
struct AzureInterfaceSettings {
  ResourceId security_group;
  bool ip_forwarding = false;
  bool accelerated_networking = false;
  bool no_tcp_state_tracking = false;
};

struct NetworkInterface {
  std::optional<net::Mac> mac;  // allocated from a MAC pool when absent and Dynamic
  Allocation mac_allocation = Allocation::Dynamic;
  std::vector<net::IpAddress> dns_servers;
  bool is_primary = true;
  bool is_host_virtual_network_interface = false;
  bool is_multitenant_stack = false;
  std::string internal_dns_name_label;
  PortSettings port_settings;
  std::vector<ResourceId> security_tags;
  AzureInterfaceSettings azure;
};
template <class V, MaybeConst<NetworkInterface> B>
void describe_in_azure(V& v, B& b) {
  v.member("macAddress", b.mac, Presence::ReadOnly, Spelling::Dashed);
  v.object("dnsSettings", Presence::Optional, [&] {
    v.member("dnsServers", b.dns_servers, Presence::Optional);
    v.member("internalDnsNameLabel", b.internal_dns_name_label, Presence::Optional);
  });
  v.member("enableAcceleratedNetworking", b.azure.accelerated_networking, Presence::Optional);
  v.member("enableIPForwarding", b.azure.ip_forwarding, Presence::Optional);
  v.member("disableTcpStateTracking", b.azure.no_tcp_state_tracking, Presence::Optional);
  v.reference("networkSecurityGroup", b.azure.security_group, Presence::Optional,
              Kinds{Kind::AccessControlList});
}
template <class V, MaybeConst<NetworkInterface> B>
void describe(V& v, B& b) {
  if (v.realm() == Realm::Azure) return describe_in_azure(v, b);
  v.member("privateMacAddress", b.mac, Presence::Optional);
  v.member("privateMacAllocationMethod", b.mac_allocation, Presence::Optional);
  v.object("dnsSettings", Presence::Optional,
           [&] { v.member("dnsServers", b.dns_servers, Presence::Optional); });
  v.member("isPrimary", b.is_primary, Presence::Optional);
  v.member("isHostVirtualNetworkInterface", b.is_host_virtual_network_interface,
           Presence::Optional);
  v.member("isMultitenantStack", b.is_multitenant_stack, Presence::Optional);
  v.member("internalDnsNameLabel", b.internal_dns_name_label, Presence::Optional);
  v.object("portSettings", Presence::Optional, [&] { describe(v, b.port_settings); });
  v.references("securityTags", b.security_tags, Kinds{Kind::SecurityTag}, Shown::IfAny);
}

// What only Azure's IP configurations have.
struct AzureIpSettings {
  IpVersion version = IpVersion::IPv4;
  bool is_primary = false;  // one of an interface is
};

struct IpConfiguration {
  std::optional<net::IpAddress> address;  // allocated from the subnet when Dynamic
  Allocation allocation = Allocation::Dynamic;
  ResourceId subnet;  // virtual or logical
  ResourceId access_control_list;
  ResourceId public_ip_address;
  ResourceId service_insertion;
  std::vector<ResourceId> backend_address_pools;
  std::vector<ResourceId> inbound_nat_rules;
  AzureIpSettings azure;
};
template <class V, MaybeConst<IpConfiguration> B>
void describe(V& v, B& b) {
  const bool in_azure = v.realm() == Realm::Azure;
  v.member("privateIPAddress", b.address, Presence::Optional);
  v.member("privateIPAllocationMethod", b.allocation, Presence::Optional);
  if (in_azure) {
    v.member("privateIPAddressVersion", b.azure.version, Presence::Optional);
    v.member("primary", b.azure.is_primary, Presence::Optional);
    v.reference("subnet", b.subnet, Presence::Required, Kinds{Kind::Subnet});
  } else {
    v.reference("subnet", b.subnet, Presence::Optional, Kinds{Kind::Subnet, Kind::LogicalSubnet});
    v.reference("accessControlList", b.access_control_list, Presence::Optional,
                Kinds{Kind::AccessControlList});
    v.reference("serviceInsertion", b.service_insertion, Presence::Optional,
                Kinds{Kind::ServiceInsertion});
  }
  v.reference("publicIPAddress", b.public_ip_address, Presence::Optional,
              Kinds{Kind::PublicIpAddress});
  v.references("loadBalancerBackendAddressPools", b.backend_address_pools,
               Kinds{Kind::BackendAddressPool});
  v.references("loadBalancerInboundNatRules", b.inbound_nat_rules, Kinds{Kind::InboundNatRule});
}

}  // namespace isthmus
