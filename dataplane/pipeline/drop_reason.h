// Why a packet was dropped: stable identifiers that users, metrics and tests rely on.
//
// One row is one reason: C++ name, identifier, and a sentence for people. A row is never renamed;
// new rows go where they read best, since nothing stores the numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isthmus::dataplane {

// clang-format off
#define ISTHMUS_DROP_REASONS(X)                                                                     \
  X(Malformed,                  "malformed",                     "the frame is no complete IP packet") \
  X(VlanTagged,                 "vlan-tagged",                   "the frame belongs to a VLAN, of which a virtual network has none") \
  X(NotAnswered,                "not-answered",                  "it asks for what nobody here tells: an address that the sender has himself or nobody has, or DHCP of another server") \
  X(UnknownPort,                "unknown-port",                  "the packet came from a port that is not programmed") \
  X(SpoofedSource,              "spoofed-source",                "the source address or MAC does not belong to the sending interface") \
  X(AclDeny,                    "acl-deny",                      "an access list denies it; the stage says whether as it leaves or as it arrives") \
  X(NoRoute,                    "no-route",                      "no prefix of the sender's table contains the destination") \
  X(Blackhole,                  "blackhole",                     "the route's next hop is None") \
  X(NoGateway,                  "no-gateway",                    "the route leads to a gateway, and there is none") \
  X(NoInternet,                 "no-internet",                   "the route leads to the Internet, which is not reachable from here") \
  X(NotCarried,                 "not-carried",                   "it is for many, and the network carries nothing but what is for one") \
  X(NoEndpoint,                 "no-endpoint",                   "no interface has the destination address") \
  X(ApplianceUnreachable,       "appliance-unreachable",         "no interface has the address of the virtual appliance") \
  X(ApplianceDoesNotForward,    "appliance-does-not-forward",    "the next hop's interface may not forward packets of others") \
  X(TtlExceeded,                "ttl-exceeded",                  "the time to live ended at the virtual router") \
  X(PacketTooBig,               "packet-too-big",                "it is larger than the receiving interface takes") \
  X(RouterRefuses,              "router-refuses",                "it is for the address of a virtual router, which answers echo requests and nothing else") \
  X(NotPeered,                  "not-peered",                    "no connected peering leads to the network of the next hop") \
  X(AccessNotAllowed,           "access-not-allowed",            "a side of the peering does not allow virtual network access") \
  X(PeeringNotInSync,           "peering-not-in-sync",           "the source lies in a prefix that the receiver's peering has not synchronised") \
  X(NotInVirtualNetworkTag,     "not-in-virtual-network-tag",    "no rule names the address, and the peering takes it out of the tag VirtualNetwork, so a default rule denies it") \
  X(ForwardedTrafficNotAllowed, "forwarded-traffic-not-allowed", "the source lies outside the sending network, and the receiver's peering does not allow forwarded traffic") \
  X(FlowTableFull,              "flow-table-full",               "the worker tracks as many flows as it may") \
  X(LinkLoss,                   "link-loss",                     "it was lost on the link between two networks, which loses some of its packets") \
  X(LinkFull,                   "link-full",                     "too many packets wait for the link between two networks, which takes fewer than come") \
  X(NoWire,                     "no-wire",                       "nothing is plugged into the receiving interface, or its device is down") \
  X(WireFull,                   "wire-full",                     "the receiver takes frames slower than they come")
// clang-format on

enum class DropReason : uint8_t {
  None,  // not dropped
#define X(name, text, sentence) name,
  ISTHMUS_DROP_REASONS(X)
#undef X
};

struct DropReasonInfo {
  std::string_view text;      // the identifier: "no-route"
  std::string_view sentence;  // for people
};

constexpr DropReasonInfo kDropReasons[] = {{"", ""},
#define X(name, text, sentence) {text, sentence},
                                           ISTHMUS_DROP_REASONS(X)
#undef X
};
constexpr size_t kDropReasonCount = std::size(kDropReasons);  // includes None

constexpr const DropReasonInfo& info(DropReason reason) {
  return kDropReasons[static_cast<size_t>(reason)];
}

}  // namespace isthmus::dataplane
