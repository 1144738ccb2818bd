// Hosts, the virtual machines that the controller itself manages (multiplexers, gateways), and what
// it needs to talk to them.
#pragma once

#include "controller/model/member.h"

namespace isthmus {

enum class CredentialType : uint8_t {
  UsernamePassword,
  X509Certificate,
  X509CertificateSubjectName,
  SnmpCommunityString
};
template <>
inline constexpr auto kNames<CredentialType> = names(
    "UsernamePassword", "X509Certificate", "X509CertificateSubjectName", "SnmpCommunityString");

// A password or a community string is not kept: that one was given is all that is known of it.
struct Credential {
  CredentialType type = CredentialType::UsernamePassword;
  std::string user_name;
  std::string value;  // a thumbprint or a subject name
  bool has_secret = false;

  bool is_secret() const {
    return type == CredentialType::UsernamePassword || type == CredentialType::SnmpCommunityString;
  }
};
template <class V, MaybeConst<Credential> B>
void describe(V& v, B& b) {
  v.member("type", b.type, Presence::Required);
  v.member("userName", b.user_name, Presence::Optional);
  v.member("value", b.value, Presence::Optional);
  v.member("hasSecret", b.has_secret, Presence::Hidden);
}

struct Connection {
  std::vector<std::string> management_addresses;  // names or addresses
  ResourceId credential;
  std::optional<CredentialType> credential_type;
  std::optional<uint16_t> port;
  std::string protocol;
};
template <class V, MaybeConst<Connection> B>
void describe(V& v, B& b) {
  v.member("managementAddresses", b.management_addresses, Presence::Required);
  v.reference("credential", b.credential, Presence::Optional, Kinds{Kind::Credential});
  v.member("credentialType", b.credential_type, Presence::Optional);
  v.member("port", b.port, Presence::Optional, Spelling::AsText);
  v.member("protocol", b.protocol, Presence::Optional);
}

// `members` of a type that the controller connects to.
template <class V, class B>
void describe_connections(V& v, B& b) {
  v.objects("connections", b.connections, [&](auto& connection) { describe(v, connection); });
}

// What may be wrong when the controller configures a host: codes of configurationState. Here they
// are switched on to see what clients make of them.
enum class HostFault : uint8_t {
  Unknown,
  HostUnreachable,
  PAIpAddressExhausted,
  PAMacAddressExhausted,
  PAAddressConfigurationFailure,
  CertificateNotTrusted,
  CertificateNotAuthorized,
  PolicyConfigurationFailureOnVfp,
  PolicyConfigurationFailure,
  HostNotConnectedToController,
  MultipleVfpEnabledSwitches,
  DistributedRouterConfigurationFailure,
  DhcpAddressAllocationFailure,
  PortBlocked,
  Overloaded,
  RoutePublicationFailure,
  VirtualServerUnreachable,
  QosConfigurationFailure
};
template <>
inline constexpr auto kNames<HostFault> = names(
    "Unknown", "HostUnreachable", "PAIpAddressExhausted", "PAMacAddressExhausted",
    "PAAddressConfigurationFailure", "CertificateNotTrusted", "CertificateNotAuthorized",
    "PolicyConfigurationFailureOnVfp", "PolicyConfigurationFailure", "HostNotConnectedToController",
    "MultipleVfpEnabledSwitches", "DistributedRouterConfigurationFailure",
    "DhcpAddressAllocationFailure", "PortBlocked", "Overloaded", "RoutePublicationFailure",
    "VirtualServerUnreachable", "QosConfigurationFailure");

struct Server {
  std::vector<Connection> connections;
  std::optional<HostFault> fault;
  std::string certificate;  // base64
  std::vector<std::string> auditing_enabled;
  std::string model;
  std::string os;
  std::string rack_slot;
  std::string serial_number;
  std::string vendor;
};
template <class V, MaybeConst<Server> B>
void describe(V& v, B& b) {
  describe_connections(v, b);
  v.member("certificate", b.certificate, Presence::Optional, Spelling::Blank);
  v.member("auditingEnabled", b.auditing_enabled, Presence::Optional);
  v.member("model", b.model, Presence::Optional);
  v.member("os", b.os, Presence::Optional);
  v.member("rackSlot", b.rack_slot, Presence::Optional);
  v.member("serial", b.serial_number, Presence::Optional);
  v.member("vendor", b.vendor, Presence::Optional);
  v.member("fault", b.fault, Presence::Hidden);
}

struct ServerInterface {  // a physical one
  bool is_bmc = false;
  std::vector<ResourceId> logical_subnets;
  std::string admin_status;
  std::optional<uint32_t> interface_index;
  std::string interface_name;
  std::optional<uint64_t> interface_speed;
};
template <class V, MaybeConst<ServerInterface> B>
void describe(V& v, B& b) {
  v.member("isBMC", b.is_bmc, Presence::Optional, Spelling::AsTitle);
  v.references("logicalSubnets", b.logical_subnets, Kinds{Kind::LogicalSubnet});
  v.member("adminStatus", b.admin_status, Presence::Optional);
  v.member("interfaceIndex", b.interface_index, Presence::Optional);
  v.member("interfaceName", b.interface_name, Presence::Optional);
  v.member("interfaceSpeed", b.interface_speed, Presence::Optional);
}

struct VirtualServer {
  std::vector<Connection> connections;
  std::optional<HostFault> fault;
  std::string vm_guid;
  std::string certificate;
};
template <class V, MaybeConst<VirtualServer> B>
void describe(V& v, B& b) {
  describe_connections(v, b);
  v.member("vmGuid", b.vm_guid, Presence::Optional);
  v.member("certificate", b.certificate, Presence::Optional);
  v.member("fault", b.fault, Presence::Hidden);
}

}  // namespace isthmus
