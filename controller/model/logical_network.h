// The provider's networks and what addresses are given out of.
#pragma once

#include "controller/model/member.h"

namespace isthmus {

struct LogicalNetwork {
  bool network_virtualization_enabled =
      false;  // true on the provider network that virtual networks ride on
};
template <class V, MaybeConst<LogicalNetwork> B>
void describe(V& v, B& b) {
  v.member("networkVirtualizationEnabled", b.network_virtualization_enabled, Presence::Optional,
           Spelling::AsTitle);
}

struct LogicalSubnet {
  std::optional<net::Prefix> prefix;
  uint16_t vlan_id = 0;  // 0..4095
  std::vector<net::IpAddress> default_gateways;
  std::vector<net::IpAddress> dns_servers;
  bool is_public = false;
  ResourceId access_control_list;
};
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

struct LogicalRoute {
  net::Prefix destination;
  net::IpAddress next_hop;
};
template <class V, MaybeConst<LogicalRoute> B>
void describe(V& v, B& b) {
  v.member("destination", b.destination, Presence::Required);
  v.member("nextHop", b.next_hop, Presence::Required);
}

struct IpPool {  // inclusive
  net::IpAddress start;
  net::IpAddress end;
};
template <class V, MaybeConst<IpPool> B>
void describe(V& v, B& b) {
  v.member("startIpAddress", b.start, Presence::Required);
  v.member("endIpAddress", b.end, Presence::Required);
}

// Addresses that nothing is given. The members are ours: no source names those of real controllers.
struct IpReservation {
  std::vector<net::IpAddress> addresses;
  std::string description;
};
template <class V, MaybeConst<IpReservation> B>
void describe(V& v, B& b) {
  v.member("ipAddresses", b.addresses, Presence::Required);
  v.member("description", b.description, Presence::Optional);
}

struct MacPool {  // inclusive
  net::Mac start;
  net::Mac end;
};
template <class V, MaybeConst<MacPool> B>
void describe(V& v, B& b) {
  v.member("startMacAddress", b.start, Presence::Required, Spelling::Dashed);
  v.member("endMacAddress", b.end, Presence::Required, Spelling::Dashed);
}

// What a real controller has learned from hosts. Nothing here learns any: the list is empty.
struct LearnedIpAddress {};
template <class V, MaybeConst<LearnedIpAddress> B>
void describe(V&, B&) {}

}  // namespace isthmus
