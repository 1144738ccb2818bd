// User-defined routes.
#pragma once

#include "controller/model/member.h"

namespace isthmus {

struct RouteTable {
  bool disable_bgp_route_propagation = false;  // Azure
};
template <class V, MaybeConst<RouteTable> B>
void describe(V& v, B& b) {
  if (v.realm() == Realm::Azure)
    v.member("disableBgpRoutePropagation", b.disable_bgp_route_propagation, Presence::Optional);
}

enum class NextHopType : uint8_t {
  VnetLocal,
  VirtualAppliance,
  VirtualNetworkGateway,
  Internet,
  None
};
template <>
inline constexpr auto kNames<NextHopType> =
    names("VnetLocal", "VirtualAppliance", "VirtualNetworkGateway", "Internet", "None");

struct Route {
  net::Prefix prefix;
  NextHopType next_hop_type = NextHopType::None;
  std::optional<net::IpAddress> next_hop;  // VirtualAppliance only
};
template <class V, MaybeConst<Route> B>
void describe(V& v, B& b) {
  v.member("addressPrefix", b.prefix, Presence::Required);
  v.member("nextHopType", b.next_hop_type, Presence::Required);
  v.member("nextHopIpAddress", b.next_hop, Presence::Optional, Spelling::Blank);
}

}  // namespace isthmus
